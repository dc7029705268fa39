import { mkdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { makeAttempts } from "../../../electron/keys/attempts.ts";
import { makeManualClock } from "../manual-clock.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

async function arrange() {
  const clock = makeManualClock();
  const file = path.join(await makeTemporaryFolder(), "attempts");
  return { clock, file, attempts: () => makeAttempts(file, clock) };
}

describe("wrong PINs", () => {
  it("make each further attempt wait longer, also after a restart", async () => {
    const t = await arrange();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      let waited = 0;
      // A new object each time: the count is on the disk.
      while (
        await t
          .attempts()
          .begin()
          .then(
            () => false,
            () => true,
          )
      ) {
        t.clock.advance(1_000);
        waited++;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([0, 0, 0, 5, 15, 60, 300, 900, 1800]);
  });

  it("are counted before the attempt is made, so that a kill in between does not help", async () => {
    const t = await arrange();
    await t.attempts().begin();
    expect(JSON.parse(await readFile(t.file, "utf8"))).toMatchObject({ failures: 1 });
  });

  it("are forgotten after a right one", async () => {
    const t = await arrange();
    for (let i = 0; i < 3; i++) await t.attempts().begin();
    await expect(t.attempts().begin()).rejects.toMatchObject({ code: "E_CLI_PIN_LOCKED", message: /5 s/ });
    t.clock.advance(5_000);
    await (await t.attempts().begin()).succeeded();
    for (let i = 0; i < 3; i++) await t.attempts().begin();
  });

  it("are not forgotten, nor held for ever, when the clock is set back", async () => {
    const t = await arrange();
    for (let i = 0; i < 5; i++) {
      await t.attempts().begin();
      t.clock.advance(60_000);
    }
    await t.attempts().begin();
    t.clock.jump(-86_400_000);
    await expect(t.attempts().begin()).rejects.toMatchObject({ code: "E_CLI_PIN_LOCKED", message: /5 min/ });
  });

  it("that cannot be counted, or forgotten, on the disk are said to be the disk's fault", async () => {
    const t = await arrange();
    const theDisks = { code: "E_CLI_DISK", message: expect.stringMatching(/^Your PIN cannot be checked/) as unknown };
    await mkdir(`${t.file}.new`);
    await expect(t.attempts().begin()).rejects.toMatchObject(theDisks);
    await rmdir(`${t.file}.new`);
    const attempt = await t.attempts().begin();
    await rm(t.file);
    await mkdir(t.file);
    await expect(attempt.succeeded()).rejects.toMatchObject(theDisks);
  });

  it("are only counted where the PIN was looked at: who cannot open anything is not kept waiting for it", async () => {
    const t = await arrange();
    for (let i = 0; i < 20; i++) await (await t.attempts().begin()).notJudged();
    await t.attempts().begin();
    await t.attempts().begin();
    // An attempt of that kind among wrong ones changes nothing about them.
    await (await t.attempts().begin()).notJudged();
    await t.attempts().begin();
    await expect(t.attempts().begin()).rejects.toMatchObject({ code: "E_CLI_PIN_LOCKED", message: /5 s/ });
  });

  it("count as many when the file is damaged", async () => {
    const t = await arrange();
    await writeFile(t.file, "{");
    await t.attempts().begin();
    await expect(t.attempts().begin()).rejects.toMatchObject({ code: "E_CLI_PIN_LOCKED", message: /60 min/ });
  });
});
