import type { AttentionGroup } from "#shared/reports/items.ts";
import { COUNTED_ROWS } from "#shared/reports/names.ts";
import { expectedMs } from "#shared/insights/times.ts";

import type { ReportReads } from "../store/reports.ts";
import type { AllowedFilter } from "./allowed.ts";

type Reading = ReturnType<ReportReads["reportReadings"]>[number];

/** A smaller group would tell of single people (approval-experience.md 11: rates with n below 10 are hidden). */
const LEAST = 10;

/** How approvals were read, by agent and type: what a supervisor may know of attention. */
export function attentionGroups(tx: ReportReads, allowed: AllowedFilter): AttentionGroup[] {
  const groups = new Map<string, Reading[]>();
  for (const reading of tx.reportReadings({ ...allowed, most: COUNTED_ROWS })) {
    const name = JSON.stringify([reading.agent, reading.type]);
    const group = groups.get(name);
    if (group) group.push(reading);
    else groups.set(name, [reading]);
  }
  return [...groups.values()].filter(({ length }) => length >= LEAST).map(groupOf);
}

function groupOf(readings: readonly Reading[]): AttentionGroup {
  const [first] = readings;
  const active = readings.flatMap(({ active_ms }) => active_ms ?? []).sort((a, b) => a - b);
  const expected = readings.flatMap(({ reading }) => (reading ? [expectedMs(reading)] : [])).sort((a, b) => a - b);
  return {
    agent: first?.agent ?? "",
    type: first?.type ?? "",
    n: readings.length,
    below_expected: readings.filter(({ below_expected }) => below_expected === true).length,
    unseen_fields: readings.filter(({ unseen_fields }) => (unseen_fields ?? 0) > 0).length,
    active_ms: { p20: quantile(active, 0.2), p50: quantile(active, 0.5), p80: quantile(active, 0.8) },
    expected_ms: { p50: quantile(expected, 0.5) },
  };
}

/** Nearest rank; 0 of nothing. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
