import { CountersignError } from "#shared/protocol/error.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";

interface Proof {
  readonly proof: string;
  readonly entry: string;
}

/** Leaves that tell who decided what. */
const DECIDED: ReadonlySet<unknown> = new Set(["decision", "rejection"]);

/**
 * The proof of one leaf, as this session may have it.
 * @throws CountersignError `E_LOG_PENDING` also for another's decision on a quorum that is blind and still open: it is as if
 * it were not in the log yet
 */
export function proofFor(
  { log, store }: Pick<GatewayContext, "log" | "store">,
  query: { index?: number; leaf?: string; size?: number },
  session: Pick<Session, "kid"> | undefined,
): Proof {
  const found = log.proof(query);
  if (session === undefined) return found;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the store's own leaf, made by `leafText`
  const { t, rid, kid } = JSON.parse(found.entry) as Readonly<Record<string, unknown>>;
  // SECURITY: the leaf holds the key and the outcome (protocol.md 3.16); who has not decided must not learn of either.
  if (DECIDED.has(t) && kid !== session.kid && typeof rid === "string" && store.isBlindOpen(rid)) {
    throw new CountersignError("E_LOG_PENDING");
  }
  return found;
}
