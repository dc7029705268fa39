import { writeFile } from "node:fs/promises";
import path from "node:path";

import { expect, it } from "vitest";

import { makePractised } from "../../../electron/practice/practised.ts";
import { makeManualClock } from "../manual-clock.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

const KID = "K".repeat(43);
const NEXT = "N".repeat(43);
const somebody = (kid: string, vault?: string) => ({
  enrolment: { kid, directory_iss: "https://directory.example", ...(vault === undefined ? {} : { vault }) },
  claims: { sub: "https://directory.example/approvers/okafor" },
});

it("a key that replaced another needs no practice of its own", async () => {
  const practised = makePractised(await makeTemporaryFolder(), makeManualClock());
  await practised.keep(somebody(KID), true);
  expect(await practised.isDone(somebody(NEXT, KID))).toBe(true);
  expect(await practised.isDone(somebody(NEXT))).toBe(false);
  expect(await practised.hasPassedLately(somebody(NEXT))).toBe(true);
});

it("to skip is not to pass: it does not lengthen the year", async () => {
  const practised = makePractised(await makeTemporaryFolder(), makeManualClock());
  await practised.keep(somebody(KID), false);
  expect(await practised.isDone(somebody(KID))).toBe(true);
  expect(await practised.hasPassedLately(somebody(NEXT))).toBe(false);
});

it("what cannot be read was never there", async () => {
  const folder = await makeTemporaryFolder();
  const practised = makePractised(folder, makeManualClock());
  for (const text of ["", "{}", '{"person":"x","at":1,"how":"well"}']) {
    await writeFile(path.join(folder, `${KID}.practised`), text);
    expect(await practised.isDone(somebody(KID))).toBe(false);
    expect(await practised.hasPassedLately(somebody(KID))).toBe(false);
  }
  expect(await makePractised(path.join(folder, "none"), makeManualClock()).hasPassedLately(somebody(KID))).toBe(false);
});
