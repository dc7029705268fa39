import type { Clock } from "../clock.ts";
import type { Link } from "../connection/link.ts";
import type { Outbox } from "../journal/outbox.ts";
import type { Delivery } from "./delivery.ts";
import type { StandingWatch } from "./standing.ts";

/** After a disk that could not keep why nothing was delivered. */
const RETRY_MS = 30_000;

/** Gives decisions back to their author once their key is over for good: no session opens for it again (reliability.md A3). */
export interface KeyEnd {
  /** Something else is known of the connection or the key: looks whether it is over. */
  check(): void;
  stop(): void;
}

export function makeKeyEnd(parts: {
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, "entries">;
  readonly link: Pick<Link, "status">;
  readonly standing: Pick<StandingWatch, "begin" | "end" | "keyStop">;
  readonly delivery: () => Pick<Delivery, "giveUpAll">;
  /** End of the key's credential, seconds. */
  readonly exp: number;
  readonly nowS: () => number;
}): KeyEnd {
  const { clock, outbox, link, standing } = parts;
  let isAsking = false;
  let isGivingUp = false;
  let cancelRetry: () => void = () => undefined;

  /**
   * What the gateway refused my key for, where that is for good. SECURITY: an envelope is not signed, and nothing in it ends a
   * decision (protocol.md 3.4.2): the directory's own list has to say that the key is revoked, or the credential that it ended.
   */
  function over(): "E_KEY_REVOKED" | "E_KEY_VALIDITY" | undefined {
    const { status } = link;
    if (status.kind !== "refused") return undefined;
    if (status.code === "E_KEY_VALIDITY") return parts.nowS() > parts.exp ? status.code : undefined;
    if (status.code !== "E_KEY_REVOKED") return undefined;
    if (standing.keyStop() === status.code) return status.code;
    if (!isAsking) standing.begin();
    isAsking = true;
    return undefined;
  }

  function check(): void {
    cancelRetry();
    if (link.status.kind !== "refused") isAsking = false;
    const code = outbox.entries().length > 0 && !isGivingUp ? over() : undefined;
    if (code === undefined) return;
    isGivingUp = true;
    parts
      .delivery()
      .giveUpAll(code)
      .then(
        () => {
          if (isAsking) standing.end();
          isAsking = false;
        },
        () => {
          cancelRetry = clock.after(RETRY_MS, check);
        },
      )
      .finally(() => {
        isGivingUp = false;
      });
  }

  return {
    check,
    stop() {
      cancelRetry();
    },
  };
}
