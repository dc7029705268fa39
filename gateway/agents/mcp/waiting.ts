import type { Raised } from "../../core.ts";
import type { RequestDraft } from "../../ports.ts";
import type { DoorCore } from "../intercept.ts";
import { isFinal, taskView } from "../task-view.ts";
import { statusUnlessErased } from "../../decisions/status.ts";

/**
 * Models call a tool again when an answer is slow, and clients when a connection breaks; neither sends a key. While a
 * call waits, exactly the same one of the same agent joins it.
 */
export interface Waiting {
  /** The request that asks for exactly this and has not ended; otherwise what `raise` gives. */
  join(draft: RequestDraft, raise: () => Promise<Raised>): Promise<Raised>;
}

interface StoredRequests {
  requestsIn(states: readonly ("open" | "partial" | "approved" | "executing")[]): readonly { readonly rid: string }[];
}

/** From so many on, those that have ended are forgotten. */
const MOST = 2000;

const nameOf = (agent: string, op: { readonly method: string; readonly url: string; readonly body: string }): string =>
  JSON.stringify([agent, op.method, op.url, op.body]);

/** What waited before a restart is read from the store once. */
export function makeWaiting(core: Pick<DoorCore, "status"> & { readonly store: StoredRequests }): Waiting {
  const rids = new Map<string, string>();
  const underWay = new Map<string, Promise<Raised>>();
  for (const { rid } of core.store.requestsIn(["open", "partial", "approved", "executing"])) {
    const claims = core.status(rid)?.claims;
    if (claims !== undefined) rids.set(nameOf(claims.agent.sub, claims.action.op), rid);
  }

  function waits(rid: string): Raised | undefined {
    const view = statusUnlessErased(core, rid);
    if (view === undefined || isFinal(taskView(view, 0))) return undefined;
    return { kind: "pending", rid, exp: view.exp };
  }

  async function begin(name: string, raise: () => Promise<Raised>): Promise<Raised> {
    const raised = await raise();
    if (rids.size >= MOST) for (const [old, rid] of rids) if (waits(rid) === undefined) rids.delete(old);
    if (raised.kind === "pending") rids.set(name, raised.rid);
    return raised;
  }

  return {
    async join({ agent, operation }, raise) {
      const name = nameOf(agent, operation);
      const first = underWay.get(name);
      if (first !== undefined) return await first;
      const rid = rids.get(name);
      const same = rid === undefined ? undefined : waits(rid);
      if (same !== undefined) return same;
      const mine = begin(name, raise).finally(() => underWay.delete(name));
      underWay.set(name, mine);
      return await mine;
    },
  };
}
