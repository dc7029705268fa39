import { expect, test } from "vitest";
import { closingLine, countsOfPlaywright, countsOfVitest } from "../../scripts/test-counts.mjs";

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

test("an end-to-end test that passed only at a second try is a failure", () => {
  const report = { stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 1 }, errors: [] };
  expect(countsOfPlaywright(JSON.stringify(report))).toEqual({ passed: 4, failed: 2, skipped: 1 });
});

test("an error outside any end-to-end test is a failure", () => {
  expect(countsOfPlaywright(JSON.stringify({ stats: { expected: 4 }, errors: [{}] }))).toMatchObject({ failed: 1 });
});

test("the closing line is what continuous integration reads", () => {
  expect(closingLine("vitest", { passed: 3, failed: 0, skipped: 0 })).toBe("vitest: 3 passed, 0 failed");
  expect(closingLine("vitest", { passed: 3, failed: 0, skipped: 2 })).toBe("vitest: 3 passed, 0 failed, 2 skipped");
});

test("a runner that ended without a report has failed", () => {
  expect(closingLine("playwright", undefined)).toBe("playwright: 0 passed, 1 failed");
});
