import { leafText } from "#shared/ledger/leaf.ts";
import { parseTlogProof, verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
import { leafHash } from "#shared/ledger/tree.ts";

import type { OpenedRequest } from "../accept/open.ts";
import { encodeBase64url } from "../base64url.ts";
import type { Bundle } from "../bundle.ts";
import type { ReceiptClaims } from "../claims/receipt.ts";
import type { Crypto } from "../crypto-port.ts";
import { isMembers } from "../json-pointer.ts";
import { parseStrict } from "../strict-json.ts";
import { encodeUtf8 } from "../utf8.ts";
import type { BundleEvent } from "./events.ts";
import { quietly } from "./quietly.ts";
import type { Answered } from "./replay.ts";
import { need, type StepLog } from "./steps.ts";
import type { Vouched } from "./vouched.ts";

/**
 * The log's part of a bundle: proofs and entries of the request, the decisions in their order, then outcomes; every entry
 * speaks of an object of the bundle and is in the log whose key the directory vouches for (protocol.md 3.12, 3.16).
 */
export function checkLogged(
  steps: StepLog,
  crypto: Crypto,
  { log }: Bundle,
  vouched: Vouched,
  objects: {
    readonly request: OpenedRequest;
    readonly answered: readonly Answered[];
    readonly events: readonly BundleEvent[];
  },
): void {
  const expected = [requestLeaf(objects.request), ...objects.answered.map((a) => decisionLeaf(a))];
  steps.run("log", () => {
    checkPairs(log, vouched, expected.length);
  });
  log.entries.forEach((entry, i) => {
    const exact = expected[i];
    steps.run(`log/${i}`, () => {
      if (exact !== undefined) need(entry === exact, "E_LOG_PROOF", "The entry does not speak of the object.");
      else checkOutcomeEntry(entry, objects);
      checkPlace(crypto, log, vouched, { place: i, receipt: objects.answered[i - 1]?.receipt });
    });
  });
}

/** The log is the one that the directory vouches for, and holds the request and every decision. */
export function checkPairs({ vkey, entries, proofs }: Bundle["log"], vouched: Vouched, expected: number): void {
  need(vkey === vouched.gateway.log.vkey, "E_LOG_KEY", "The log's key is not the one the directory vouches for.");
  need(entries.length === proofs.length, "E_BUNDLE", "Entries and proofs do not pair.");
  need(entries.length >= expected, "E_LOG_PENDING", "The request or a decision is not proven to be logged.");
}

/** The entry is in the log, and where the receipt says, if it answers a decision. */
export function checkPlace(
  crypto: Crypto,
  { vkey, entries, proofs }: Bundle["log"],
  vouched: Vouched,
  { place, receipt }: { readonly place: number; readonly receipt: ReceiptClaims | undefined },
): void {
  const [entry = "", proof = ""] = [entries[place], proofs[place]];
  const { origin } = vouched.gateway.log;
  const { index, checkpoint } = verifyTlogProof(crypto, { proof, entry, vkey });
  need(checkpoint.origin === origin, "E_LOG_KEY", "Another log's checkpoint.");
  checkNothingElse(proof);
  if (receipt) checkReceiptLog(crypto, receipt, { index, entry, origin });
}

const requestLeaf = ({ claims: { iat: ts, rid, rev }, digest: obj, kid }: OpenedRequest): string =>
  leafText({ t: "request", ts, rid, rev, obj, kid });

const decisionLeaf = ({ judged: { claims, digest: obj, kid }, receipt, recorded }: Answered): string =>
  leafText({
    t: recorded ? "decision" : "rejection",
    ts: receipt.iat,
    rid: claims.rid,
    rev: claims.rev,
    obj,
    kid,
    out: receipt.outcome,
  });

/** A leaf `outcome` speaks of a SET of the bundle and of its signer. */
export function checkOutcomeEntry(
  entry: string,
  {
    request,
    events,
  }: {
    readonly request: { readonly claims: { readonly rid: string; readonly rev: number } };
    readonly events: readonly BundleEvent[];
  },
): void {
  const leaf = parseStrict(entry);
  const event = isMembers(leaf) ? events.find((e) => e.digest === leaf["obj"]) : undefined;
  const { rid, rev } = request.claims;
  const fits =
    isMembers(leaf) &&
    leaf["t"] === "outcome" &&
    leaf["rid"] === rid &&
    leaf["rev"] === rev &&
    leaf["kid"] === event?.kid;
  need(fits && event !== undefined, "E_LOG_PROOF", "The entry speaks of something that is not in the bundle.");
}

/** Members of an entry as it came, to be compared exactly and never believed; none of one that cannot be read. */
export function leafMembers(entry: string): Readonly<Record<string, unknown>> {
  const leaf = quietly(() => parseStrict(entry));
  return leaf !== undefined && isMembers(leaf) ? leaf : {};
}

/**
 * C2SP lets a note carry signatures of keys one does not know. Evidence has no byte that nobody vouches for, and v1 has no
 * cosignatures: exactly the log's own.
 */
function checkNothingElse(proof: string): void {
  const { checkpoint } = parseTlogProof(proof);
  const signatures = checkpoint.slice(checkpoint.indexOf("\n\n") + 2);
  need(
    signatures.indexOf("\n") === signatures.length - 1,
    "E_LOG_PROOF",
    "The checkpoint has a signature beside the log's.",
  );
}

function checkReceiptLog(
  crypto: Crypto,
  { log }: ReceiptClaims,
  found: { readonly index: number; readonly entry: string; readonly origin: string },
): void {
  if (!log) return;
  const leaf = encodeBase64url(leafHash(crypto, encodeUtf8(found.entry)));
  const same =
    log.origin === found.origin &&
    (log.index === undefined || log.index === found.index) &&
    (log.leaf === undefined || log.leaf === leaf);
  need(same, "E_RCT_MISMATCH", "The receipt names another place in the log.");
}
