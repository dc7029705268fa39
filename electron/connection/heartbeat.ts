import type { Clock } from "../clock.ts";
import type { GatewayClock } from "./gateway-clock.ts";

const TICK_MS = 5_000;
const SOCKET_PING_MS = 20_000;
const APP_PING_MS = 30_000;
/** Without a pong for this long the connection is not live (protocol.md 3.4.4). */
const STALE_MS = 45_000;
/** Without one for this long the socket is given up. */
const DEAD_MS = 60_000;

export interface HeartbeatHooks {
  socketPing(): void;
  appPing(): void;
  /** No pong in time, or this computer slept: not live until the next pong. */
  onStale(): void;
  /** A pong after {@link onStale}. */
  onFresh(): void;
  onDead(): void;
}

export interface Heartbeat {
  pong(): void;
  /** Asks at once whether the other side is there, for example after sleep. */
  probe(): void;
  stop(): void;
}

/** Half-open connections give no event of their own (reliability.md finding 9): this is what notices them. */
export function startHeartbeat(clock: Clock, time: GatewayClock, hooks: HeartbeatHooks): Heartbeat {
  let lastPong = clock.elapsedMs();
  let lastSocketPing = clock.elapsedMs();
  let lastAppPing = clock.elapsedMs();
  let stale = false;
  let cancel = clock.after(TICK_MS, tick);
  time.jumped();
  hooks.appPing();

  function ping(): void {
    lastAppPing = clock.elapsedMs();
    hooks.appPing();
  }

  function becomeStale(): void {
    if (stale) return;
    stale = true;
    hooks.onStale();
  }

  /** Not a tick later than it is due: what the screen says of the connection is true to the second. */
  function untilStale(now: number): number {
    return stale ? TICK_MS : Math.max(0, lastPong + STALE_MS - now);
  }

  function tick(): void {
    const now = clock.elapsedMs();
    // A clock of whole milliseconds may ring a moment early.
    cancel = clock.after(Math.min(TICK_MS, Math.ceil(untilStale(now)) + 1), tick);
    if (time.jumped()) {
      becomeStale();
      ping();
      return;
    }
    if (now - lastSocketPing >= SOCKET_PING_MS) {
      lastSocketPing = now;
      hooks.socketPing();
    }
    if (now - lastAppPing >= APP_PING_MS) ping();
    if (now - lastPong >= STALE_MS) becomeStale();
    if (now - lastPong >= DEAD_MS) hooks.onDead();
  }

  return {
    pong() {
      lastPong = clock.elapsedMs();
      if (!stale) return;
      stale = false;
      hooks.onFresh();
    },
    probe: ping,
    stop() {
      cancel();
    },
  };
}
