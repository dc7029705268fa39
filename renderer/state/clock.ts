import { createContext, useContext, useEffect, useState } from "react";

import type { GatewayStatus } from "#shared/ipc/contract.ts";
import { useSnapshot } from "./context.ts";

/** Time of this computer in milliseconds since 1970, and a timer. Injected, so that the gallery can stand still. */
export interface Clock {
  readonly nowMs: () => number;
  /** Calls back every `ms` until the returned function is called. */
  readonly every: (ms: number, callback: () => void) => () => void;
  /** Calls back once, in `ms`, unless the returned function was called before. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  every: (ms, callback) => {
    const timer = setInterval(callback, ms);
    return () => clearInterval(timer);
  },
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

const ClockContext = createContext<Clock>(systemClock);

export const ClockProvider = ClockContext.Provider;

export const useClock = (): Clock => useContext(ClockContext);

/**
 * Gateway time in integer seconds: this computer's clock corrected by the measured offset, uncorrected while none is
 * known (approval-experience.md 6, Time).
 */
export function gatewayNow(nowMs: number, gateway: Pick<GatewayStatus, "clock_offset_s"> | undefined): number {
  return Math.floor(nowMs / 1000) + (gateway?.clock_offset_s ?? 0);
}

/** Gateway time of each gateway by its issuer, or of the first; kept current, as often as the screen needs it. */
export function useGatewayTimes(everyMs = 1000): (iss: string | undefined) => number {
  const clock = useClock();
  const { gateways } = useSnapshot();
  const [nowMs, setNowMs] = useState(clock.nowMs);
  useEffect(() => clock.every(everyMs, () => setNowMs(clock.nowMs())), [clock, everyMs]);
  return (iss) => gatewayNow(nowMs, gateways.find((gateway) => gateway.iss === iss) ?? gateways[0]);
}

export const useGatewayNow = (iss: string | undefined, everyMs?: number): number => useGatewayTimes(everyMs)(iss);
