import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";
import type { ConnectionStatus, GatewayStatus } from "#shared/ipc/contract.ts";

import type { StripKind } from "../ui/layout/strip.tsx";
import { words } from "../words/en-gb.ts";

/** Skew that is said, and skew that stops approvals (approval-experience.md 6, Time). Seconds. */
const SAY_SKEW_S = 30;
const STOP_SKEW_S = 120;
/** A short interruption blocks approvals at once and is not talked about (approval-experience.md 5, offline). */
const QUIET_S = 5;

export interface Notice {
  readonly id: string;
  readonly kind: StripKind;
  readonly text: string;
  /** Whose doing it is, as the directory names them: drawn after the text, and never spoken before it (10.7). */
  readonly by?: string;
  /** What it means, after that. */
  readonly means?: string;
  /** Loss of the connection during a sheet, and what is grave, is said assertively (10.7). */
  readonly isUrgent: boolean;
}

/** Whose requests may be approved, as far as the connection goes. */
export const isLive = (gateway: GatewayStatus | undefined): boolean => gateway?.connection.kind === "live";

/** Is this workstation's clock too far off to sign by? */
export const isClockWrong = (gateway: GatewayStatus | undefined): boolean =>
  Math.abs(gateway?.clock_offset_s ?? 0) > STOP_SKEW_S;

/**
 * The strips under the demo strip: connection, clock, log; most urgent first.
 * @param nowAt seconds of a gateway's time, by its issuer
 */
export function noticesOf(
  gateways: readonly GatewayStatus[],
  nowAt: (iss: string) => number,
  zone: string,
): readonly Notice[] {
  return gateways.flatMap((gateway) => {
    const now = nowAt(gateway.iss);
    const name = gateways.length > 1 ? `${words.connection.gateway(gateway.name)}. ` : "";
    return [
      ...logNotices(gateway),
      ...everythingNotices(gateway, now, zone),
      ...standingNotices(gateway),
      ...connectionNotices(gateway.connection, now, zone),
      ...clockNotices(gateway),
    ].map(([kind, text, more], at): Notice => ({
      id: `${gateway.iss} ${at} ${kind}`,
      kind,
      text: `${name}${text}`,
      ...more,
      isUrgent: kind === "stop",
    }));
  });
}

type Said = readonly [StripKind, string, Pick<Notice, "by" | "means">?];

function logNotices(gateway: GatewayStatus): readonly Said[] {
  return gateway.log_alarm === undefined ? [] : [["stop", words.connection.logAlarm(gateway.log_alarm)]];
}

/** Why nothing comes, for everybody: a queue that is empty for this reason is no quiet ward. */
function everythingNotices(
  { everything_stopped: stop, may_stop }: GatewayStatus,
  now: number,
  zone: string,
): readonly Said[] {
  if (stop === undefined) return [];
  const said = words.connection.everything;
  const since = said.since(formatTimeToday(stop.at, now, zone).text);
  const means = may_stop === true ? said.meansResumable : said.means;
  switch (stop.proof) {
    case "statement":
      return [["stop", since, { ...(stop.by === undefined ? {} : { by: stop.by }), means }]];
    case "receipt":
      return [
        ["stop", since, { ...(stop.by === undefined ? {} : { by: stop.by }), means: `${said.receipt} ${means}` }],
      ];
    case "none":
      return [["stop", said.byOperators(since), { means }]];
    case "not_valid":
      return [["stop", said.unproven(since), { means }]];
    default:
      return stop.proof satisfies never;
  }
}

/**
 * What is said when a stop of everything ended, which no strip is left to say. A gateway that is not there any more has not
 * resumed anything.
 * @param before the gateways that were stopped, by issuer
 */
export function resumedOf(before: ReadonlySet<string>, gateways: readonly GatewayStatus[]): readonly string[] {
  const said = words.connection.everything.resumed;
  return gateways
    .filter(({ iss, everything_stopped: stop }) => stop === undefined && before.has(iss))
    .map(({ name }) => (gateways.length > 1 ? words.connection.ofGateway(name, said) : said));
}

/** Who was stopped by the directory. What the connection is refused for already is not said twice. */
function standingNotices({ standing_stop: code, connection }: GatewayStatus): readonly Said[] {
  if (code === undefined || (connection.kind === "refused" && connection.code === code)) return [];
  return [[code === "E_CLI_STATUS" ? "amber" : "stop", `${sentenceOf(code)} ${words.shell.code(code)}`]];
}

function connectionNotices(connection: ConnectionStatus, now: number, zone: string): readonly Said[] {
  const said = words.connection;
  const time = (at: number): string => formatTimeToday(at, now, zone).text;
  switch (connection.kind) {
    case "live":
      return [];
    case "connecting":
      return connection.attempt > 1 ? [["time", said.connecting]] : [];
    case "catching_up":
      return [["time", said.catchingUp]];
    case "stale":
      return [["stop", said.stale(time(connection.since))]];
    case "offline":
      return now - connection.since < QUIET_S
        ? []
        : [["stop", `${said.offline(time(connection.since))} ${said.offlineMeans} ${said.downtime}`]];
    case "refused":
      return [["stop", `${said.refused} ${sentenceOf(connection.code)} ${words.shell.code(connection.code)}`]];
    case "unopened":
      return [["stop", `${said.unopened} ${words.shell.code(connection.code)}`]];
    default:
      return connection satisfies never;
  }
}

function clockNotices(gateway: GatewayStatus): readonly Said[] {
  const skew = Math.abs(gateway.clock_offset_s ?? 0);
  if (skew > STOP_SKEW_S) return [["stop", words.connection.clock(words.times.minutes(Math.round(skew / 60)))]];
  return skew > SAY_SKEW_S ? [["amber", words.connection.clockNotice(Math.round(skew))]] : [];
}
