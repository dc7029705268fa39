import type { HistoryRow } from "#shared/ipc/contract.ts";
import { headline } from "#shared/presentation/present.ts";
import type { ReceiptClaims, RequestState } from "#shared/protocol/claims/receipt.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { trustGateway, type PinnedDirectory, type TrustedGateway } from "../connection/trusted-gateway.ts";
import type { Entry, Evidence, Journal } from "../journal/journal.ts";
import { authorOf } from "./author.ts";
import { referenceOf } from "./rows.ts";
import { follows, sideAfter, sideOfReceipt, verifyEvent, verifyReceipt, type SignedEvent } from "./signed-event.ts";
import type { Side } from "./held.ts";

export interface HistoryParts {
  readonly crypto: Crypto;
  readonly journal: Journal;
  readonly directory: PinnedDirectory;
  /** Whose journal it is. */
  readonly sub: string;
  /** The gateway as proven last: later events may be signed with newer keys than the decision's credential names. */
  readonly gateway: TrustedGateway | undefined;
}

/**
 * My decisions, newest first, each verified on this computer as it is listed (approval-experience.md S9): the request, the
 * decision and its receipt, with the credentials kept beside them and the directory pinned at enrolment.
 * @param before only decisions signed before this (gateway seconds)
 */
export async function listHistory(parts: HistoryParts, limit: number, before?: number): Promise<readonly HistoryRow[]> {
  const entries = parts.journal
    .entries()
    .filter((entry) => before === undefined || entry.at < before)
    .slice(0, limit);
  return Promise.all(entries.map((entry) => listOne(parts, entry)));
}

async function listOne(parts: HistoryParts, entry: Entry): Promise<HistoryRow> {
  try {
    return historyRow(parts, await parts.journal.read(entry.dec_dig));
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    // Changed on the disk since it was opened: shown as what it is, never left out (AC25).
    const { iss, rid, rev, at, kind } = entry;
    return {
      key: { iss, rid },
      rev,
      at,
      decision: kind,
      outcome: "unknown",
      patient_name: "",
      item: "",
      action_type: "",
      signer: "",
      reference: referenceOf(rid),
      digest: entry.dec_dig,
      signature: "not_valid",
      why: sentenceOf(error.code),
    };
  }
}

interface Checked {
  readonly signature: HistoryRow["signature"];
  readonly why?: string;
  readonly outcome: HistoryRow["outcome"];
}

export function historyRow(parts: HistoryParts, evidence: Evidence): HistoryRow {
  const { decision: record } = evidence;
  const checked = check(parts, evidence);
  const claims = readStored("request", record.request);
  const { sub } = readStored("decision", record.decision);
  const { name } = readStored("approver", record.credential);
  return {
    key: { iss: record.iss, rid: record.rid },
    rev: record.rev,
    at: record.at,
    decision: record.kind,
    outcome: checked.outcome,
    patient_name: claims.patient?.name ?? "",
    item: headline(claims).item,
    action_type: claims.action.type,
    signer: name ?? sub,
    reference: referenceOf(record.rid),
    digest: record.dec_dig,
    signature: checked.signature,
    ...(checked.why === undefined ? {} : { why: checked.why }),
  };
}

function check(parts: HistoryParts, evidence: Evidence): Checked {
  const { crypto, directory } = parts;
  const { decision: record } = evidence;
  try {
    const me = authorOf(parts, record);
    const gateway = trustGateway(crypto, record.gateway, directory, record.at);
    const keyOfGateway = (name: string) => gateway.keyFor("request", name, record.at);
    const request = verifyJws(crypto, "request", record.request, keyOfGateway, { unknownKey: "E_GW_KEY" });
    const mine = crypto.importKey(me.cnf.jwk);
    const decision = verifyJws(crypto, "decision", record.decision, (name) => (name === mine.kid ? mine : undefined));
    const bound =
      request.digest === record.req_dig &&
      decision.digest === record.dec_dig &&
      decision.claims.req_dig === request.digest &&
      decision.claims.decision === record.kind &&
      decision.claims.sub === me.sub;
    if (!bound) throw new CountersignError("E_REQ_DIGEST");
    if (evidence.receipts.length === 0) {
      const why = evidence.undelivered === undefined ? "E_CLI_OFFLINE" : evidence.undelivered;
      return { signature: "cannot_check", why: `No receipt. ${sentenceOf(why)}`, outcome: "unknown" };
    }
    const receipts = evidence.receipts.map((jws) => verifyReceipt(crypto, gateway, jws, me, record));
    const gateways = parts.gateway ? [gateway, parts.gateway] : [gateway];
    return { signature: "valid", outcome: outcomeOf(crypto, gateways, evidence, receipts, me.sub) };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return { signature: "not_valid", why: sentenceOf(error.code), outcome: "unknown" };
  }
}

/** The state that receipt and events, in their order, came to. Events that do not verify say nothing. */
function outcomeOf(
  crypto: Crypto,
  gateways: readonly TrustedGateway[],
  evidence: Evidence,
  receipts: readonly ReceiptClaims[],
  sub: string,
): RequestState | "unknown" {
  const last = receipts.at(-1);
  if (last?.result === "rejected") return last.outcome ?? "unknown";
  let side: Side | undefined = last && sideOfReceipt(last, sub);
  for (const jws of evidence.events) {
    const event = gateways.map((gateway) => tryEvent(crypto, gateway, jws)).find((e) => e !== undefined);
    const next = event && sideAfter(event);
    if (next && (!side || follows(next, side))) side = next;
  }
  return side?.kind ?? last?.outcome ?? "unknown";
}

function tryEvent(crypto: Crypto, gateway: TrustedGateway, jws: string): SignedEvent | undefined {
  try {
    return verifyEvent(crypto, gateway, jws);
  } catch (error) {
    if (error instanceof CountersignError) return undefined;
    throw error;
  }
}
