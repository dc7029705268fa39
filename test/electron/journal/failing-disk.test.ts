import { randomBytes } from "node:crypto";
import { existsSync, readlinkSync } from "node:fs";
import { readdir, readFile, rm, symlink, truncate, writeFile, type FileHandle } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import type { DecisionRecord } from "../../../electron/journal/record.ts";
import { openVault } from "../../../electron/journal/vault.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { outOfReach } from "../unreadable-file.ts";
import { failingDisk, ioError, pathOf } from "../failing-disk.ts";

/** Where the kernel says which file is meant. */
const onLinux = it.runIf(process.platform === "linux");
const secret = randomBytes(32);
const NOW = 1_790_000_000;
const digest = (c: string) => `sha-256:${c.repeat(43)}`;

const decision: DecisionRecord = {
  ...{ t: "decision", iss: "https://gw.example", rid: "019f0000-0000-7000-8000-000000000001", rev: 1, kind: "approve" },
  ...{ jti: "019f0000-0000-7000-8000-000000000100", dec_dig: digest("D"), req_dig: digest("R"), n: 1, at: NOW },
  ...{ request: "a.b.c", decision: "d.e.f", credential: "g.h.i", gateway: "j.k.l", template: "{}" },
};
const logged = { t: "logged", dec_dig: digest("D"), state: "included", at: NOW } as const;

async function open(folder: string, existing = true) {
  const opened = await openVault({ folder, secret, random: randomBytes, now: NOW, existing });
  onTestFinished(() => opened.vault.close());
  return opened;
}

/** A vault with a decision in its journal, whose file is then cut. */
async function damagedJournal() {
  const folder = await makeTemporaryFolder();
  const { vault } = await open(folder, false);
  await vault.journal.append([decision]);
  await vault.journal.append([logged]);
  await vault.close();
  const file = path.join(folder, "journal.csj");
  await truncate(file, (await readFile(file)).length - 7);
  return { folder, file, cut: await readFile(file) };
}

describe("a file that is damaged", () => {
  it("is changed only once its damaged part is in the quarantine: where that cannot be written, nothing is lost and the next start says so again", async () => {
    const { folder, file, cut } = await damagedJournal();
    // No folder can be made there: the disk is full, or the name is taken.
    await writeFile(path.join(folder, "quarantine"), "");
    await expect(open(folder)).rejects.toMatchObject({ code: "E_CLI_JOURNAL" });
    expect(await readFile(file)).toEqual(cut);

    await rm(path.join(folder, "quarantine"));
    const { vault, damage } = await open(folder);
    expect(damage).toEqual([{ file: "journal.csj", what: "journal" }]);
    expect(await readFile(path.join(folder, "quarantine", "journal-1.csj"))).toEqual(cut);
    expect(vault.journal.entries()).toMatchObject([{ logged: "pending" }]);
  });
});

describe("a file that cannot be read just now", () => {
  it.each(["journal.csj", "memory.csj", "outbox"] as const)(
    "(%s) is no damage: nothing is opened and nothing is moved, and with it in reach all is there",
    async (which) => {
      const folder = await makeTemporaryFolder();
      const { vault } = await open(folder, false);
      const room = await vault.outbox.reserve();
      await room.commit({ ...decision, n: 2 });
      await vault.journal.append([decision]);
      await vault.close();
      const [waiting] = await readdir(path.join(folder, "outbox"));
      const mend = await outOfReach(path.join(folder, which === "outbox" ? path.join("outbox", waiting!) : which));
      const before = (await readdir(folder, { recursive: true })).sort();
      const refusal = { code: "E_CLI_JOURNAL", message: expect.stringContaining("Nothing was moved") as string };
      await expect(open(folder)).rejects.toMatchObject(refusal);
      expect((await readdir(folder, { recursive: true })).sort()).toEqual(before);

      await mend();
      const again = await open(folder);
      expect(again.damage).toEqual([]);
      expect(again.vault.outbox.entries()).toMatchObject([{ n: 2 }]);
      expect(again.vault.journal.entries()).toMatchObject([{ n: 1 }]);
    },
  );

  onLinux("is told by what the disk says of it, not by its kind: a sector that is not read (EIO)", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, false);
    const room = await vault.outbox.reserve();
    await room.commit(decision);
    await vault.close();
    const [waiting] = await readdir(path.join(folder, "outbox"));
    const file = path.join(folder, "outbox", waiting!);
    const bytes = await readFile(file);
    await rm(file);
    // The kernel's own way to EIO: the first page of a process is never mapped.
    await symlink("/proc/self/mem", file);
    await expect(open(folder)).rejects.toMatchObject({ code: "E_CLI_JOURNAL", cause: { code: "EIO" } });
    await rm(file);
    await writeFile(file, bytes);
    expect((await open(folder)).vault.outbox.entries()).toHaveLength(1);
  });
});

onLinux("holds no file open that belongs to a folder which cannot be opened whole", async () => {
  const folder = await makeTemporaryFolder();
  await writeFile(path.join(folder, "outbox"), "");
  await expect(open(folder, false)).rejects.toMatchObject({ code: "E_CLI_JOURNAL" });
  const handles = (await readdir("/proc/self/fd")).map((fd) => `/proc/self/fd/${fd}`).filter((fd) => existsSync(fd));
  const held = handles.map((fd) => readlinkSync(fd)).filter((to) => to.startsWith(folder));
  expect(held).toEqual([]);
});

describe("the outbox on a failing disk", () => {
  it("holds the whole decision though the disk takes it in small pieces", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, false);
    await failingDisk(({ write }) => ({
      write(this: FileHandle, bytes: Uint8Array, offset: number, length: number, position: number) {
        return (write as (...args: unknown[]) => unknown).call(this, bytes, offset, Math.min(length, 100), position);
      },
    }));
    await (await vault.outbox.reserve()).commit(decision);
    const again = await open(folder);
    expect(again.damage).toEqual([]);
    expect(again.vault.outbox.entries()).toEqual([decision]);
  });

  onLinux(
    "leaves nothing of a decision that was said to be not sent, though its name was on the disk already",
    async () => {
      const folder = await makeTemporaryFolder();
      const { vault } = await open(folder, false);
      const room = await vault.outbox.reserve();
      const outbox = path.join(folder, "outbox");
      const synced: string[] = [];
      // The name is there, and whether it stays nobody knows.
      await failingDisk(({ sync }) => ({
        async sync(this: FileHandle) {
          const where = pathOf(this);
          const names = await readdir(outbox);
          synced.push(path.basename(where));
          if (where === outbox && names.some((name) => name.endsWith(".out")) && synced.length <= 2) throw ioError();
          await sync.call(this);
        },
      }));
      await expect(room.commit(decision)).rejects.toMatchObject({ code: "E_CLI_DISK" });
      expect(vault.outbox.entries()).toEqual([]);
      expect(await readdir(outbox)).toEqual([]);
      // What was in the file is gone from the disk before its name is, and the end of the name is on the disk too.
      expect(synced.slice(2).map((name) => name.replace(/^\d{10}-.*/, "the decision"))).toEqual([
        "the decision",
        "outbox",
      ]);
    },
  );

  onLinux("is a name on the disk before anything is in it: each new folder is synced where it is listed", async () => {
    const folder = path.join(await makeTemporaryFolder(), "person.vault");
    const synced = new Set<string>();
    await failingDisk(({ sync }) => ({
      sync(this: FileHandle) {
        synced.add(pathOf(this));
        return sync.call(this);
      },
    }));
    const { vault } = await open(folder, false);
    const room = await vault.outbox.reserve();
    onTestFinished(() => room.abandon());
    expect([...synced]).toEqual(expect.arrayContaining([path.dirname(folder), folder, path.join(folder, "outbox")]));
  });
});

describe("the journal on a failing disk", () => {
  it("acknowledges nothing more once a failed write could not be undone, also of what waits already", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, false);
    let failures = 0;
    await failingDisk(({ datasync, truncate: cut }) => ({
      datasync(this: FileHandle) {
        return failures++ === 0 ? Promise.reject(ioError()) : datasync.call(this);
      },
      truncate(this: FileHandle, length: number) {
        return failures === 1 ? Promise.reject(ioError()) : cut.call(this, length);
      },
    }));
    const iss = "https://gw.example";
    const both = [1, 2].map((ver) => vault.memory.learn([{ t: "policy", iss, id: "p", ver }]));
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(vault.memory.learn([{ t: "policy", iss, id: "p", ver: 3 }])).rejects.toMatchObject({
      code: "E_CLI_DISK",
    });
  });
});

describe("a memory that has grown", () => {
  onLinux("is used as it is where there is no room to write it anew", async () => {
    const folder = await makeTemporaryFolder();
    const { vault } = await open(folder, false);
    const iss = "https://gw.example";
    const seen = (i: number) =>
      ({ t: "seen", iss, rid: `r${String(i)}`, rev: 1, digest: digest("S"), until: 10 }) as const;
    await vault.memory.learn(Array.from({ length: 1500 }, (_, i) => seen(i)));
    await vault.memory.learn([{ t: "checkpoint", iss, vkey: "log+key", note: "note" }]);
    await vault.close();
    const before = await readFile(path.join(folder, "memory.csj"));
    await failingDisk(({ write }) => ({
      write(this: FileHandle, ...args: never[]) {
        const real = write as (...given: unknown[]) => unknown;
        return pathOf(this).endsWith(".next") ? Promise.reject(ioError()) : real.call(this, ...args);
      },
    }));
    const again = await open(folder);
    expect(again.damage).toEqual([]);
    expect(again.vault.memory.checkpoint(iss, "log+key")).toBe("note");
    expect(await readFile(path.join(folder, "memory.csj"))).toEqual(before);
    expect((await readdir(folder)).sort()).toEqual(["journal.csj", "memory.csj", "outbox"]);
    await again.vault.memory.learn([{ t: "policy", iss, id: "p", ver: 3 }]);
  });
});
