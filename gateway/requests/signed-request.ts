import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { requestClaims, type RequestClaims } from "#shared/protocol/claims/request.ts";
import { LIMITS, TYP } from "#shared/protocol/names.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { dig, jdig } from "#shared/protocol/digest.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import { readingOf, type Reading } from "#shared/reports/reading.ts";

import type { GatewayContext } from "../context.ts";
import { requestIndex } from "../store/report-index.ts";
import type { NewRequest, RequestRow } from "../store/rows.ts";

/**
 * Signs claims and makes the row that is stored. What a client would refuse to read is refused here, before anybody
 * waits for it.
 * @throws CountersignError `E_OP_BODY` (text that is not well-formed Unicode, or a member that is too long),
 * `E_FMT_SIZE` (above the 192 KiB a client accepts)
 */
export function signRequest(
  { crypto, signer, openClaims }: Pick<GatewayContext, "crypto" | "signer" | "openClaims">,
  claims: RequestClaims,
  reading = readingFor(claims),
): NewRequest {
  const read = readBack(claims);
  const jws = signer.sign(TYP.request, claims);
  if (jws.length > LIMITS.requestJws) {
    throw new CountersignError(
      "E_FMT_SIZE",
      `The request is ${String(Math.ceil(jws.length / 1024))} KiB; a client accepts 192 KiB. Ask for a smaller change.`,
    );
  }
  const row = requestRow({ crypto }, claims, jws, reading);
  openClaims.keep(row, read);
  return row;
}

/** The row of a signed request; its claims are what was signed. */
export function requestRow(
  { crypto }: Pick<GatewayContext, "crypto">,
  claims: RequestClaims,
  jws: string,
  reading: Reading,
): NewRequest {
  return {
    ...{ rid: claims.rid, rev: claims.rev, dig: jdig(crypto, jws), jws, iat: claims.iat, exp: claims.exp },
    ...{ submit_by: claims.submit_by ?? claims.exp, grant_exp: claims.grant_exp, nonce: claims.nonce },
    ...{ agent: claims.agent.sub, task_id: claims.task.id, task_idx: claims.task.idx },
    op_dig: operationDigest({ crypto }, { ...claims.action.op, type: claims.action.type }, claims.patient),
    action: claims.action.type,
    ...(claims.patient === undefined ? {} : { patient: claims.patient.ref }),
    aud: claims.aud,
    need: claims.policy.quorum.need,
    risk: claims.action.risk,
    index: requestIndex(claims, reading),
  };
}

/** By the built-in template of this name; a site's own is read like the generic one. */
function readingFor(claims: RequestClaims): Reading {
  const built = Object.values(BUILTIN_TEMPLATES).find(({ id }) => id === claims.display.tpl);
  return readingOf(claims, built ?? BUILTIN_TEMPLATES.generic);
}

/** The claims as whoever verifies the request will read them. */
function readBack(claims: RequestClaims): RequestClaims {
  const refuse = (why: string, cause?: unknown): never => {
    throw new CountersignError("E_OP_BODY", `The request cannot be made: ${why}`, { cause });
  };
  let read: unknown;
  try {
    read = parseStrict(JSON.stringify(claims));
  } catch (cause) {
    refuse("it holds text that is not well-formed Unicode, or a number that is not a whole one.", cause);
  }
  const shape = requestClaims.safeParse(read);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the schema has just looked at it
  if (shape.success) return read as RequestClaims;
  const [issue] = shape.error.issues;
  return refuse(`${issue?.path.join(".") ?? "a member"} ${issue?.message ?? "has the wrong shape"}.`);
}

/** Names an operation, so that the same one asked again is recognised (`history` claim). Holds no content. */
export function operationDigest(
  { crypto }: Pick<GatewayContext, "crypto">,
  operation: { readonly type: string; readonly method: string; readonly url: string; readonly body_dig: string },
  patient: { readonly ref: string } | undefined,
): string {
  const { type, method, url, body_dig } = operation;
  return dig(crypto, JSON.stringify([type, method, url, patient?.ref ?? "", body_dig]));
}

/** The claims of a stored request. */
export const claimsOf = (request: Pick<RequestRow, "jws">): RequestClaims => readStored("request", request.jws);
