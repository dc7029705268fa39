import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { writeNew } from "../../../gateway/cli/files.ts";
import { replaceFile } from "../../../gateway/store/replace-file.ts";
import { smallDisk } from "../../blackbox/small-disk.ts";
import { makeTemporaryFolder } from "../../electron/temporary-folder.ts";

const PAGE = 4096;
const TEXT = "a".repeat(3 * PAGE);

/** A disk with room for two pages, where it may be mounted. */
async function nearlyFull(): Promise<string | undefined> {
  const folder = path.join(await makeTemporaryFolder(), "disk");
  const disk = smallDisk(folder, 16 * PAGE);
  if (disk === undefined) return undefined;
  onTestFinished(() => disk.unmount());
  writeFileSync(path.join(folder, "old"), "what was there");
  writeFileSync(path.join(folder, "others"), Buffer.alloc(13 * PAGE));
  return folder;
}

it("a file is replaced by the whole of the new text or not at all: a disk that took a part of it and no more changes nothing", async (context) => {
  const folder = await nearlyFull();
  if (folder === undefined) return context.skip("no disk may be mounted here");
  const file = path.join(folder, "old");
  expect(() => replaceFile(file, TEXT)).toThrow(expect.objectContaining({ code: "ENOSPC" }));
  expect(readFileSync(file, "utf8")).toBe("what was there");
  expect(readdirSync(folder).sort()).toEqual(["old", "others"]);
  replaceFile(file, "b".repeat(PAGE));
  expect(readFileSync(file, "utf8")).toBe("b".repeat(PAGE));
});

it("a new file that there was no room for is not there, so that nothing was changed", async (context) => {
  const folder = await nearlyFull();
  if (folder === undefined) return context.skip("no disk may be mounted here");
  const file = path.join(folder, "new");
  expect(() => writeNew(file, TEXT, true)).toThrow(/the disk is full\)\. Nothing was changed/);
  expect(existsSync(file)).toBe(false);
  writeNew(file, "b");
  expect(() => writeNew(file, "c")).toThrow(/it exists already\)\. Nothing was changed/);
  expect(readFileSync(file, "utf8")).toBe("b");
});
