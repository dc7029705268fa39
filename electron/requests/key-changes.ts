import { CountersignError } from "#shared/protocol/error.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { Link } from "../connection/link.ts";
import { visitGateway, type VisitParts } from "../keys/visit.ts";
import { verifyKeyChange, type KeyChange } from "./signed-event.ts";
import type { StandingWatch } from "./standing.ts";

/** What follows from `keys.updated`, while connected (protocol.md 3.4.3, 3.21). */
export interface KeyChanges {
  /** Takes a SET as it came. One that does not verify changes nothing, and nothing is asked of anybody for it. */
  take(set: string): void;
  stop(): void;
}

export function makeKeyChanges(
  parts: VisitParts & {
    readonly me: { readonly sub: string; readonly pools: readonly string[] };
    readonly link: Pick<Link, "gateway" | "renew">;
    readonly standing: Pick<StandingWatch, "believed" | "look">;
  },
  events: {
    onRefused(code: ErrorCode): void;
    onChanged(change: KeyChange): void;
    /** The gateway is vouched for anew. */
    onRenewed(): void;
  },
): KeyChanges {
  const { crypto, link, standing } = parts;
  const over = new AbortController();
  let running: Promise<void> | undefined;
  let again = false;

  /** The gateway's present credential, by a short connection beside the session: no key of mine is needed for it. */
  async function renew(): Promise<void> {
    const next = await visitGateway(parts, over.signal, ({ gateway }) => gateway);
    const held = link.gateway;
    // SECURITY: an older credential would bring back a key that the newer one has retired.
    if (!held || over.signal.aborted || next.credential === held.credential || next.claims.iat < held.claims.iat)
      return;
    link.renew(next);
    events.onRenewed();
    standing.look();
  }

  function look(): void {
    if (running) {
      again = true;
      return;
    }
    running = renew()
      // The next session proves the gateway anew in any case.
      .catch((error: unknown) => {
        if (!(error instanceof CountersignError)) throw error;
      })
      .finally(() => {
        running = undefined;
        if (!again) return;
        again = false;
        look();
      });
  }

  return {
    take(set) {
      const gateway = standing.believed(link.gateway);
      if (!gateway) return;
      let change: KeyChange;
      try {
        change = verifyKeyChange(crypto, gateway, set, parts.me);
      } catch (error) {
        if (!(error instanceof CountersignError)) throw error;
        events.onRefused(error.code);
        return;
      }
      events.onChanged(change);
      standing.look();
      look();
    },
    stop() {
      over.abort();
    },
  };
}
