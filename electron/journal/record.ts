import type { DecisionKind } from "#shared/ipc/contract.ts";
import type { ReceiptClaims } from "#shared/protocol/claims/receipt.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { encodeRecord, Fields } from "./fields.ts";

export const DECISION_KINDS = ["approve", "deny", "revoke"] as const satisfies readonly DecisionKind[];
export const LOGGED = ["pending", "included", "not_logged", "fork"] as const;
export type Logged = (typeof LOGGED)[number];

/**
 * A decision of mine with everything that verifies it without the network: the signed objects as they were, and the
 * template it was drawn with (text, empty where none was used: a denial of a quarantined request).
 */
export interface DecisionRecord {
  readonly t: "decision";
  readonly iss: string;
  readonly rid: string;
  readonly rev: number;
  readonly kind: DecisionKind;
  readonly jti: string;
  readonly dec_dig: string;
  readonly req_dig: string;
  /** Place in the key's chain at this gateway (protocol.md 3.7 `chain.n`). */
  readonly n: number;
  /** Gateway time of signing, seconds. */
  readonly at: number;
  readonly request: string;
  readonly decision: string;
  readonly credential: string;
  readonly gateway: string;
  readonly template: string;
}

/** One entry of the journal: what came after a decision refers to it by digest. */
export type JournalRecord =
  | DecisionRecord
  | {
      readonly t: "receipt";
      readonly dec_dig: string;
      readonly jws: string;
      readonly result: ReceiptClaims["result"];
      readonly at: number;
    }
  | { readonly t: "event"; readonly req_dig: string; readonly jws: string; readonly at: number }
  | { readonly t: "proof"; readonly obj: string; readonly proof: string; readonly entry: string; readonly at: number }
  | { readonly t: "logged"; readonly dec_dig: string; readonly state: Logged; readonly at: number }
  | { readonly t: "undelivered"; readonly dec_dig: string; readonly code: string; readonly at: number };

export const encodeJournal = (record: JournalRecord): Uint8Array => encodeRecord(record);

/** @throws CountersignError `E_CLI_JOURNAL` */
export function decodeJournal(bytes: Uint8Array): JournalRecord {
  const f = new Fields(bytes);
  const at = f.integer("at");
  switch (f.text("t")) {
    case "decision":
      return decodeDecision(bytes);
    case "receipt":
      return {
        t: "receipt",
        dec_dig: f.text("dec_dig"),
        jws: f.text("jws"),
        result: f.oneOf("result", ["recorded", "rejected"]),
        at,
      };
    case "event":
      return { t: "event", req_dig: f.text("req_dig"), jws: f.text("jws"), at };
    case "proof":
      return { t: "proof", obj: f.text("obj"), proof: f.text("proof"), entry: f.text("entry"), at };
    case "logged":
      return { t: "logged", dec_dig: f.text("dec_dig"), state: f.oneOf("state", LOGGED), at };
    case "undelivered":
      return { t: "undelivered", dec_dig: f.text("dec_dig"), code: f.text("code"), at };
    default:
      throw new CountersignError("E_CLI_JOURNAL", "The record is of an unknown kind.");
  }
}

/** @throws CountersignError `E_CLI_JOURNAL` */
export function decodeDecision(bytes: Uint8Array): DecisionRecord {
  const f = new Fields(bytes);
  return {
    t: f.oneOf("t", ["decision"]),
    iss: f.text("iss"),
    rid: f.text("rid"),
    rev: f.integer("rev"),
    kind: f.oneOf("kind", DECISION_KINDS),
    jti: f.text("jti"),
    dec_dig: f.text("dec_dig"),
    req_dig: f.text("req_dig"),
    n: f.integer("n"),
    at: f.integer("at"),
    request: f.text("request"),
    decision: f.text("decision"),
    credential: f.text("credential"),
    gateway: f.text("gateway"),
    template: f.text("template"),
  };
}

/**
 * The key that a decision of mine names as its signer; empty for what is no JWS. Only to tell my own keys apart: whoever
 * believes the decision verifies it.
 */
export function kidOf(decision: string): string {
  try {
    const header: unknown = JSON.parse(Buffer.from(decision.split(".", 1)[0] ?? "", "base64url").toString("utf8"));
    return typeof header === "object" && header !== null && "kid" in header && typeof header.kid === "string"
      ? header.kid
      : "";
  } catch {
    return "";
  }
}
