import { CountersignError } from "#shared/protocol/error.ts";

import { initDirectory, openDirectory } from "../directory/directory.ts";
import { command, need } from "./command.ts";
import { DIRECTORY_OPTION, directoryFolder } from "./folders.ts";

const NAME = "directory init";

/** Makes the hospital's directory: its root key and its database. */
export const directoryInit = command({
  name: NAME,
  usage: "--iss https://directory.hospital.example [--directory FOLDER] [--status-uri URL] [--demo]",
  summary: "Makes a new directory with its root key. Prints its issuer, key id and public key.",
  takes: 0,
  options: {
    ...DIRECTORY_OPTION,
    iss: { type: "string" },
    "status-uri": { type: "string" },
    demo: { type: "boolean" },
  },
  run({ values, io }) {
    const iss = issuer(need(values.iss, NAME, "iss"));
    const folder = directoryFolder(values.directory, io);
    const env = values.demo === true ? "demo" : "production";
    const statusUri = values["status-uri"];
    const made = initDirectory(folder, { iss, env, ...(statusUri === undefined ? {} : { statusUri }) });
    const directory = openDirectory(folder, { clock: io.clock });
    io.out(JSON.stringify({ iss, kid: made.kid, env, folder, jwk: directory.jwk }));
    directory.close();
    io.err(
      "Keep root-key.jwk away from the gateway's host, and keep a copy offline: whoever has it can make approvers.",
    );
    return 0;
  },
});

/** @throws CountersignError `E_CLI_INPUT` unless it is an https URL without a slash at its end */
export function issuer(given: string): string {
  const ok = URL.canParse(given) && new URL(given).protocol === "https:" && !given.endsWith("/");
  if (!ok) throw new CountersignError("E_CLI_INPUT", `${given} is not an https URL without a slash at its end.`);
  return given;
}
