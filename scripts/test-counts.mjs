/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {unknown} value
 * @returns {number}
 */
function count(value) {
  return typeof value === "number" ? value : 0;
}

/**
 * @param {string} json a report of vitest's json reporter
 * @returns {Counts} in tests; a file that could not even be loaded counts as one failure
 */
export function countsOfVitest(json) {
  /** @type {unknown} */
  const parsed = JSON.parse(json);
  const report = /** @type {Record<string, unknown>} */ (parsed);
  const suites = /** @type {{ status?: string, assertionResults?: { status?: string }[] }[]} */ (
    report["testResults"] ?? []
  );
  const broken = suites.filter(
    (suite) => suite.status === "failed" && !(suite.assertionResults ?? []).some((test) => test.status === "failed"),
  );
  return {
    passed: count(report["numPassedTests"]),
    failed: count(report["numFailedTests"]) + broken.length,
    skipped: count(report["numPendingTests"]) + count(report["numTodoTests"]),
  };
}

/**
 * @param {string} json a report of Playwright's json reporter
 * @returns {Counts} in tests; one that passed only when tried again counts as failed
 */
export function countsOfPlaywright(json) {
  /** @type {unknown} */
  const parsed = JSON.parse(json);
  const report = /** @type {{ stats?: Record<string, unknown>, errors?: unknown[] }} */ (parsed);
  const stats = report.stats ?? {};
  return {
    passed: count(stats["expected"]),
    failed: count(stats["unexpected"]) + count(stats["flaky"]) + (report.errors ?? []).length,
    skipped: count(stats["skipped"]),
  };
}

/**
 * @param {string} runner
 * @param {Counts | undefined} counts undefined when the runner ended without a report
 * @returns {string} as "vitest: 3 passed, 0 failed, 1 skipped"
 */
export function closingLine(runner, counts) {
  const { passed, failed, skipped } = counts ?? { passed: 0, failed: 1, skipped: 0 };
  return `${runner}: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
