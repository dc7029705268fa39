import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";

import { cedarPolicy, type CedarPolicy } from "../policy/cedar/policy.ts";
import { SHIPPED_FILES, type LoadOptions, type PolicyFiles } from "../policy/cedar/load.ts";
import { openDirectory } from "../directory/directory.ts";
import type { Io } from "./io.ts";
import { readConfig } from "./config.ts";
import { readPolicyFolder } from "./policy-folder.ts";
import { servingPolicyOf } from "./policy-file.ts";
import { readTemplates } from "./templates.ts";

/** The option with which a policy command is told of the hospital's own templates. */
export const TEMPLATES_OPTION = { templates: { type: "string" } } as const;

/** Built-in templates, and those of a folder. */
export const loadOptions = (templates: string | undefined): LoadOptions => ({
  crypto: makeNodeCrypto(),
  templates: readTemplates("", templates === undefined ? {} : { templates: path.resolve(templates) }),
});

/** The set of a folder; without one the set a gateway serves with; without either the set of the release. */
export function policyIn(
  named: {
    readonly policies?: string | undefined;
    readonly data?: string | undefined;
    readonly templates?: string | undefined;
  },
  io: Io,
): CedarPolicy {
  const { policies, data, templates } = named;
  if (policies !== undefined) return cedarPolicy(readPolicyFolder(policies).files, loadOptions(templates));
  if (data === undefined) return cedarPolicy(SHIPPED_FILES, loadOptions(templates));
  const config = readConfig(data);
  const options = { crypto: makeNodeCrypto(), templates: readTemplates(data, config) };
  const directory = openDirectory(config.directory, { clock: io.clock });
  try {
    const files: PolicyFiles = servingPolicyOf(data, config, directory, options.crypto).files;
    return cedarPolicy(files, options);
  } finally {
    directory.close();
  }
}
