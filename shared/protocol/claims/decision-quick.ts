import type { Json } from "../strict-json.ts";

/*
 * The shape of claims/decision.ts once more, as one plain predicate. A gateway verifies every decision, and the schema
 * costs a fifth of the signature; this costs a fiftieth. It may say yes only where the schema says yes (a test holds the
 * two against each other); whatever it does not take, the schema judges.
 */

type Check = (value: Json | undefined) => boolean;
type Members = Readonly<Record<string, Json>>;

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const DIGEST = /^sha-256:[A-Za-z0-9_-]{43}$/;
const NONCE = /^[A-Za-z0-9_-]{22,128}$/;

const text =
  (max: number, least = 0): Check =>
  (v) =>
    typeof v === "string" && v.length <= max && v.length >= least;
const like =
  (pattern: RegExp): Check =>
  (v) =>
    typeof v === "string" && pattern.test(v);
// A strictly parsed number is a safe integer.
const count: Check = (v) => typeof v === "number" && v >= 0;
const integer: Check = (v) => typeof v === "number";
const maybe =
  (check: Check): Check =>
  (v) =>
    v === undefined || check(v);
const list =
  (check: Check, max: number): Check =>
  (v) =>
    Array.isArray(v) && v.length <= max && v.every(check);
const isMembers = (v: Json | undefined): v is Members => typeof v === "object" && v !== null && !Array.isArray(v);
const members =
  (...checks: readonly (readonly [name: string, check: Check])[]): Check =>
  (v) =>
    isMembers(v) && checks.every(([name, check]) => check(v[name]));

const uri = text(512, 1);
const digest = like(DIGEST);
const uuid7 = like(UUID7);

const quick = members(
  ["ver", (v) => v === 1],
  ["iss", uri],
  ["sub", uri],
  ["aud", uri],
  ["iat", count],
  ["exp", count],
  ["jti", uuid7],
  ["rid", uuid7],
  ["rev", integer],
  ["txn", uuid7],
  ["nonce", like(NONCE)],
  ["req_dig", digest],
  ["decision", text(32)],
  [
    "granted",
    maybe(list(members(["type", text(128, 1)], ["id", text(64, 1)], ["required", maybe((v) => v === true)]), 64)),
  ],
  ["grant_exp", maybe(count)],
  ["revokes", maybe(digest)],
  ["reason", maybe(members(["code", text(64)], ["text", maybe(text(500))]))],
  ["ack", maybe(list(text(64), 256))],
  ["shown", maybe(members(["tpl_dig", digest], ["view_dig", digest], ["lang", text(35)], ["complete", isBoolean]))],
  ["acr", text(64)],
  ["amr", list(text(16), 16)],
  ["auth_time", count],
  ["dwell", maybe(members(["ms", count], ["n", count], ["opened_at", maybe(count)]))],
  ["posture", maybe(isMembers)],
  ["pol", members(["id", uri], ["ver", integer], ["dig", digest])],
  ["chain", members(["n", integer], ["prev", digest])],
  ["after", maybe(list(digest, 16))],
  ["seen", maybe(members(["origin", text(256)], ["size", count], ["root", text(64)]))],
  ["offline", maybe((v) => v === true)],
  // Rarer members are left to the schema.
  ["overrides", isAbsent],
  ["reentry", isAbsent],
  ["uvp", isAbsent],
  ["emg", isAbsent],
);

function isBoolean(v: Json | undefined): boolean {
  return typeof v === "boolean";
}
function isAbsent(v: Json | undefined): boolean {
  return v === undefined;
}

/** True only for a strictly parsed payload that `decisionClaims` accepts; false means "ask the schema". */
export const isPlainlyDecision = (payload: Members): boolean => quick(payload);
