import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path, { resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../scripts/command.mjs";
import { tool } from "../../scripts/project.mjs";
import {
  closingLine,
  countsOfPlaywright,
  countsOfVitest,
  failuresOfPlaywright,
  failuresOfVitest,
  flakesOfPlaywright,
  flakesOfVitest,
  sumOf,
  whyFailed,
} from "../../scripts/test-counts.mjs";

test("vitest's counts are its own", () => {
  const report = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1, testResults: [] };
  expect(countsOfVitest(JSON.stringify(report))).toEqual({ passed: 3, failed: 1, skipped: 3 });
});

test("a test file that could not be loaded is a failure, though it ran no test", () => {
  const testResults = [
    { status: "failed", assertionResults: [] },
    { status: "failed", assertionResults: [{ status: "failed" }] },
    { status: "passed", assertionResults: [{ status: "passed" }] },
  ];
  expect(countsOfVitest(JSON.stringify({ numPassedTests: 1, numFailedTests: 1, testResults }))).toMatchObject({
    failed: 2,
  });
});

test("an end-to-end test that passed only at a second try is counted by itself", () => {
  const report = { stats: { expected: 4, unexpected: 1, flaky: 2, skipped: 1 }, errors: [] };
  expect(countsOfPlaywright(JSON.stringify(report))).toEqual({ passed: 4, failed: 1, skipped: 1, flaky: 2 });
});

test("an error outside any end-to-end test is a failure", () => {
  expect(countsOfPlaywright(JSON.stringify({ stats: { expected: 4 }, errors: [{}] }))).toMatchObject({ failed: 1 });
});

test("what failed is named at the end: file, test, the first line of its message without colours", () => {
  const testResults = [
    {
      name: resolve("test/a.test.ts"),
      status: "failed",
      assertionResults: [
        { status: "passed", fullName: "fine" },
        { status: "failed", fullName: "the rule", failureMessages: ["\u001b[31mexpected 1\u001b[39m to be 2\n at x"] },
      ],
    },
    { name: resolve("test/b.test.ts"), status: "failed", message: "no such module\n at y", assertionResults: [] },
    { name: resolve("test/c.test.ts"), status: "passed", assertionResults: [{ status: "passed", fullName: "fine" }] },
  ];
  expect(failuresOfVitest(JSON.stringify({ testResults }))).toEqual([
    "test/a.test.ts › the rule: expected 1 to be 2",
    "test/b.test.ts: no such module",
  ]);
});

test("an end-to-end test that failed is named with its line, and one that passed at a second try with what it met first", () => {
  const spec = (title: string, status: string, error?: { message: string }): object => ({
    title,
    file: "acceptance/a.spec.ts",
    line: 8,
    tests: [{ status, results: [{ ...(error && { error }) }] }],
  });
  const suites = [
    {
      specs: [spec("fine", "expected")],
      suites: [
        { specs: [spec("AC01", "unexpected", { message: "gone\nat" }), spec("AC02", "flaky", { message: "late" })] },
      ],
    },
  ];
  expect(failuresOfPlaywright(JSON.stringify({ suites, errors: [{ message: "no browser" }] }))).toEqual([
    "acceptance/a.spec.ts:8 › AC01: gone",
    "outside any test: no browser",
  ]);
  expect(flakesOfPlaywright(JSON.stringify({ suites }))).toEqual(["acceptance/a.spec.ts:8 › AC02: late"]);
});

test("a test that passed at a second try, by vitest's own report, is no failure, is not among those that passed, and is named with what it met first", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-flaky-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, report] = [path.join(folder, "a.test.mjs"), path.join(folder, "report.json")];
  const vitest = JSON.stringify(import.meta.resolve("vitest"));
  const turns = "describe('a race', () => { it('lost once', () => expect(++turns).toBe(2)); it('won', () => {}); });";
  writeFileSync(file, `import { describe, expect, it } from ${vitest}; let turns = 0; ${turns}`);
  const args = ["run", `--root=${folder}`, "--reporter=json", `--outputFile.json=${report}`];
  const { status, output } = await run(process.execPath, [tool("vitest/vitest.mjs"), ...args, "--retry=1"]);
  expect(status, output).toBe(0);
  const json = readFileSync(report, "utf8");
  expect(countsOfVitest(json)).toEqual({ passed: 1, failed: 0, skipped: 0, flaky: 1 });
  expect(failuresOfVitest(json)).toEqual([]);
  const [line, ...more] = flakesOfVitest(json);
  expect(line).toMatch(/a\.test\.mjs › a race lost once: AssertionError: expected 1 to be 2/);
  expect(more).toEqual([]);
});

test("the closing line is what continuous integration reads", () => {
  expect(closingLine("vitest", { passed: 3, failed: 0, skipped: 0 })).toBe("vitest: 3 passed, 0 failed");
  expect(closingLine("vitest", { passed: 3, failed: 0, skipped: 2 })).toBe("vitest: 3 passed, 0 failed, 2 skipped");
  expect(closingLine("playwright", { passed: 3, failed: 0, skipped: 0, flaky: 1 })).toBe(
    "playwright: 3 passed, 0 failed, 1 flaky",
  );
});

test("the runs of one runner are counted together, and one that ended without a report has failed", () => {
  const runs = [{ passed: 3, failed: 0, skipped: 1 }, { passed: 4, failed: 1, skipped: 0, flaky: 2 }, undefined];
  expect(sumOf(runs)).toEqual({ passed: 7, failed: 2, skipped: 1, flaky: 2 });
});

test("a run has passed only with a status of 0, a report, and no failed test in it", () => {
  expect(whyFailed("vitest", { status: 0, hasReport: true, failed: [] })).toEqual([]);
  expect(whyFailed("vitest", { status: 0, hasReport: true, failed: ["a test"] })).toEqual(["a test"]);
  expect(whyFailed("vitest", { status: 0, hasReport: false, failed: [] })).toEqual([
    expect.stringContaining("without a report"),
  ]);
  expect(whyFailed("vitest", { status: 1, hasReport: true, failed: [] })).toEqual([
    expect.stringContaining("ended with 1 and no failed test"),
  ]);
});
