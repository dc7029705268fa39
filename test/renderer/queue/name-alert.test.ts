import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { refill } from "../../../renderer/bridge/fake/orders.ts";
import { makeRow } from "../../../renderer/bridge/fake/reviews.ts";
import { nameAlerts } from "../../../renderer/queue/name-alert.ts";
import { idOf } from "../../../renderer/state/app-view.ts";
import type { QueueRow } from "#shared/ipc/contract.ts";

let next = 0;
const row = (family: string, given: string, ref = `Patient/${String(next)}`): QueueRow =>
  makeRow(refill, {
    key: { iss: "gw", rid: `r${String(next++)}` },
    patient: { ref, name: `${family}, ${given}`, family, given: [given] },
  });
const alerted = (...rows: QueueRow[]) => rows.map((one) => nameAlerts(rows).has(idOf(one.key)));

describe("name alert (S3)", () => {
  test("same family name and first initial", () => {
    expect(alerted(row("Evans", "Gareth"), row("EVANS", "Gwen"), row("Evans", "Mair"))).toEqual([true, true, false]);
  });

  test("family names one letter apart, whatever the given name", () => {
    expect(alerted(row("Jones", "Mair"), row("Jonas", "Rhys"), row("Johns", "Ann"))).toEqual([true, true, false]);
    expect(alerted(row("Garet", "A"), row("Garett", "B"))).toEqual([true, true]);
  });

  test("two requests for the same person are no alert", () => {
    expect(alerted(row("Waters", "Shauna", "Patient/w"), row("Waters", "Shauna", "Patient/w"))).toEqual([false, false]);
  });

  test("a request without a patient, or without a family name, alerts nobody", () => {
    const nobody = makeRow({ ...refill, patient: undefined });
    expect(alerted(nobody, row("", "A"), row("", "A"))).toEqual([false, false, false]);
  });

  test("ten thousand rows are each read a few times, not compared pair by pair", () => {
    let reads = 0;
    const rows = Array.from({ length: 10_000 }, (_, at) => {
      const one = row(`Family${at.toString(36)}`, "A");
      return Object.defineProperty({ ...one }, "patient", { get: () => (reads++, one.patient) });
    });
    nameAlerts(rows);
    expect(reads).toBeGreaterThanOrEqual(rows.length);
    expect(reads).toBeLessThan(10 * rows.length);
  });
});

test("agrees with comparing every pair by Levenshtein distance", () => {
  const family = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 });
  const people = fc.array(fc.tuple(family, fc.constantFrom("a", "b")), { maxLength: 8 });
  fc.assert(
    fc.property(people, (names) => {
      const expected = names.map(([one, initial], at) =>
        names.some(
          ([other, second], i) => i !== at && (distance(one, other) === 1 || (one === other && initial === second)),
        ),
      );
      expect(alerted(...names.map(([one, initial]) => row(one, initial)))).toEqual(expected);
    }),
  );
});

/** The textbook recurrence, as a reference. */
function distance(one: string, other: string): number {
  if (one === "" || other === "") return one.length + other.length;
  if (one[0] === other[0]) return distance(one.slice(1), other.slice(1));
  return (
    1 + Math.min(distance(one.slice(1), other), distance(one, other.slice(1)), distance(one.slice(1), other.slice(1)))
  );
}
