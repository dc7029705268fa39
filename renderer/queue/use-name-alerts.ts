import { useState } from "react";

import type { QueueRow } from "#shared/ipc/contract.ts";

import { nameAlerts } from "./name-alert.ts";
import { idOf } from "../state/app-view.ts";

interface Held {
  readonly patients: string;
  readonly alerts: ReadonlySet<string>;
}

/** Name alerts of the list, found again only when another patient comes or goes, not with every event. */
export function useNameAlerts(rows: readonly QueueRow[]): ReadonlySet<string> {
  const patients = rows.map((row) => `${idOf(row.key)} ${row.patient?.ref ?? ""}`).join(" ");
  const [held, setHeld] = useState<Held>(() => ({ patients, alerts: nameAlerts(rows) }));
  if (held.patients === patients) return held.alerts;
  const next = { patients, alerts: nameAlerts(rows) };
  setHeld(next);
  return next.alerts;
}
