import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const ACCEPTANCE = path.join(ROOT, "test/e2e/acceptance");
const rows = readFileSync(path.join(ROOT, "docs/safety.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| H\d/.test(line))
  .map((line) => line.split(" | ").map((cell) => cell.replaceAll(/^\|\s*|\s*\|$/g, "").trim()));
const acceptance = readdirSync(ACCEPTANCE)
  .filter((name) => name.endsWith(".spec.ts"))
  .map((name) => readFileSync(path.join(ACCEPTANCE, name), "utf8"))
  .join("\n");

describe("the hazard log", () => {
  it("numbers its hazards without gaps, each with causes, controls and tests", () => {
    expect(rows.map(([id]) => id)).toEqual(rows.map((_, at) => `H${String(at + 1)}`));
    for (const row of rows) {
      expect(row, row[0]).toHaveLength(6);
      for (const cell of row.slice(0, 5)) expect(cell, row[0]).not.toBe("");
    }
  });

  it.each(
    rows.flatMap(([id, , , , tests = ""]) => Array.from(tests.matchAll(/`([^`]+)`/g), ([, name = ""]) => [id, name])),
  )("%s names a test that exists: %s", (_id, name) => {
    const [file = "", title] = (name ?? "").split(" › ");
    if (/^AC\d\d$/.test(file)) {
      expect(acceptance).toContain(`test("${file} `);
      return;
    }
    expect(existsSync(path.join(ROOT, file))).toBe(true);
    if (title !== undefined) expect(readFileSync(path.join(ROOT, file), "utf8")).toContain(title);
  });
});
