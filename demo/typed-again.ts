import { valueTarget } from "#shared/presentation/reentry.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

/** What somebody who has read a request types again where policy asks for it (approval-experience.md S5). */
export interface TypedAgain {
  readonly initials: string;
  readonly birth_year: string;
  readonly value?: string;
}

/** The patient's initials and year of birth, and the dose or recipient, as the request has them. */
export function typedAgain(claims: RequestClaims): TypedAgain {
  const { given = [], family = "", birthDate = "" } = claims.patient ?? {};
  const target = valueTarget(claims);
  const value = target === undefined ? {} : { value: target.kind === "dose" ? target.number : target.last4 };
  return { initials: `${given[0]?.[0] ?? ""}${family[0] ?? ""}`, birth_year: birthDate.slice(0, 4), ...value };
}
