import { existsSync, statSync } from "node:fs";
import path from "node:path";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Directory } from "../directory/directory.ts";
import { SHIPPED_FILES } from "../policy/cedar/load.ts";
import { manifest, MANIFEST_FILE } from "../policy/cedar/manifest.ts";
import { openSigned, shippedPolicy, type ServingPolicy } from "../policy/published.ts";
import { CONFIG_FILE, readConfig, type GatewayConfig } from "./config.ts";
import { readText } from "./files.ts";

/** Name of the signed policy set in a data folder. */
export const POLICY_FILE = "policy.jws";

/**
 * The set a gateway serves with.
 * @throws CountersignError `E_POL_UNSIGNED` for anything the directory did not sign for this gateway
 */
export function servingPolicyOf(
  folder: string,
  { policy, iss }: Pick<GatewayConfig, "policy" | "iss">,
  directory: Pick<Directory, "iss" | "jwk">,
  crypto: Crypto,
): ServingPolicy {
  if (policy === undefined) return shippedSet(crypto);
  const file = path.resolve(folder, policy);
  if (!existsSync(file)) {
    throw new CountersignError(
      "E_POL_UNSIGNED",
      `There is no signed policy set in ${file}. Where the directory's root key is: countersign policy publish FOLDER --gateway ${iss} --out ${POLICY_FILE}; then put it there.`,
    );
  }
  const key = crypto.importKey(publicJwk.parse(directory.jwk));
  return openSigned(readText(file).trim(), { crypto, directory: { iss: directory.iss, key }, gateway: iss });
}

/** The set of the release. */
export function shippedSet(crypto: Crypto): ServingPolicy {
  return shippedPolicy(crypto, SHIPPED_FILES, manifest.parse(JSON.parse(SHIPPED_FILES[MANIFEST_FILE] ?? "")));
}

/** Another text when the published set may be another: `policy publish` replaces the file, and names it where it was not. */
export function policyStamp(folder: string): string {
  const stampOf = (name: string): string => {
    const stat = statSync(path.resolve(folder, name), { throwIfNoEntry: false });
    return stat === undefined ? "-" : [stat.mtimeMs, stat.size, stat.ino].map(String).join(" ");
  };
  try {
    return [CONFIG_FILE, readConfig(folder).policy ?? "-"].map(stampOf).join(", ");
  } catch {
    // A configuration that is half written is another one when it is whole.
    return "unreadable";
  }
}
