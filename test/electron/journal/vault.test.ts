import { randomBytes } from "node:crypto";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import type { DecisionRecord } from "../../../electron/journal/record.ts";
import { openVault, type Vault } from "../../../electron/journal/vault.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

const secret = randomBytes(32);
const digest = (c: string) => `sha-256:${c.repeat(43)}`;

function makeDecision(over: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    t: "decision",
    iss: "https://gw.example",
    rid: "019f0000-0000-7000-8000-000000000001",
    rev: 1,
    kind: "approve",
    jti: "019f0000-0000-7000-8000-000000000100",
    dec_dig: digest("D"),
    req_dig: digest("R"),
    n: 1,
    at: 1_790_000_000,
    request: "a.b.c",
    decision: "PLAIN-TEXT-CANARY.e.f",
    credential: "g.h.i",
    gateway: "j.k.l",
    template: "{}",
    ...over,
  };
}

async function open(folder: string, over: { existing?: boolean; now?: number; secret?: Uint8Array } = {}) {
  const opened = await openVault({ folder, secret, random: randomBytes, now: 1_790_000_000, existing: true, ...over });
  onTestFinished(() => opened.vault.close());
  return opened;
}

async function fill(vault: Vault): Promise<void> {
  await vault.journal.append([
    makeDecision(),
    { t: "receipt", dec_dig: digest("D"), jws: "r.c.t", result: "recorded", at: 1_790_000_001 },
  ]);
  await vault.journal.append([{ t: "event", req_dig: digest("R"), jws: "s.e.t", at: 1_790_000_002 }]);
  await vault.journal.append([{ t: "logged", dec_dig: digest("D"), state: "included", at: 1_790_000_003 }]);
}

describe("the journal", () => {
  it("reads back after a restart what was appended, as one piece of evidence", async () => {
    const folder = await makeTemporaryFolder();
    const first = await open(folder, { existing: false });
    await fill(first.vault);
    await first.vault.close();

    const { vault, damage } = await open(folder);
    expect(damage).toEqual([]);
    expect(vault.journal.entries()).toMatchObject([{ kind: "approve", logged: "included", result: "recorded" }]);
    expect(await vault.journal.read(digest("D"))).toMatchObject({
      decision: makeDecision(),
      receipts: ["r.c.t"],
      events: ["s.e.t"],
      logged: "included",
    });
    await vault.close();
  });

  it("keeps every record of many concurrent appends, in order", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, { existing: false });
    const digests = Array.from(
      { length: 60 },
      (_, i) => digest(String.fromCharCode(65 + (i % 26))).slice(0, 49) + String(10 + i),
    );
    await Promise.all(digests.map((dec_dig, i) => vault.journal.append([makeDecision({ dec_dig, n: i })])));
    await vault.close();
    const again = await open(folder);
    expect(again.vault.journal.entries().map((e) => e.n)).toEqual(digests.map((_, i) => i).reverse());
    expect((await again.vault.journal.read(digests[41]!)).decision.n).toBe(41);
    await again.vault.close();
  });

  it("holds nothing readable on the disk and opens with no other secret", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, { existing: false });
    await fill(vault);
    const room = await vault.outbox.reserve();
    await room.commit(makeDecision());
    await vault.close();
    for (const name of await readdir(folder, { recursive: true })) {
      const bytes = await readFile(path.join(folder, name)).catch(() => Buffer.alloc(0));
      expect(bytes.includes("PLAIN-TEXT-CANARY")).toBe(false);
    }
    const other = await open(folder, { secret: randomBytes(32) });
    expect(other.vault.journal.entries()).toEqual([]);
    expect(other.damage.map((d) => d.what).sort()).toEqual(["journal", "outbox"]);
    await other.vault.close();
  });

  it.each([1, 7, 20, 40])(
    "keeps what precedes a file cut by %i bytes, sets the cut file aside and says so",
    async (cut) => {
      const folder = await makeTemporaryFolder();
      const first = await open(folder, { existing: false });
      await fill(first.vault);
      await first.vault.close();
      const file = path.join(folder, "journal.csj");
      const whole = await readFile(file);
      await truncate(file, whole.length - cut);

      const { vault, damage } = await open(folder);
      expect(damage).toEqual([{ file: "journal.csj", what: "journal" }]);
      expect(vault.journal.entries()).toMatchObject([{ result: "recorded", logged: "pending" }]);
      expect(await readFile(path.join(folder, "quarantine", "journal-1.csj"))).toEqual(whole.subarray(0, -cut));
      await vault.journal.append([{ t: "logged", dec_dig: digest("D"), state: "not_logged", at: 1_790_000_009 }]);
      await vault.close();
      const again = await open(folder);
      expect(again.damage).toEqual([]);
      expect(again.vault.journal.entries()).toMatchObject([{ logged: "not_logged" }]);
      await again.vault.close();
    },
  );

  it("finds one changed byte anywhere in the file", async () => {
    const folder = await makeTemporaryFolder();
    const first = await open(folder, { existing: false });
    await fill(first.vault);
    await first.vault.close();
    const file = path.join(folder, "journal.csj");
    const whole = await readFile(file);
    for (let at = 0; at < whole.length; at += 97) {
      const bad = Buffer.from(whole);
      bad[at] = (bad[at] ?? 0) ^ 1;
      await writeFile(file, bad);
      const { vault, damage } = await open(folder);
      expect(damage.map((d) => d.what)).toEqual(["journal"]);
      await vault.close();
    }
  });

  it("says so when a file that must be there is gone", async () => {
    const folder = await makeTemporaryFolder();
    const { vault, damage } = await open(folder);
    expect(damage.map((d) => d.file)).toEqual(["journal.csj", "memory.csj"]);
    await vault.close();
  });
});

describe("the outbox", () => {
  it("gives undelivered decisions back after a kill, in the order of their chain", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, { existing: false });
    for (const n of [11, 2]) {
      const room = await vault.outbox.reserve();
      await room.commit(makeDecision({ n, jti: `019f0000-0000-7000-8000-0000000001${String(n).padStart(2, "0")}` }));
    }
    // No close: the process is gone.
    const again = await open(folder);
    expect(again.vault.outbox.entries().map((e) => e.n)).toEqual([2, 11]);
    await again.vault.outbox.remove(again.vault.outbox.entries()[0]!);
    const third = await open(folder);
    expect(third.vault.outbox.entries().map((e) => e.n)).toEqual([11]);
  });

  it("forgets a place that was reserved and never signed for", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, { existing: false });
    const room = await vault.outbox.reserve();
    onTestFinished(() => room.abandon());
    const again = await open(folder);
    expect(again.damage).toEqual([]);
    expect(again.vault.outbox.entries()).toEqual([]);
  });

  it("refuses a decision that is larger than its room for what it is, and keeps nothing of it", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, { existing: false });
    const room = await vault.outbox.reserve();
    const large = makeDecision({ request: "x".repeat(400 * 1024) });
    await expect(room.commit(large)).rejects.toMatchObject({ code: "E_FMT_SIZE" });
    await room.abandon();
    expect(await readdir(path.join(folder, "outbox"))).toEqual([]);
    expect(vault.outbox.entries()).toEqual([]);
  });

  it("sets a damaged or renamed file aside and says so", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, { existing: false });
    const room = await vault.outbox.reserve();
    await room.commit(makeDecision());
    const outbox = path.join(folder, "outbox");
    const [name] = await readdir(outbox);
    const bytes = await readFile(path.join(outbox, name!));
    await writeFile(path.join(outbox, name!.replace(/^\d{10}/, "0000000009")), bytes);
    await truncate(path.join(outbox, name!), 100);
    const again = await open(folder);
    expect(again.vault.outbox.entries()).toEqual([]);
    expect(again.damage.map((d) => d.what)).toEqual(["outbox", "outbox"]);
    expect((await readdir(path.join(folder, "quarantine"))).length).toBe(2);
  });
});

describe("the memory", () => {
  it("never lets a version go back", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, { existing: false });
    const iss = "https://gw.example";
    await vault.memory.learn([{ t: "policy", iss, id: "p", ver: 7 }]);
    await vault.memory.learn([{ t: "policy", iss, id: "p", ver: 6 }]);
    expect(vault.memory.policyVersion(iss, "p")).toBe(7);
    const again = await open(folder);
    expect(again.vault.memory.policyVersion(iss, "p")).toBe(7);
  });

  it("drops what has run out when it is opened again, and keeps the rest", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, { existing: false });
    const iss = "https://gw.example";
    const seen = (i: number, until: number) =>
      ({ t: "seen", iss, rid: `r${String(i)}`, rev: 1, digest: digest("S"), until }) as const;
    await vault.memory.learn(Array.from({ length: 1500 }, (_, i) => seen(i, i < 1400 ? 10 : 2_000_000_000)));
    await vault.memory.learn([{ t: "checkpoint", iss, vkey: "log+key", note: "note" }]);
    await vault.close();
    const before = (await readFile(path.join(folder, "memory.csj"))).length;
    const again = await open(folder);
    expect(again.vault.memory.seen(iss, "r1")).toBeDefined();
    await again.vault.close();
    const third = await open(folder);
    expect(third.damage).toEqual([]);
    expect(third.vault.memory.seen(iss, "r1")).toBeUndefined();
    expect(third.vault.memory.seen(iss, "r1450")).toMatchObject({ rev: 1 });
    expect(third.vault.memory.checkpoint(iss, "log+key")).toBe("note");
    expect((await readFile(path.join(folder, "memory.csj"))).length).toBeLessThan(before / 5);
    await third.vault.close();
  });
});
