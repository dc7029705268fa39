import { EVENT_NAMES, type EventName } from "#shared/protocol/claims/event.ts";
import type { ReceiptClaims } from "#shared/protocol/claims/receipt.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { eventUri, poolUri } from "#shared/protocol/names.ts";
import { verifyJws, type Verified } from "#shared/protocol/verify/signed.ts";

import type { TrustedGateway } from "../connection/trusted-gateway.ts";
import type { DecisionRecord } from "../journal/record.ts";
import type { Side } from "./held.ts";

/** A SET of the gateway about one revision of a request, verified (protocol.md 3.21). */
export interface SignedEvent {
  readonly name: EventName;
  readonly rid: string;
  readonly req_dig: string;
  readonly iat: number;
  readonly jti: string;
  /** `jdig`, the name of the leaf `outcome`. */
  readonly digest: string;
  readonly kid: string;
  readonly members: Readonly<Record<string, unknown>>;
}

/**
 * @throws CountersignError the codes of `verifyJws` with `E_GW_KEY`; `E_CLM_SHAPE` when it does not hold exactly one known
 * event about the request it names; `E_CLM_AUD` when another gateway issued it
 */
export function verifyEvent(crypto: Crypto, gateway: TrustedGateway, jws: string): SignedEvent {
  const verified = verifyByGateway(crypto, "event", gateway, jws);
  const { claims } = verified;
  const [[uri, members] = ["", undefined], second] = Object.entries(claims.events);
  const name = EVENT_NAMES.find((known) => eventUri(known) === uri);
  const rid = members?.rid;
  const req_dig = members?.req_dig;
  if (!name || !members || second || rid === undefined || req_dig === undefined || claims.sub_id.id !== rid) {
    throw new CountersignError("E_CLM_SHAPE");
  }
  const { iat, jti } = claims;
  return { name, rid, req_dig, iat, jti, digest: verified.digest, kid: verified.header.kid, members };
}

/** A SET about a key: of the person it is for, or of the gateway itself (protocol.md 3.21). */
export interface KeyChange {
  readonly kid: string;
  readonly change: string;
  /** Mine; otherwise the gateway's own, which is told to its pools. */
  readonly isMine: boolean;
}

/**
 * @throws CountersignError the codes of `verifyJws` with `E_GW_KEY`; `E_CLM_SHAPE` when it does not hold exactly one
 * `key-changed` about the key it names; `E_CLM_AUD` when another gateway issued it, or it is for somebody else
 */
export function verifyKeyChange(
  crypto: Crypto,
  gateway: TrustedGateway,
  jws: string,
  me: { readonly sub: string; readonly pools: readonly string[] },
): KeyChange {
  const { claims } = verifyByGateway(crypto, "event", gateway, jws);
  const [[uri, members] = ["", undefined], second] = Object.entries(claims.events);
  const [kid, change] = [members?.["kid"], members?.["change"]];
  const isOne = uri === eventUri("key-changed") && second === undefined && claims.sub_id.id === kid;
  if (!isOne || typeof kid !== "string" || typeof change !== "string") throw new CountersignError("E_CLM_SHAPE");
  const aud = [claims.aud].flat();
  const isMine = aud.includes(me.sub);
  const isPools = me.pools.some((pool) => aud.includes(poolUri(gateway.iss, pool)));
  if (!isMine && !isPools) throw new CountersignError("E_CLM_AUD");
  return { kid, change, isMine };
}

/**
 * A receipt that answers exactly this decision of mine (protocol.md 3.12).
 * @throws CountersignError the codes of `verifyJws` with `E_GW_KEY`; `E_RCT_MISMATCH`
 */
export function verifyReceipt(
  crypto: Crypto,
  gateway: TrustedGateway,
  jws: string,
  mine: { readonly device: string; readonly sub: string },
  answered: Pick<DecisionRecord, "dec_dig" | "jti" | "rid" | "rev">,
): ReceiptClaims {
  const { claims } = verifyByGateway(crypto, "receipt", gateway, jws);
  const answers =
    claims.dec_dig === answered.dec_dig &&
    claims.dec_jti === answered.jti &&
    claims.rid === answered.rid &&
    claims.rev === answered.rev &&
    claims.aud === mine.device &&
    claims.sub === mine.sub &&
    (claims.result === "rejected") === (claims.code !== undefined);
  // SECURITY: nothing is "recorded" but by a receipt over this very decision, approval-experience.md P12 (I4).
  if (!answers) throw new CountersignError("E_RCT_MISMATCH");
  return claims;
}

/** A receipt for a statement of mine (protocol.md 3.20). @throws CountersignError as {@link verifyReceipt} */
export function verifyStatementReceipt(
  crypto: Crypto,
  gateway: TrustedGateway,
  jws: string,
  stmDig: string,
): ReceiptClaims {
  const { claims } = verifyByGateway(crypto, "receipt", gateway, jws);
  if (claims.stm_dig !== stmDig) throw new CountersignError("E_RCT_MISMATCH");
  return claims;
}

function verifyByGateway<K extends "event" | "receipt">(
  crypto: Crypto,
  kind: K,
  gateway: TrustedGateway,
  jws: string,
): Verified<K> {
  // The key must be one at all before its claims are read, and one at the time the claims state after that.
  const verified = verifyJws(crypto, kind, jws, (kid) => gateway.keyFor("request", kid, 0), { unknownKey: "E_GW_KEY" });
  const { iss, iat } = verified.claims;
  if (!gateway.keyFor("request", verified.header.kid, iat)) throw new CountersignError("E_GW_KEY");
  if (iss !== gateway.iss) throw new CountersignError("E_CLM_AUD");
  return verified;
}

/** What a SET makes of a request's state, or undefined when it says nothing about it (protocol.md 3.11, 3.21). */
export function sideAfter(event: SignedEvent): Side | undefined {
  const { members: m, iat: at } = event;
  const by = texts(m["by"]);
  switch (event.name) {
    case "request-withdrawn":
      return { kind: "withdrawn", at, by: text(m["by"]), reason: text(m["reason"]) };
    case "request-expired":
      return { kind: "expired", at };
    case "request-superseded":
      return { kind: "superseded", at };
    case "request-resolved":
      return resolved(m["outcome"], at, by);
    case "quorum-progress": {
      const have = integer(m["have"]);
      return have === 0
        ? { kind: "open" }
        : { kind: "partial", have, need: integer(m["need"]), after: texts(m["dec_digs"]) };
    }
    case "task-executing":
      return { kind: "executing" };
    case "task-completed": {
      const resource = m["resource"];
      return { kind: "completed", at, ...(typeof resource === "string" ? { resource } : {}) };
    }
    case "task-failed":
      return { kind: "failed", at, code: text(m["code"]), unknown: m["unknown"] === true };
    case "token-revoked":
    case "key-changed":
      return undefined;
    default:
      return event.name satisfies never;
  }
}

function resolved(outcome: unknown, at: number, by: readonly string[]): Side | undefined {
  switch (outcome) {
    case "approved":
    case "denied":
    case "revoked":
    case "lapsed":
      return { kind: outcome, at, by };
    default:
      return undefined;
  }
}

/** What a recorded decision of mine makes of the request's state. */
export function sideOfReceipt(receipt: ReceiptClaims, sub: string): Side | undefined {
  const at = receipt.iat;
  switch (receipt.outcome) {
    case "approved":
    case "denied":
    case "revoked":
      return { kind: receipt.outcome, at, by: [sub] };
    case "partial":
      return {
        kind: "partial",
        have: receipt.quorum?.have ?? 1,
        need: receipt.quorum?.need ?? 2,
        after: [],
      };
    case "open":
      return { kind: "open" };
    default:
      return undefined;
  }
}

const RANK: Readonly<Record<Side["kind"], number>> = {
  open: 0,
  partial: 0,
  approved: 1,
  executing: 2,
  completed: 3,
  failed: 3,
  denied: 3,
  revoked: 3,
  lapsed: 3,
  expired: 3,
  withdrawn: 3,
  superseded: 3,
};

/** Events may come twice or out of order: a state never goes back, and a final one never changes (protocol.md 3.11). */
export const follows = (next: Side, now: Side): boolean =>
  RANK[next.kind] > RANK[now.kind] || (RANK[now.kind] === 0 && RANK[next.kind] === 0);

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((v) => typeof v === "string") : [];
const integer = (value: unknown): number => (typeof value === "number" && Number.isSafeInteger(value) ? value : 0);
