import { leafText } from "#shared/ledger/leaf.ts";
import { parseTlogProof } from "#shared/ledger/tlog-proof.ts";
import { leafHash } from "#shared/ledger/tree.ts";
import { verifyInclusion } from "#shared/ledger/verify.ts";

import { decodeBase64url } from "../base64url.ts";
import type { Bundle } from "../bundle.ts";
import type { Crypto } from "../crypto-port.ts";
import { dig } from "../digest.ts";
import { CountersignError } from "../error.ts";
import { parseStrict } from "../strict-json.ts";
import {
  ERASED,
  erasedLeaf,
  erasureRecord,
  type ErasedRevision,
  type ErasureProof,
  type ErasureRecord,
} from "./erasure-proof.ts";
import { checkPlace, leafMembers } from "./logged.ts";
import { quietly } from "./quietly.ts";
import { need, type StepLog } from "./steps.ts";
import type { Vouched } from "./vouched.ts";

/** Record and entry are written in one commit. */
const SAME_TIME_S = 60;

/** What a verified erasure says. */
export interface Erasure {
  /** Unix seconds. */
  readonly at: number;
  readonly why: ErasureRecord["why"];
  /** Its place in the log. */
  readonly index: number;
}

interface Claimed {
  readonly about: ErasedRevision;
  /** As the row says. */
  readonly at: number | undefined;
  readonly erasure: ErasureProof | undefined;
  /** Set where the gateway said that it proves every erasure: then a record of the earlier form is a lie. */
  readonly provesFrom: number | undefined;
  /** The row's other entries and proofs, and the log's key. */
  readonly log: Bundle["log"];
}

/**
 * Verifies that the log ordered the erasure of this very revision, in two steps: `erasure`, that the record behind the log's
 * entry has the revision in its list, and `erasure logged`, that the entry is in the log, after what it erased.
 * A record of the earlier form fails with `E_STORE_ERASED_UNSHOWN` where the gateway may have one, everything else with `E_LOG_ERASURE` or a code of the
 * log. @returns what it says, where both hold
 */
export function checkErasure(steps: StepLog, crypto: Crypto, claimed: Claimed, vouched: Vouched): Erasure | undefined {
  const said = steps.run("erasure", () => checkCovers(crypto, claimed));
  // Of one that was not handed over there is no more to look at.
  if (claimed.erasure === undefined) return undefined;
  const { erasure, log, provesFrom } = claimed;
  const index = steps.run("erasure logged", () => {
    if (erasure.covers === undefined) checkEarlier(provesFrom);
    return checkErasureLogged(crypto, erasure, log, vouched);
  });
  return said === undefined || index === undefined ? undefined : { ...said, index };
}

function checkCovers(crypto: Crypto, { about, at, erasure }: Claimed): Omit<Erasure, "index"> {
  if (erasure === undefined) return refuse("Nothing shows that the log has an entry of its erasure.");
  const { entry, covers } = erasure;
  const leaf = leafMembers(entry);
  const isEntry = (obj: string, out?: string): boolean =>
    entry === leafText({ t: "config", ts: Number(leaf["ts"]), obj, kid: String(leaf["kid"]), out });
  if (covers === undefined) {
    if (!isEntry(String(leaf["obj"]))) return refuse("The entry is not one of an erasure of the earlier form.");
    throw new CountersignError("E_STORE_ERASED_UNSHOWN");
  }
  const { record: exact, salt, index, path } = covers;
  if (!isEntry(dig(crypto, exact), ERASED)) return refuse("The entry is not about the record that came with it.");
  const record = quietly(() => erasureRecord.safeParse(parseStrict(exact)).data);
  if (record === undefined) return refuse("The record is not one of an erasure.");
  // SECURITY: people read the record's day; the log's entries before and after speak for the entry's.
  const isDated = Math.abs(Number(leaf["ts"]) - record.at) <= SAME_TIME_S;
  if (!isDated) return refuse("The record has another time than its entry in the log.");
  const isIn = quietly(() =>
    verifyInclusion(crypto, {
      ...{ index, size: record.size, leaf: leafHash(crypto, erasedLeaf(about, salt)) },
      ...{ proof: path.map(decodeBase64url), root: decodeBase64url(record.root) },
    }),
  );
  if (isIn !== true) return refuse("It erased other things than this.");
  if (record.at !== at) return refuse("It was erased at another time than the row says.");
  return { at: record.at, why: record.why };
}

function checkErasureLogged(
  crypto: Crypto,
  { entry, proof }: ErasureProof,
  { vkey, entries, proofs }: Bundle["log"],
  vouched: Vouched,
): number {
  if (proof === undefined) throw new CountersignError("E_LOG_PENDING");
  checkPlace(crypto, { vkey, entries: [entry], proofs: [proof] }, vouched, { place: 0, receipt: undefined });
  const { index, checkpoint } = parseTlogProof(proof);
  for (const [i, other] of proofs.entries()) {
    const place = quietly(() => parseTlogProof(other));
    // Its own step says that it cannot be read.
    if (place === undefined) continue;
    need(place.checkpoint === checkpoint, "E_LOG_ERASURE", "It is proven under another checkpoint than the rest.");
    // What is refused because the request is gone comes after it.
    const isBefore = place.index < index || leafMembers(entries[i] ?? "")["t"] === "rejection";
    need(isBefore, "E_LOG_ERASURE", "It was erased before it had ended.");
  }
  return index;
}

/**
 * SECURITY: else a gateway could point at any other change of its configuration for ever. One that proves every erasure has
 * restated those of before, before it said so.
 */
function checkEarlier(provesFrom: number | undefined): void {
  need(provesFrom === undefined, "E_LOG_ERASURE", "The gateway had said before that it proves every erasure.");
}

function refuse(why: string): never {
  throw new CountersignError("E_LOG_ERASURE", why);
}
