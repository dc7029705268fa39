import type { PolicyToSign } from "../directory/policy-sets.ts";
import { openAuthority } from "../directory/directory.ts";
import type { Io } from "./io.ts";

/** Has the directory's root key sign a set that was checked. @throws CountersignError `E_POL_OLDER`, `E_POL_SET`, `E_CLI_INPUT` */
export function signPolicy(directory: string, set: PolicyToSign, io: Pick<Io, "clock">): string {
  const authority = openAuthority(directory, { clock: io.clock });
  try {
    return authority.publishPolicy(set);
  } finally {
    authority.close();
  }
}
