import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";

import { command } from "./command.ts";
import { readConfig } from "./config.ts";
import { writeNew } from "./files.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import { readKeys } from "./gateway-keys.ts";
import { boundEndpoint } from "./gateway-init.ts";
import { registrationOf } from "./registration.ts";
import { readTemplates } from "./templates.ts";

/** `gateway register`: what the directory has to sign, from the configuration and keys as they are now. */
export const gatewayRegister = command({
  name: "gateway register",
  usage: "[--data FOLDER] [--out FILE]",
  summary: "Prints the registration for countersign directory vouch, after a change of gateway.json or templates.",
  takes: 0,
  options: { ...DATA_OPTION, out: { type: "string" } },
  run({ values, io }) {
    const folder = dataFolder(values.data, io);
    const config = readConfig(folder);
    const endpoint = config.ws_endpoint ?? boundEndpoint(config);
    const templates = readTemplates(folder, config);
    const text = JSON.stringify(registrationOf(makeNodeCrypto(), config, readKeys(folder), templates, endpoint));
    if (values.out === undefined) io.out(text);
    else writeNew(values.out, `${text}\n`);
    return 0;
  },
});
