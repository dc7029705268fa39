import type { ReactElement } from "react";

import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import type { RequestStatus } from "#shared/ipc/contract.ts";

import { remaining } from "../time/remaining.ts";
import { Strip } from "../ui/layout/strip.tsx";
import { words } from "../words/en-gb.ts";

interface Props {
  readonly status: RequestStatus;
  readonly exp: number;
  readonly viewing: readonly string[];
  readonly now: number;
  readonly zone: string;
}

/** Where the request stands, above its content: what happened and what can be done (S8). */
export function StatusStrip({ status, exp, viewing, now, zone }: Props): ReactElement | null {
  const text = endedText(status, now, zone);
  if (text !== undefined) return <Strip kind="stop">{text}</Strip>;
  const said = words.strips;
  return (
    <>
      {status.kind === "needs_second" && <Strip kind="info">{said.second}</Strip>}
      {status.kind === "unconfirmed" && <Strip kind="time">{said.unconfirmed}</Strip>}
      {status.kind === "expiring" && (
        <Strip kind="time">{said.expiring(formatTimeToday(exp, now, zone).text, remaining(exp - now))}</Strip>
      )}
      {viewing.length > 0 && <Strip kind="info">{said.reading(viewing.join(", "), viewing.length > 1)}</Strip>}
    </>
  );
}

/** The sentence of a state in which nothing can be decided any more, or undefined. */
export function endedText(status: RequestStatus, now: number, zone: string): string | undefined {
  const said = words.strips;
  const time = (at: number): string => formatTimeToday(at, now, zone).text;
  switch (status.kind) {
    case "expired":
      return said.expired(time(status.at));
    case "withdrawn":
      return status.reason === "forwarded"
        ? said.forwardedAway(time(status.at))
        : said.withdrawn(time(status.at), withdrawer(status));
    case "decided_elsewhere": {
      const outcome = said.outcomes[status.outcome];
      return status.by.length === 0 ? said.decidedNoName(outcome) : said.decided(outcome, status.by.join(", "));
    }
    case "lapsed":
      return said.lapsed;
    case "pending":
    case "expiring":
    case "changed":
    case "quarantined":
    case "needs_second":
    case "unconfirmed":
    case "signing":
    case "sending":
    case "undelivered":
    case "waiting_second":
    case "held":
    case "executing":
    case "executed":
    case "failed":
    case "denied":
    case "revoked":
    case "rejected":
      return undefined;
    default:
      return status satisfies never;
  }
}

/** By the reason: `by` is an identifier of the protocol, and nobody's name. */
function withdrawer({ reason }: Extract<RequestStatus, { readonly kind: "withdrawn" }>): string {
  const known: Readonly<Record<string, string>> = words.strips.withdrawnBy;
  return (Object.hasOwn(known, reason) ? known[reason] : undefined) ?? words.strips.withdrawnBy.gateway;
}
