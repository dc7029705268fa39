import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { ReceiptClaims } from "#shared/protocol/claims/receipt.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import { isMembers } from "#shared/protocol/json-pointer.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import { gateSigned } from "#shared/protocol/verify/signed.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import { checkedAs, type Checked } from "./checked.ts";

/** A decision with the gateway's answer. `claims` and `jws` are absent where the gateway withheld its words. */
export interface ReadDecision {
  readonly digest: string;
  readonly jws?: string;
  readonly claims?: DecisionClaims;
  readonly receipt: ReceiptClaims;
  readonly receiptJws: string;
  readonly approver?: ApproverClaims;
  readonly credential?: string;
}

/** One row of a report, read: what this computer made of it stands beside it, and decides what may be said of it. */
export interface ReadItem {
  readonly item: HistoryItem;
  readonly verdict: ItemVerdict;
  readonly checked: Checked;
  /** When it was erased, as its log proves: Unix seconds. SECURITY: the gateway's word alone is not handed on. */
  readonly erasedAt?: number;
  /** When it was received: as the request says, or where that is not here its entry in the log. */
  readonly receivedAt?: number;
  /** `jdig` of the request, also where it was withheld. Empty where nothing names it. */
  readonly digest: string;
  readonly claims?: RequestClaims;
  readonly decisions: readonly ReadDecision[];
  /** Leaf and proof of each object in the log, by its digest. */
  readonly logged: ReadonlyMap<string, Logged>;
}

export interface Logged {
  readonly entry: string;
  readonly proof: string;
}

/** Reads a row whose signatures were looked at; parts that cannot be read are left out, and the verdict says so. */
export function readItem(crypto: Crypto, item: HistoryItem, verdict: ItemVerdict): ReadItem {
  const { request, withheld } = item;
  const claims = request === undefined ? undefined : quietly(() => readStored("request", request));
  const digest = request === undefined ? (withheld?.request ?? "") : jdig(crypto, request);
  const logged = new Map(item.entries.flatMap((entry, i) => loggedAs(entry, item.proofs[i])));
  const receivedAt = claims?.iat ?? timeOf(logged.get(digest)?.entry);
  const erasedAt = verdict.erasure?.at;
  return {
    ...{ item, verdict, checked: checkedAs(verdict), digest, logged },
    ...(claims === undefined ? {} : { claims }),
    ...(receivedAt === undefined ? {} : { receivedAt }),
    ...(erasedAt === undefined ? {} : { erasedAt }),
    decisions: item.receipts.flatMap((jws, i) => readDecision(crypto, item, jws, item.decisions[i] ?? undefined)),
  };
}

function readDecision(crypto: Crypto, item: HistoryItem, receiptJws: string, jws: string | undefined): ReadDecision[] {
  const receipt = quietly(() => readStored("receipt", receiptJws));
  if (receipt === undefined) return [];
  const claims = jws === undefined ? undefined : quietly(() => readStored("decision", jws));
  const digest = jws === undefined ? receipt.dec_dig : jdig(crypto, jws);
  const signer = jws === undefined ? undefined : quietly(() => gateSigned("decision", jws).header.kid);
  const credential = item.credentials.find((one) => isFor(crypto, one, receipt, signer));
  const approver = credential === undefined ? undefined : quietly(() => readStored("approver", credential));
  return [
    {
      ...{ digest: digest ?? "", receipt, receiptJws },
      ...(jws === undefined ? {} : { jws }),
      ...(claims === undefined ? {} : { claims }),
      ...(approver === undefined || credential === undefined ? {} : { approver, credential }),
    },
  ];
}

/** By the key that signed; where the decision was withheld, by whom its receipt is for. */
function isFor(crypto: Crypto, credential: string, { sub, aud }: ReceiptClaims, kid: string | undefined): boolean {
  const claims = quietly(() => readStored("approver", credential));
  if (claims === undefined) return false;
  if (kid === undefined) return claims.sub === sub && claims.device === aud;
  return quietly(() => crypto.importKey(claims.cnf.jwk).kid) === kid;
}

function timeOf(entry: string | undefined): number | undefined {
  const leaf = entry === undefined ? undefined : quietly(() => parseStrict(entry));
  const ts = leaf !== undefined && isMembers(leaf) ? leaf["ts"] : undefined;
  return typeof ts === "number" ? ts : undefined;
}

function loggedAs(entry: string, proof: string | undefined): [string, Logged][] {
  const leaf = quietly(() => parseStrict(entry));
  const obj = leaf !== undefined && isMembers(leaf) ? leaf["obj"] : undefined;
  return typeof obj === "string" && proof !== undefined ? [[obj, { entry, proof }]] : [];
}
