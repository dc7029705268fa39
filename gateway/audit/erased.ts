import { ERASED_RECORD, type ErasedRecord } from "#shared/protocol/evidence/erased-record.ts";
import { erasureRecord, type ErasureProof } from "#shared/protocol/evidence/erasure-proof.ts";
import type { EvidenceItem } from "#shared/protocol/evidence/item.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";

import type { GatewayContext } from "../context.ts";
import type { Erased } from "../store/erased.ts";
import type { RequestRow } from "../store/rows.ts";
import { credentialFor, statusFor } from "./credentials.ts";
import { proofOf } from "./evidence.ts";

/** What nobody can read again is `null` or named by its digest. */
export interface Left extends Pick<EvidenceItem, "rid" | "rev" | "state"> {
  readonly withheld: {
    readonly reason: "erased";
    readonly request: string;
    readonly at: number;
    readonly erasure?: ErasureProof;
  };
  readonly decisions: null[];
  readonly receipts: string[];
  readonly sets: string[];
  readonly credentials: string[];
  /** Empty while a part is not under a checkpoint. */
  readonly proofs: string[];
  readonly entries: string[];
}

/** Of a revision that was erased: digests, answers, events and the log's proofs of all of it (docs/decisions/0016). */
export function leftOf(context: GatewayContext, request: RequestRow, erased: Erased): Left {
  const { store } = context;
  const { rid, rev, state } = request;
  const erasure = erasureOf(context, erased);
  const at = erasure?.covers === undefined ? erased.at : recordedAt(erasure.covers.record, erased.at);
  const answers = store.answersFor(rid).filter((answer) => answer.kind === "decision" && answer.rev === rev);
  const events = store.events(rid).filter((event) => event.rev === rev);
  const outcome = events.findLast(({ dig }) => store.leafOf(dig, "outcome") !== undefined);
  const objects = [request.dig, ...answers.map(({ dig }) => dig), ...(outcome === undefined ? [] : [outcome.dig])];
  const found = objects.map((obj) => proofOf(context, obj));
  const proven = found.includes(undefined) ? [] : found.filter((one) => one !== undefined);
  return {
    ...{ rid, rev, state },
    withheld: {
      ...{ reason: "erased", request: request.dig, at },
      ...(erasure === undefined ? {} : { erasure }),
    },
    decisions: answers.map(() => null),
    receipts: answers.map(({ receipt }) => receipt),
    sets: events.flatMap((event) => (event.erased === undefined ? [event.jws] : [])),
    credentials: [...new Set(answers.map(({ kid }) => kid))].flatMap((kid) => context.people.key(kid)?.jws ?? []),
    proofs: proven.map(({ proof }) => proof),
    entries: proven.map(({ entry }) => entry),
  };
}

/** Of what was restated: by when it had been erased, which is what its record proves. */
const recordedAt = (record: string, otherwise: number): number =>
  quietly(() => erasureRecord.parse(JSON.parse(record)).at) ?? otherwise;

/**
 * `countersign-erased/1`, which stands for the bundle of what was erased and names nobody. Undefined while a part of it, or
 * its erasure, is not under a checkpoint yet.
 */
export function erasedRecordOf(context: GatewayContext, row: RequestRow, erased: Erased): ErasedRecord | undefined {
  const left = leftOf(context, row, erased);
  const { receipts, sets, proofs, withheld } = left;
  const gateway = credentialFor(context, { request: [], receipt: receipts, event: sets });
  if (proofs.length === 0 || withheld.erasure?.proof === undefined || gateway === undefined) return undefined;
  const status = receipts.length === 0 ? undefined : statusFor(context, row);
  return {
    ...{ format: ERASED_RECORD, ...left, gateway, vkey: context.log.vkey },
    ...(status === undefined ? {} : { status }),
  };
}

/**
 * That the log ordered an erasure, and that it was of this. Of one whose record is of the earlier form the entry alone: the
 * rest of that record names others.
 */
function erasureOf(
  { log, store }: Pick<GatewayContext, "log" | "store">,
  { record, place }: Erased,
): ErasureProof | undefined {
  const leaf = store.leafOf(record, "config");
  const newest = log.newest();
  if (leaf === undefined) return undefined;
  const proof = newest && log.prove(leaf, newest)?.proof;
  const text = place && store.published(record)?.text;
  return {
    entry: leaf.entry,
    ...(proof === undefined ? {} : { proof }),
    ...(place === undefined || text === undefined
      ? {}
      : { covers: { record: text, salt: place.salt, index: place.index, path: [...place.path] } }),
  };
}
