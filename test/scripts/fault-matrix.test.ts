import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { expect, it } from "vitest";

const TESTS = path.resolve(import.meta.dirname, "..");
const PLACES = ["faults", "e2e/faults"];

/** How many rows each group of the fault matrix has (docs/testing.md, "Faults"). */
const GROUPS = { A: 12, B: 10, C: 6, D: 12, E: 8, F: 22 } as const;
/** Rows that no test here can be of, and why. */
const EXCEPTED: Readonly<Record<string, string>> = {
  A12: "there is no PostgreSQL adapter",
};

const titles = PLACES.flatMap((place) =>
  readdirSync(path.join(TESTS, place))
    .filter((name) => /\.(test|spec)\.ts$/.test(name))
    .flatMap((name) => titlesIn(readFileSync(path.join(TESTS, place, name), "utf8"))),
);

/** What the tests and groups of a file are called; one whose title begins with `%s` by the first cell of each line of its table. */
function titlesIn(source: string): string[] {
  const called = /\b(?:it|test|describe)(?:\.each\(([^]*?)\))?\(\s*(["`])((?:(?!\2)[^\\]|\\.)*)\2/g;
  return [...source.matchAll(called)].flatMap(([, table = "", , title = ""]) =>
    title.startsWith("%s") ? [...table.matchAll(/\["(\w+)"/g)].map(([, cell = ""]) => cell + title.slice(2)) : [title],
  );
}

/** "E5: …", "D6 …". */
const isNamed = (row: string): boolean => titles.some((title) => new RegExp(`^${row}\\b`).test(title));

const rows = Object.entries(GROUPS).flatMap(([group, count]) =>
  Array.from({ length: count }, (_, i) => `${group}${String(i + 1)}`),
);

it("every row of the fault matrix is in the title of a test of npm run test:faults, or is excepted with a reason", () => {
  expect(rows.filter((row) => !isNamed(row))).toEqual(Object.keys(EXCEPTED));
});

it("a title that is not there would be seen", () => {
  expect(titles.length).toBeGreaterThan(rows.length);
  expect(isNamed("F99")).toBe(false);
  const source = 'it.each([["x"]])("Q1 %s", f); test(`Q2: y`, f); it.each([["Q3", 1]])("%s z", f)';
  expect(titlesIn(source)).toEqual(["Q1 %s", "Q2: y", "Q3 z"]);
});
