import { isMembers } from "#shared/protocol/json-pointer.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";

import type { PublishedRow } from "../store/registry.ts";
import type { PlacedHold } from "../store/retention.ts";
import type { StoreReads } from "../store/store.ts";

export interface HoldFault {
  readonly what: string;
  readonly place: number;
}

/**
 * Every legal hold that the log has an entry of is in force as it was placed, or was released by an order that the log has an
 * entry of too. SECURITY: who can write to the database and has no key could otherwise take one away, and with the next round
 * of retention what it was on (docs/decisions/0015). Records whose text was erased with what they were about say nothing more.
 * @returns what differs, in words for people, and of which entry of the log (of a record that has none, which of them);
 *   undefined where nothing does
 */
export function holdFault(store: StoreReads): HoldFault | undefined {
  const records = new Map(store.allPublished("hold").map((record) => [record.dig, record]));
  const rows = new Map(store.everyHold().map((row) => [row.name, row]));
  for (const [n, record] of [...records.values()].entries()) {
    const said = saidIn(record);
    if (said === undefined) continue;
    const place = store.leafOf(record.dig, "config")?.index;
    if (place === undefined) return { what: "the record of a legal hold is not in the log", place: n };
    const name = said["hold"];
    if (typeof name !== "string") continue;
    const row = rows.get(name);
    if (row?.record !== record.dig) return { what: "a legal hold that the log has an entry of is gone", place };
    const isSound =
      row.released === undefined
        ? isOnTheSame(store, row, said)
        : isRelease(store, records.get(row.released), row.released, name);
    if (!isSound) return { what: "a legal hold was changed, or released without the log", place };
  }
  return undefined;
}

function isOnTheSame(store: StoreReads, row: PlacedHold, { rid, patient }: Readonly<Record<string, unknown>>): boolean {
  if (typeof patient !== "string") return row.patient === undefined && row.rid === rid;
  return row.rid === undefined && row.patient !== undefined && row.patient === store.patientKey(patient);
}

function isRelease(store: StoreReads, record: PublishedRow | undefined, dig: string, name: string): boolean {
  if (record === undefined || store.leafOf(dig, "config") === undefined) return false;
  const said = saidIn(record);
  return said === undefined || said["release"] === name;
}

/** Undefined where its text was erased. What cannot be read otherwise names nothing, and is no hold of this gateway. */
function saidIn(record: PublishedRow): Readonly<Record<string, unknown>> | undefined {
  if (record.erased !== undefined) return undefined;
  const said = quietly(() => JSON.parse(record.text) as unknown);
  return isMembers(said) ? said : {};
}
