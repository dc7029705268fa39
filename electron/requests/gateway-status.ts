import type { EverythingStopped, GatewayStatus } from "#shared/ipc/contract.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { GatewayClock } from "../connection/gateway-clock.ts";
import type { Link } from "../connection/link.ts";

/** One gateway as Settings and the strips show it. Its name is what its own proven credential says. */
export function gatewayStatus(
  enrolled: { readonly iss: string; readonly gatewayName: string; readonly env: GatewayStatus["env"] },
  now: {
    readonly link: Pick<Link, "gateway" | "status">;
    readonly time: Pick<GatewayClock, "offsetMs">;
    readonly alarm: ErrorCode | undefined;
    readonly earlierLogs: number;
    readonly stop: ErrorCode | undefined;
    readonly everything: EverythingStopped | undefined;
    readonly roles: readonly string[];
    readonly refused: ReadonlyMap<string, number>;
    readonly lastMessageAt: number | undefined;
  },
): GatewayStatus {
  const offset = now.time.offsetMs();
  return {
    iss: enrolled.iss,
    name: now.link.gateway?.claims.name ?? enrolled.gatewayName,
    env: enrolled.env,
    connection: now.link.status,
    ...(offset === undefined ? {} : { clock_offset_s: Math.round(offset / 1000) }),
    ...(now.lastMessageAt === undefined ? {} : { last_message_at: now.lastMessageAt }),
    refused: Object.fromEntries(now.refused),
    ...(now.alarm === undefined ? {} : { log_alarm: now.alarm }),
    ...(now.earlierLogs === 0 ? {} : { earlier_logs: now.earlierLogs }),
    ...(now.stop === undefined ? {} : { standing_stop: now.stop }),
    ...(now.everything === undefined ? {} : { everything_stopped: now.everything }),
    ...(now.roles.includes("supervisor") ? { may_stop: true } : {}),
  };
}
