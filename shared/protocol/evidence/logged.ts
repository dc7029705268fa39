import { leafText } from "#shared/ledger/leaf.ts";
import { parseTlogProof, verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
import { leafHash } from "#shared/ledger/tree.ts";

import type { OpenedRequest } from "../accept/open.ts";
import { encodeBase64url } from "../base64url.ts";
import type { Bundle } from "../bundle.ts";
import type { Crypto } from "../crypto-port.ts";
import { isMembers } from "../json-pointer.ts";
import { parseStrict } from "../strict-json.ts";
import { encodeUtf8 } from "../utf8.ts";
import type { BundleEvent } from "./events.ts";
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
  const { vkey, entries, proofs } = log;
  const expected = [requestLeaf(objects.request), ...objects.answered.map((a) => decisionLeaf(a))];
  steps.run("log", () => {
    need(vkey === vouched.gateway.log.vkey, "E_LOG_KEY", "The log's key is not the one the directory vouches for.");
    need(entries.length === proofs.length, "E_BUNDLE", "Entries and proofs do not pair.");
    need(entries.length >= expected.length, "E_LOG_PENDING", "The request or a decision is not proven to be logged.");
  });
  entries.forEach((entry, i) => {
    const exact = expected[i];
    steps.run(`log/${i}`, () => {
      if (exact !== undefined) need(entry === exact, "E_LOG_PROOF", "The entry does not speak of the object.");
      else checkOutcomeEntry(entry, objects);
      const { origin } = vouched.gateway.log;
      const { index, checkpoint } = verifyTlogProof(crypto, { proof: proofs[i] ?? "", entry, vkey });
      need(checkpoint.origin === origin, "E_LOG_KEY", "Another log's checkpoint.");
      checkNothingElse(proofs[i] ?? "");
      const answered = objects.answered[i - 1];
      if (i > 0 && answered) checkReceiptLog(crypto, answered, { index, entry, origin });
    });
  });
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
function checkOutcomeEntry(
  entry: string,
  { request, events }: { readonly request: OpenedRequest; readonly events: readonly BundleEvent[] },
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
  { receipt }: Answered,
  found: { readonly index: number; readonly entry: string; readonly origin: string },
): void {
  const { log } = receipt;
  if (!log) return;
  const leaf = encodeBase64url(leafHash(crypto, encodeUtf8(found.entry)));
  const same =
    log.origin === found.origin &&
    (log.index === undefined || log.index === found.index) &&
    (log.leaf === undefined || log.leaf === leaf);
  need(same, "E_RCT_MISMATCH", "The receipt names another place in the log.");
}
