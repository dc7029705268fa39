import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import type { GatewayStatus } from "#shared/ipc/contract.ts";

import { isLive } from "../shell/connection.ts";
import { words } from "../words/en-gb.ts";

export const areAllLive = (gateways: readonly GatewayStatus[]): boolean =>
  gateways.length > 0 && gateways.every(isLive);

/**
 * How fresh the list is, in words: of one gateway as a whole, of several each by its name.
 * @param nowAt seconds of a gateway's time, by its issuer
 */
export function freshness(
  gateways: readonly GatewayStatus[],
  nowAt: (iss: string | undefined) => number,
  zone: string,
): readonly string[] {
  const { times, queue, connection } = words;
  const timeOf = (gateway: GatewayStatus | undefined): string => {
    const now = nowAt(gateway?.iss);
    return formatTimeToday(isLive(gateway) ? now : (gateway?.last_message_at ?? now), now, zone).text;
  };
  const [first, ...others] = gateways;
  if (others.length === 0) {
    return [isLive(first) ? times.asOf(timeOf(first)) : queue.notConnectedAsOf(timeOf(first))];
  }
  return gateways.map((gateway) => {
    const state = connection.states[gateway.connection.kind];
    const isNow = isLive(gateway) || gateway.last_message_at === undefined;
    return connection.ofGateway(gateway.name, isNow ? state : queue.stateAsOf(state, timeOf(gateway)));
  });
}
