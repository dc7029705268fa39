import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { loadPolicies } from "../policy/cedar/load.ts";
import { strangePools } from "../policy/cedar/pools.ts";
import { replaceFile } from "../store/replace-file.ts";
import { command, usageError } from "./command.ts";
import { CONFIG_FILE, readConfig, type GatewayConfig } from "./config.ts";
import { writeNew } from "./files.ts";
import { DATA_OPTION, dataFolder, DIRECTORY_OPTION, directoryFolder } from "./folders.ts";
import { readPolicyFolder } from "./policy-folder.ts";
import { POLICY_FILE } from "./policy-file.ts";
import { signPolicy } from "./policy-sign.ts";
import { readTemplates } from "./templates.ts";

const NAME = "policy publish";

/**
 * `policy publish FOLDER`: the directory's root key signs the set for one gateway. There is no other way to change policy
 * (protocol.md 3.20.1): no door of an agent, and no message of the wire, leads here.
 */
export const policyPublish = command({
  name: NAME,
  usage: "FOLDER [--data FOLDER | --gateway ISS --out FILE] [--templates FOLDER] [--directory FOLDER]",
  summary:
    "Checks a policy set and has the directory's root key sign it for one gateway, which serves with it within seconds, or from its next start.",
  takes: 1,
  options: {
    ...DATA_OPTION,
    ...DIRECTORY_OPTION,
    gateway: { type: "string" },
    out: { type: "string" },
    templates: { type: "string" },
  },
  run({ values, words: [from = ""], io }) {
    const { files } = readPolicyFolder(from);
    const far = values.gateway !== undefined || values.out !== undefined;
    if (far && (values.gateway === undefined || values.out === undefined))
      throw usageError(NAME, "needs both --gateway and --out");
    const data = far ? undefined : dataFolder(values.data, io);
    const config = data === undefined ? undefined : readConfig(data);
    const own = values.templates === undefined ? (config ?? {}) : { templates: path.resolve(values.templates) };
    const crypto = makeNodeCrypto();
    const policies = loadPolicies(files, { crypto, templates: readTemplates(data ?? "", own) });
    const { manifest } = policies;
    if (config !== undefined) refuseStrangePools(strangePools(policies, config.pools));
    const gateway = config?.iss ?? values.gateway ?? "";
    const directory = values.directory ?? config?.directory;
    const set = { gateway, id: manifest.id, version: manifest.ver, files };
    const jws = signPolicy(directory === undefined ? directoryFolder(undefined, io) : path.resolve(directory), set, io);
    const file =
      data === undefined || config === undefined ? farFile(values.out ?? "", jws) : nearFile(data, config, jws);
    io.err(
      data === undefined
        ? `Next: put it into the gateway's data folder as ${POLICY_FILE}, name it in gateway.json ("policy": "${POLICY_FILE}"), and let it be read: a gateway that serves takes it within seconds ("policy.reloaded" in its log).`
        : "A gateway that serves takes it within seconds and says policy.reloaded; one that is stopped serves with it from its next start.",
    );
    io.out(JSON.stringify({ gateway, id: manifest.id, ver: manifest.ver, dig: jdig(crypto, jws), file }));
    return 0;
  },
});

function refuseStrangePools([pool]: readonly string[]): void {
  if (pool === undefined) return;
  throw new CountersignError(
    "E_POL_SET",
    `The policy set asks the pool "${pool}", which this gateway does not serve: nobody would see the request. Add it to "pools" in gateway.json and have the directory vouch for it, or name another.`,
  );
}

function farFile(out: string, jws: string): string {
  writeNew(out, `${jws}\n`);
  return path.resolve(out);
}

/** Beside the gateway: in its data folder, and named in its configuration. */
function nearFile(data: string, config: GatewayConfig, jws: string): string {
  const name = config.policy ?? POLICY_FILE;
  const file = path.resolve(data, name);
  try {
    replaceFile(file, `${jws}\n`);
    if (config.policy === undefined) {
      replaceFile(path.join(data, CONFIG_FILE), `${JSON.stringify({ ...config, policy: name }, undefined, 2)}\n`);
    }
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", `${file} cannot be written.`, { cause });
  }
  return file;
}
