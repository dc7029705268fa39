import type { Crypto } from "../crypto-port.ts";
import { jdig } from "../digest.ts";
import { isMembers } from "../json-pointer.ts";
import type { ErrorCode } from "../registry.ts";
import { parseStrict } from "../strict-json.ts";
import { gateSigned } from "../verify/signed.ts";
import { readStored } from "../verify/stored.ts";
import type { EvidenceItem } from "./item.ts";
import { quietly } from "./quietly.ts";

/** What is wrong with a list although each row of it may hold. */
export interface ListingFault {
  readonly step: "order" | "range" | "doubled" | "missing" | "chain";
  readonly code: ErrorCode;
  /** Places in the list; empty where what is wrong is that something is not in it. */
  readonly rows: readonly number[];
  /** The request that is missing. */
  readonly rid?: string;
}

export interface ListingQuery {
  readonly order: "newest" | "oldest";
  /** `from ≤ iat < to`, in seconds. */
  readonly from: number;
  readonly to: number;
  /** Nothing but the times was asked for, so that everything of those times has to be there. */
  readonly isWhole: boolean;
  /** Is there more beyond the last row? Then the list speaks for the times up to that row alone. */
  readonly hasMore: boolean;
  /** Requests that this computer knows of by its own journal. */
  readonly mine: readonly { readonly rid: string; readonly req_dig: string; readonly iat: number }[];
}

interface Read {
  readonly at: number;
  readonly iat: number;
  readonly digest: string;
}

/**
 * Checks what no row can show by itself: order, times, nothing twice, nothing of mine left out, and that decisions of one key
 * name each other where both are here (V16, protocol.md 3.7). Rows that cannot be read are left to their own verdicts.
 */
export function checkListing(
  crypto: Crypto,
  items: readonly EvidenceItem[],
  query: ListingQuery,
): readonly ListingFault[] {
  const rows = items.flatMap((item, at) => {
    const read = requestOf(crypto, item);
    return read === undefined ? [] : [{ at, ...read }];
  });
  return [
    ...outOfOrder(rows, query.order),
    ...rows.filter(({ iat }) => iat < query.from || iat >= query.to).map((row) => fault("range", [row.at])),
    ...doubled(rows),
    ...(query.isWhole ? missing(rows, query) : []),
    ...brokenChains(crypto, items),
  ];
}

/** When it was issued and its digest: from the request, or where that was withheld from its entry in the log. */
function requestOf(crypto: Crypto, { request, withheld, entries }: EvidenceItem): Omit<Read, "at"> | undefined {
  return quietly(() => {
    if (request !== undefined) return { iat: readStored("request", request).iat, digest: jdig(crypto, request) };
    const leaf = parseStrict(entries[0] ?? "");
    const ts = isMembers(leaf) ? leaf["ts"] : undefined;
    return withheld && typeof ts === "number" ? { iat: ts, digest: withheld.request } : undefined;
  });
}

const fault = (step: ListingFault["step"], rows: readonly number[], code: ErrorCode = "E_BUNDLE"): ListingFault => ({
  step,
  code,
  rows,
});

function outOfOrder(rows: readonly Read[], order: ListingQuery["order"]): readonly ListingFault[] {
  return rows.flatMap((row, i) => {
    const before = rows[i - 1];
    const isWrong = before !== undefined && (order === "newest" ? before.iat < row.iat : before.iat > row.iat);
    return isWrong ? [fault("order", [before.at, row.at])] : [];
  });
}

function doubled(rows: readonly Read[]): readonly ListingFault[] {
  const first = new Map<string, number>();
  return rows.flatMap(({ digest, at }) => {
    const seen = first.get(digest);
    if (seen === undefined) first.set(digest, at);
    return seen === undefined ? [] : [fault("doubled", [seen, at])];
  });
}

function missing(rows: readonly Read[], query: ListingQuery): readonly ListingFault[] {
  const here = new Set(rows.map(({ digest }) => digest));
  const times = rows.map(({ iat }) => iat);
  // Of the second at a page's end there may be more on the next one.
  const newest = query.hasMore && query.order === "oldest" ? Math.max(...times) - 1 : query.to - 1;
  const oldest = query.hasMore && query.order === "newest" ? Math.min(...times) + 1 : query.from;
  return query.mine
    .filter(({ req_dig, iat }) => iat >= oldest && iat <= newest && !here.has(req_dig))
    .map(({ rid }) => ({ ...fault("missing", []), rid }));
}

interface Link {
  readonly at: number;
  readonly kid: string;
  readonly n: number;
  readonly prev: string;
  readonly digest: string;
}

function brokenChains(crypto: Crypto, items: readonly EvidenceItem[]): readonly ListingFault[] {
  const links = items.flatMap((item, at) => item.decisions.flatMap((jws, i) => linkOf(crypto, item, jws, i, at)));
  const at = new Map(links.map((link) => [`${link.kid} ${String(link.n)}`, link]));
  return links.flatMap((link) => {
    const same = at.get(`${link.kid} ${String(link.n)}`);
    if (same !== undefined && same.digest !== link.digest) return [fault("chain", [same.at, link.at], "E_CHAIN_FORK")];
    const before = at.get(`${link.kid} ${String(link.n - 1)}`);
    const isBroken = before !== undefined && before.digest !== link.prev;
    return isBroken ? [fault("chain", [before.at, link.at], "E_CHAIN_FORK")] : [];
  });
}

/** Rejected decisions take no place in their key's chain. */
function linkOf(crypto: Crypto, item: EvidenceItem, jws: string | null, place: number, at: number): readonly Link[] {
  if (jws === null) return [];
  const read = quietly(() => {
    const receipt = readStored("receipt", item.receipts[place] ?? "");
    const { chain } = readStored("decision", jws);
    return receipt.result === "recorded" ? { chain, kid: gateSigned("decision", jws).header.kid } : undefined;
  });
  return read === undefined
    ? []
    : [{ at, kid: read.kid, n: read.chain.n, prev: read.chain.prev, digest: jdig(crypto, jws) }];
}
