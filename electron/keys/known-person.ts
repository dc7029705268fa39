import type { Person } from "#shared/ipc/contract.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";

import type { Known } from "./keyring.ts";
import { pinOf, vaultOf } from "./people.ts";

/** A person and what their PIN opens here: one enrolment for each gateway they work with (docs/decisions/0008). */
export interface KnownPerson {
  readonly person: Person;
  /** The PIN's name. */
  readonly pin: string;
  /** The directory's name for them, which no other directory can give. */
  readonly subject: string;
  /** By the gateways' names. */
  readonly enrolments: readonly Known[];
}

/** Who a credential is about. SECURITY: a name alone is anybody's to give; with the directory's key it is this one's. */
export const subjectOf = ({ sub }: Pick<ApproverClaims, "sub">, directoryKid: string): string =>
  `${directoryKid} ${sub}`;

/**
 * Who is enrolled here. SECURITY: enrolments belong together only where they were joined by their PIN, which is sealed into
 * them, and are the same subject's; everything else stands alone, and a file from elsewhere takes no other one's place.
 */
export function peopleOf(all: readonly Known[]): readonly KnownPerson[] {
  const subject = ({ claims, directory }: Known): string => subjectOf(claims, directory.key.kid);
  const groups = Map.groupBy(all, (known) => `${pinOf(known.enrolment)} ${subject(known)}`);
  return [...groups.values()].flatMap((group) => {
    const enrolments = newest(group).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const first = enrolments.find(({ enrolment }) => vaultOf(enrolment) === pinOf(enrolment)) ?? enrolments[0];
    if (first === undefined) return [];
    const person = { ...first.person, gateways: enrolments.map(nameOf) };
    return [{ person, pin: pinOf(first.enrolment), subject: subject(first), enrolments }];
  });
}

const nameOf = ({ enrolment }: Known): string => enrolment.gateway_name;

/** Who enrolled again at a gateway works there with the newer key. */
const newest = (group: readonly Known[]): readonly Known[] =>
  [...Map.groupBy(group, ({ enrolment }) => enrolment.iss).values()].map((same) =>
    same.reduce((a, b) => (b.claims.iat >= a.claims.iat ? b : a)),
  );
