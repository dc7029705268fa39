import { readFile, writeFile } from "node:fs/promises";
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
    await t.attempts().begin();
    await t.attempts().succeeded();
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

  it("count as many when the file is damaged", async () => {
    const t = await arrange();
    await writeFile(t.file, "{");
    await t.attempts().begin();
    await expect(t.attempts().begin()).rejects.toMatchObject({ code: "E_CLI_PIN_LOCKED", message: /60 min/ });
  });
});
