import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const text = readFileSync(path.join(ROOT, "docs/assurance.md"), "utf8");
/** `file` "name of a test in it". */
const named = [...text.matchAll(/`(test\/[^`]+\.ts)` "([^"]+)"/g)].map(
  ([, file = "", name = ""]) => [file, name] as const,
);
const ids = [...text.matchAll(/^\| (C9\.[26]\.\d+|ASI\d\d) /gm)].map(([, id]) => id);

describe("docs/assurance.md", () => {
  it.each(named)("%s has the test %j", (file, name) => {
    const at = path.join(ROOT, file);
    expect(existsSync(at), file).toBe(true);
    expect(readFileSync(at, "utf8")).toContain(`"${name}`);
  });

  it("answers every demand that it is for, each with a test", () => {
    const wanted = [
      ...Array.from({ length: 10 }, (_, i) => `C9.2.${String(i + 1)}`),
      ...Array.from({ length: 3 }, (_, i) => `C9.6.${String(i + 1)}`),
      ...Array.from({ length: 10 }, (_, i) => `ASI${String(i + 1).padStart(2, "0")}`),
    ];
    expect(ids).toEqual(wanted);
    const rows = text.split("\n").filter((line) => /^\| (?!-|id|threat|function|demand)/.test(line));
    expect(rows.filter((row) => !/`test\/[^`]+\.ts`/.test(row))).toEqual([]);
    expect(named.length).toBeGreaterThan(rows.length);
  });
});
