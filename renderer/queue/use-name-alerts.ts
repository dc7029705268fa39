import { useState } from "react";

import type { QueueRow } from "#shared/ipc/contract.ts";

import { nameAlerts } from "./name-alert.ts";
import { sameKey } from "../state/app-view.ts";
import type { Line } from "./order.ts";

interface Held {
  readonly lines: readonly Line[];
  readonly alerts: ReadonlySet<string>;
}

const alertsOf = (lines: readonly Line[]): Held => ({ lines, alerts: nameAlerts(lines.map(({ row }) => row)) });

/** Name alerts of the list, found again only when another patient comes or goes, not with every event. */
export function useNameAlerts(lines: readonly Line[]): ReadonlySet<string> {
  const [held, setHeld] = useState<Held>(() => alertsOf(lines));
  if (held.lines === lines) return held.alerts;
  const next = isSamePatients(held.lines, lines) ? { lines, alerts: held.alerts } : alertsOf(lines);
  setHeld(next);
  return next.alerts;
}

const isSamePatients = (before: readonly Line[], now: readonly Line[]): boolean =>
  before.length === now.length && now.every(({ row }, at) => isSamePatient(before[at]?.row, row));

const isSamePatient = (before: QueueRow | undefined, now: QueueRow): boolean =>
  before === now || (before !== undefined && sameKey(before.key, now.key) && before.patient?.ref === now.patient?.ref);
