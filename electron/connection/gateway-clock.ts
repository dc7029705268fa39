import type { Clock } from "../clock.ts";

/** How far this computer's two clocks may drift apart between looks before its time is no longer believed. */
const JUMP_MS = 2_000;

/**
 * The gateway's time, from this computer's monotonic clock and the last exchange of times. It does not follow a jump of
 * the wall clock, which only changes the reported offset (reliability.md C1, C3).
 */
export interface GatewayClock {
  /** Integer seconds; this computer's time until something was measured. */
  nowS(): number;
  nowMs(): number;
  /** Gateway clock minus this computer's, milliseconds, when measured. */
  offsetMs(): number | undefined;
  /** The gateway's own statement of its time, just received. */
  hear(gatewayMs: number): void;
  /** An answered `ping` (protocol.md 3.4.4): times sent, received and answered there, and the arrival here now. */
  measure(pong: { readonly t0: number; readonly t1: number; readonly t2: number }): void;
  /** True when the computer slept or its clock was set since the last look: the time must be measured again. */
  jumped(): boolean;
}

export function makeGatewayClock(clock: Clock): GatewayClock {
  /** Gateway milliseconds minus elapsed milliseconds. */
  let base: number | undefined;
  let last = { wall: clock.nowMs(), elapsed: clock.elapsedMs() };

  const nowMs = (): number => (base === undefined ? clock.nowMs() : clock.elapsedMs() + base);
  return {
    nowMs,
    nowS: () => Math.floor(nowMs() / 1000),
    offsetMs: () => (base === undefined ? undefined : nowMs() - clock.nowMs()),
    hear(gatewayMs) {
      base = gatewayMs - clock.elapsedMs();
    },
    measure({ t0, t1, t2 }) {
      const t3 = clock.nowMs();
      const offset = (t1 - t0 + (t2 - t3)) / 2;
      base = t3 + offset - clock.elapsedMs();
    },
    jumped() {
      const now = { wall: clock.nowMs(), elapsed: clock.elapsedMs() };
      const drift = Math.abs(now.wall - last.wall - (now.elapsed - last.elapsed));
      last = now;
      return drift > JUMP_MS;
    },
  };
}
