import { CountersignError } from "#shared/protocol/error.ts";

import type { Link } from "../connection/link.ts";
import type { Held } from "./held.ts";

/** Signed words about one request, as the gateway keeps them; each still has to be verified. */
export interface Fetched {
  readonly sets: readonly string[];
  readonly receipts: readonly string[];
}

const ANSWER_MS = 10_000;
const AT_ONCE = 4;

/**
 * Asks what became of requests that a snapshot did not hold (protocol.md 3.4.4, 3.20). The page itself is unsigned and
 * changes nothing: only the SETs and receipts in it do. A request that is not told of stays not actionable.
 * @param found called for each request that the gateway tells of
 */
export async function reconcile(
  link: Pick<Link, "call">,
  requests: readonly Held[],
  found: (held: Held, fetched: Fetched) => Promise<void>,
): Promise<void> {
  const queue = [...requests];
  const work = async (): Promise<void> => {
    for (let held = queue.shift(); held; held = queue.shift()) {
      const fetched = await fetchOne(link, held);
      if (fetched) await found(held, fetched);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function fetchOne(link: Pick<Link, "call">, { key, revision }: Held): Promise<Fetched | undefined> {
  const { iat } = revision.brief;
  const { jws } = revision.content();
  try {
    const query = { from: iat, to: iat + 1, rid: key.rid, limit: 1 };
    const { body } = await link.call("history.query", query, "history.page", ANSWER_MS);
    const item = body.items.find((i) => i["request"] === jws);
    return item && { sets: texts(item["sets"]), receipts: texts(item["receipts"]) };
  } catch (error) {
    if (error instanceof CountersignError) return undefined;
    throw error;
  }
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((v) => typeof v === "string") : [];
