import { expect, it, onTestFinished } from "vitest";

import { code } from "../store/contract-fixtures.ts";
import { ask, makeWard, type Ward } from "./ward.ts";

/** What a person says about why they look (protocol.md 3.20.2, docs/decisions/0015). */

const looks = ({ world }: Ward) => world.core.store.leavesFrom(0, 1000).filter(({ type }) => type === "access");
const recordOf = ({ world }: Ward, obj: string): Record<string, unknown> =>
  JSON.parse(world.core.store.published(obj)?.text ?? "null") as Record<string, unknown>;

it("is kept sealed, since whom it is about may be in it, and is erased with its time", async () => {
  const ward = await makeWard();
  onTestFinished(() => ward.world.close());
  const { supervisor } = ward.people;
  const purpose = { code: "HLEGAL", text: "complaint of Gareth Evans" } as const;
  const announce = { format: "csv", rows: { decisions: ["deny"] }, identifiers: false };
  ask(ward, supervisor, "history", { filter: { decisions: ["deny"] }, purpose });
  const listed = ask(ward, supervisor, "exports", { filter: { announce }, purpose }).items[0];
  const { store } = ward.world.core;
  expect(looks(ward).map(({ obj }) => recordOf(ward, obj)["purpose"])).toEqual([purpose, purpose]);
  expect(listed?.purpose).toEqual(purpose);
  // An auditor sees that it was, by whom and for which kind of reason, and no words of whoever it was.
  const { auditor } = ward.people;
  const list = { filter: { list: {} }, purpose: undefined };
  expect(ask(ward, supervisor, "exports", list).items[0]?.purpose).toEqual(purpose);
  expect(ask(ward, auditor, "exports", list).items[0]).toMatchObject({ by: listed?.by, purpose: { code: "HLEGAL" } });
  expect(JSON.stringify(ask(ward, auditor, "exports", list))).not.toContain("Evans");
  expect(store.exportRecord(listed?.export ?? "")?.said).not.toContain("Evans");
  // Erased with its time: then the code of the purpose is left.
  store.write((tx) =>
    tx.eraseKeys(
      tx
        .subjectKeysBefore(ward.world.now() + 1, 0, 999)
        .filter(({ rid }) => rid === undefined)
        .map((key) => ({ ...key, place: { salt: "s", index: 0, path: [] } })),
      9,
      "r",
    ),
  );
  for (const { obj } of looks(ward).slice(0, 2)) expect(code(() => store.published(obj)?.text)).toBe("E_STORE_ERASED");
  const again = ask(ward, supervisor, "exports", { filter: { list: {} }, purpose: undefined }).items[0];
  expect(again?.purpose).toEqual({ code: "HLEGAL" });
});
