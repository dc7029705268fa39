import { deflateRawSync, inflateRawSync } from "node:zlib";

import type { QueueRow, TextFinding } from "#shared/ipc/contract.ts";
import { allRows, mustSee, type Presentation } from "#shared/presentation/presentation.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { openJws, parsePayload } from "#shared/protocol/jws.ts";
import { LIMITS } from "#shared/protocol/names.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";
import type { Template } from "#shared/protocol/template.ts";
import { checkShape } from "#shared/protocol/verify/signed.ts";

/** Draws a request; its rows are what must be seen (shared/presentation). */
export type Draw = (claims: RequestClaims, template: Template) => Presentation;

/** What the queue and the clock ask of every request, again and again. Times in gateway seconds. */
export interface Brief {
  readonly iat: number;
  readonly exp: number;
  /** Until when a decision may arrive: `exp` unless the request says another time. */
  readonly submit_by: number;
  readonly hold_s: number;
  readonly tier: Presentation["tier"];
  /** What the action is about, in one line. */
  readonly item: Presentation["headline"]["item"];
  readonly patient: QueueRow["patient"];
  readonly action_type: string;
  readonly agent: Pick<RequestClaims["agent"], "sub" | "name">;
  readonly conflict: boolean;
  readonly asked: number;
  readonly denied: number;
}

/** All of a request, as it is read and decided. */
export interface Content {
  readonly jws: string;
  readonly claims: RequestClaims;
  /** Ids of the fields as drawn: all of them, and those that must have been seen before an approval. */
  readonly fields: readonly string[];
  readonly must: readonly string[];
}

/**
 * One revision as it was received and verified. Never changed: what is signed refers to exactly this. A morning's queue
 * is ten thousand of them and one is read at a time, so of each the bytes are kept, outside the heap of the scripts, and
 * what the list shows; the rest is read from the bytes again (reliability.md R8).
 */
export interface Revision {
  readonly rid: string;
  readonly rev: number;
  /** `jdig`. */
  readonly digest: string;
  /** The template it is drawn with; the generic one where its own is not known, and then it cannot be approved. */
  readonly template: Template;
  readonly brief: Brief;
  readonly verdict:
    | { readonly kind: "accepted" }
    | { readonly kind: "quarantined"; readonly code: ErrorCode; readonly findings: readonly TextFinding[] };
  /** The claims that these bytes were verified to hold. @throws CountersignError `E_REQ_DIGEST`: they are not those bytes */
  readonly content: () => Content;
}

interface Verified {
  readonly crypto: Crypto;
  readonly jws: string;
  readonly claims: RequestClaims;
  readonly digest: string;
  readonly template: Template;
  readonly presentation: Presentation;
  readonly verdict: Revision["verdict"];
  readonly draw: Draw;
}

/** @param verified what passed C1 to C5, and how it is drawn */
export function makeRevision(verified: Verified): Revision {
  const { claims, digest, template, presentation, verdict } = verified;
  return {
    ...ownCopy({ rid: claims.rid, rev: claims.rev, digest, brief: briefOf(claims, presentation) }),
    template,
    verdict,
    content: keep(verified),
  };
}

const briefOf = (claims: RequestClaims, { tier, headline, sections }: Presentation): Brief => ({
  iat: claims.iat,
  exp: claims.exp,
  submit_by: claims.submit_by ?? claims.exp,
  hold_s: claims.policy.hold_s ?? 0,
  tier,
  item: headline.item,
  patient: claims.patient,
  action_type: claims.action.type,
  agent: { sub: claims.agent.sub, name: claims.agent.name },
  // The gateway's, and those that the app found in the bytes.
  conflict:
    (claims.facts ?? []).some((fact) => fact.code === "conflict" || fact.override === true) ||
    sections.some(({ id, rows }) => id === "conflicts" && rows.length > 0),
  asked: (claims.history?.asked ?? 0) + 1,
  denied: claims.history?.denied ?? 0,
});

/** A piece of a longer text holds all of it in memory: these are pieces of the request, which is to be let go. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- plain data of this type, there and back
const ownCopy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/**
 * The first payload that a desk drew with a template: the others of its kind have most of their text from it. It is about a
 * patient, so it goes with the desk.
 */
const EXAMPLES = new WeakMap<Draw, WeakMap<Template, Buffer>>();

/**
 * The three parts of a JWS as bytes, the payload packed, and how they are read again. Reading is strict both times, so
 * the text that comes back is the text that was verified: base64url without padding has one form (RFC 7515 2, the gate's
 * C1).
 */
function keep({ crypto, jws, digest, template, draw }: Verified): Revision["content"] {
  const [header, payload, signature] = bytesOf(jws);
  const examples = EXAMPLES.get(draw) ?? new WeakMap<Template, Buffer>();
  const dictionary = examples.get(template) ?? payload;
  EXAMPLES.set(draw, examples.set(template, dictionary));
  const packed = Buffer.concat([header, signature, deflateRawSync(payload, { dictionary })]);
  const [h, s] = [header.length, header.length + signature.length];
  let last: WeakRef<Content> | undefined;
  return () => {
    const known = last?.deref();
    if (known !== undefined) return known;
    const read = inflateRawSync(packed.subarray(s), { dictionary });
    const text = [packed.subarray(0, h), read, packed.subarray(h, s)].map((part) => encodeBase64url(part)).join(".");
    // SECURITY: what is read and decided is what was verified, whatever became of the packed bytes.
    if (jdig(crypto, text) !== digest) throw new CountersignError("E_REQ_DIGEST");
    const claims = checkShape("request", parsePayload(openJws(text, LIMITS.requestJws)));
    const presentation = draw(claims, template);
    const content = {
      jws: text,
      claims,
      fields: allRows(presentation).map(({ id }) => id),
      must: mustSee(presentation),
    };
    last = new WeakRef(content);
    return content;
  };
}

function bytesOf(jws: string): readonly [header: Buffer, payload: Buffer, signature: Buffer] {
  const [header = "", payload = "", signature = ""] = jws.split(".");
  return [Buffer.from(header, "base64url"), Buffer.from(payload, "base64url"), Buffer.from(signature, "base64url")];
}
