import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, expect, test } from "vitest";
import { digestOfSources } from "../../scripts/build.mjs";

const SOURCES = ["app", "config.ts", "absent"];
let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "countersign-test-"));
  mkdirSync(path.join(root, "app/deep"), { recursive: true });
  writeFileSync(path.join(root, "app/deep/a.ts"), "a");
  writeFileSync(path.join(root, "app/b.ts"), "b");
  writeFileSync(path.join(root, "config.ts"), "c");
});

const digest = (salt = "") => digestOfSources(root, SOURCES, salt);

test("the digest of the sources stays while only their times change", () => {
  const before = digest();
  utimesSync(path.join(root, "app/b.ts"), 1, 1);
  expect(digest()).toBe(before);
});

test.each([
  ["a file's content changes", () => writeFileSync(path.join(root, "app/deep/a.ts"), "A")],
  ["a file is added", () => writeFileSync(path.join(root, "app/new.ts"), "")],
  ["a file is removed", () => rmSync(path.join(root, "app/b.ts"))],
  ["a file is renamed", () => renameSync(path.join(root, "app/b.ts"), path.join(root, "app/c.ts"))],
  ["a single file that is a source changes", () => writeFileSync(path.join(root, "config.ts"), "C")],
  [
    "a missing source appears",
    () => {
      mkdirSync(path.join(root, "absent"));
      writeFileSync(path.join(root, "absent/a"), "");
    },
  ],
])("the digest changes when %s", (_what, change) => {
  const before = digest();
  change();
  expect(digest()).not.toBe(before);
});

test("the digest depends on what the build is for", () => {
  expect(digest("production")).not.toBe(digest("package"));
});
