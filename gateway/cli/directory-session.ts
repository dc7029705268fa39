import { CountersignError } from "#shared/protocol/error.ts";

import { openAuthority, type Directory } from "../directory/directory.ts";
import type { Authority } from "../directory/authority.ts";
import { directoryFolder } from "./folders.ts";
import type { Io } from "./io.ts";

/** Opens the directory with its root key for one command, and closes it whatever happens. */
export function withAuthority<T>(
  given: string | undefined,
  io: Io,
  run: (authority: Authority & { readonly directory: Directory }) => T,
): T {
  const authority = openAuthority(directoryFolder(given, io), { clock: io.clock });
  try {
    return run(authority);
  } finally {
    authority.close();
  }
}

const SHORT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * A person's URI: as given, or `{iss}/approvers/{name}` for a short name.
 * @throws CountersignError `E_CLI_INPUT`
 */
export function personUri(iss: string, given: string, folder: "approvers" | "administrators" = "approvers"): string {
  if (URL.canParse(given)) return given;
  if (!SHORT.test(given)) {
    throw new CountersignError("E_CLI_INPUT", `"${given}" is neither a URI nor a short name (letters, digits, . _ -).`);
  }
  return `${iss}/${folder}/${given}`;
}

/** Who acts: `--by`, or the account that runs the command. */
export function actor(iss: string, given: string | undefined, io: Io): string {
  return personUri(iss, given ?? io.user.replaceAll(/[^A-Za-z0-9._-]/g, "-"), "administrators");
}

/** `a,b , c` as names. */
export function listOf(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
