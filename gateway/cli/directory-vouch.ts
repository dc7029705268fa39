import { CountersignError } from "#shared/protocol/error.ts";

import { gatewayRegistration } from "../directory/authority.ts";
import { command } from "./command.ts";
import { withAuthority } from "./directory-session.ts";
import { readJson, writeNew } from "./files.ts";
import { DIRECTORY_OPTION } from "./folders.ts";

/** Signs a gateway's credential over the public keys it registered (protocol.md 3.3). */
export const directoryVouch = command({
  name: "directory vouch",
  usage: "REGISTRATION.json [--out FILE]",
  summary: "Signs for a gateway's public keys. The registration comes from countersign gateway init.",
  takes: 1,
  options: { ...DIRECTORY_OPTION, out: { type: "string" } },
  run({ values, words: [file = ""], io }) {
    const registration = gatewayRegistration.safeParse(readJson(file));
    if (!registration.success) {
      const where = registration.error.issues[0]?.path.map(String).join(".") ?? "";
      throw new CountersignError("E_CLI_INPUT", `${file} is not a gateway's registration (${where}).`);
    }
    return withAuthority(values.directory, io, (authority) => {
      const credential = authority.vouch(registration.data);
      if (values.out !== undefined) writeNew(values.out, `${credential}\n`);
      io.out(credential);
      return 0;
    });
  },
});
