import { CountersignError } from "#shared/protocol/error.ts";

import { command } from "./command.ts";
import { withAuthority } from "./directory-session.ts";
import { DIRECTORY_OPTION } from "./folders.ts";

const OPTIONS = { ...DIRECTORY_OPTION, reason: { type: "string" } } as const;
const KID = /^[A-Za-z0-9_-]{43}$/;

/** `directory revoke KID|PERSON`: for good. */
export const directoryRevoke = command({
  name: "directory revoke",
  usage: "KID|PERSON-URI [--reason TEXT]",
  summary:
    "Revokes a key, or every key of a person. Sessions end at once and approvals that were not executed are void.",
  takes: 1,
  options: OPTIONS,
  run: ({ values, words: [who = ""], io }) =>
    withAuthority(values.directory, io, (authority) => {
      const changed = authority.stop(target(who), "revoked", values.reason ?? "administrator");
      return told(changed, who, "revoked", (line) => io.out(line));
    }),
});

/** `directory suspend KID|PERSON`: until reinstated. */
export const directorySuspend = command({
  name: "directory suspend",
  usage: "KID|PERSON-URI [--reason TEXT]",
  summary: "Suspends a key, or every key of a person, until it is reinstated. Acts like a revocation meanwhile.",
  takes: 1,
  options: OPTIONS,
  run: ({ values, words: [who = ""], io }) =>
    withAuthority(values.directory, io, (authority) => {
      const changed = authority.stop(target(who), "suspended", values.reason ?? "administrator");
      return told(changed, who, "suspended", (line) => io.out(line));
    }),
});

/** `directory reinstate KID`: ends a suspension. */
export const directoryReinstate = command({
  name: "directory reinstate",
  usage: "KID",
  summary: "Ends the suspension of a key.",
  takes: 1,
  options: DIRECTORY_OPTION,
  run: ({ values, words: [kid = ""], io }) =>
    withAuthority(values.directory, io, (authority) => {
      authority.reinstate(kid);
      io.out(JSON.stringify({ kid, state: "active" }));
      return 0;
    }),
});

const target = (who: string): { kid: string } | { sub: string } => (KID.test(who) ? { kid: who } : { sub: who });

function told(changed: number, who: string, state: string, out: (line: string) => void): number {
  if (changed === 0) {
    throw new CountersignError("E_CLI_INPUT", `No key of ${who} could be ${state}: unknown, or revoked already.`);
  }
  out(JSON.stringify({ who, state, keys: changed }));
  return 0;
}
