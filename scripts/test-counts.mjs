import { relative } from "node:path";
import { inRoot } from "./project.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number, flaky?: number }} Counts `flaky`: passed at a second try */

/**
 * @param {unknown} value
 * @returns {number}
 */
function count(value) {
  return typeof value === "number" ? value : 0;
}

/**
 * @param {string} json a report of vitest's json reporter
 * @returns {Counts} in tests; a file that could not even be loaded counts as one failure, and a test that passed only when
 * tried again is among neither the passed nor the failed
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
  const flaky = flakesOfVitest(json).length;
  return {
    passed: count(report["numPassedTests"]) - flaky,
    failed: count(report["numFailedTests"]) + broken.length,
    skipped: count(report["numPendingTests"]) + count(report["numTodoTests"]),
    ...(flaky > 0 && { flaky }),
  };
}

/**
 * @param {string} json a report of Playwright's json reporter
 * @returns {Counts} in tests; one that passed only when tried again is among neither the passed nor the failed
 */
export function countsOfPlaywright(json) {
  /** @type {unknown} */
  const parsed = JSON.parse(json);
  const report = /** @type {{ stats?: Record<string, unknown>, errors?: unknown[] }} */ (parsed);
  const stats = report.stats ?? {};
  return {
    passed: count(stats["expected"]),
    failed: count(stats["unexpected"]) + (report.errors ?? []).length,
    skipped: count(stats["skipped"]),
    flaky: count(stats["flaky"]),
  };
}

/**
 * @param {string | undefined} file an absolute path
 * @returns {string} the path from the project's root
 */
function inProject(file) {
  return relative(inRoot("."), file ?? "");
}

/** The first line of a message without its colours: enough to know which failure it is.
 * @param {string | undefined} message
 * @returns {string}
 */
function inShort(message) {
  // eslint-disable-next-line no-control-regex -- a terminal's colours begin with ESC
  const line = (message ?? "").replace(/\u001b\[[\d;]*m/gu, "").split("\n")[0] ?? "";
  return line === "" ? "" : `: ${line.slice(0, 300)}`;
}

/** @typedef {{ status?: string, fullName?: string, failureMessages?: string[] }} VitestTest */
/** @typedef {{ name?: string, status?: string, message?: string, assertionResults?: VitestTest[] }} VitestFile */

/** @param {string} json a report of vitest's json reporter @returns {VitestFile[]} */
function filesOfVitest(json) {
  /** @type {unknown} */
  const parsed = JSON.parse(json);
  return /** @type {{ testResults?: VitestFile[] }} */ (parsed).testResults ?? [];
}

/** @param {VitestFile} file @param {VitestTest} test @returns {string} with what it met first */
function lineOfVitest(file, test) {
  return `${inProject(file.name)} › ${test.fullName}${inShort(test.failureMessages?.[0])}`;
}

/**
 * @param {string} json a report of vitest's json reporter
 * @returns {string[]} one line for each failed test or unloadable file: file, name, the message's first line
 */
export function failuresOfVitest(json) {
  return filesOfVitest(json).flatMap((file) => {
    const tests = (file.assertionResults ?? []).filter(({ status }) => status === "failed");
    if (tests.length === 0 && file.status === "failed") return [`${inProject(file.name)}${inShort(file.message)}`];
    return tests.map((test) => lineOfVitest(file, test));
  });
}

/**
 * @param {string} json a report of vitest's json reporter, which keeps of a test that passed what failed before
 * @returns {string[]} one line for each test that passed only when tried again: a race that nobody has found yet
 */
export function flakesOfVitest(json) {
  return filesOfVitest(json).flatMap((file) =>
    (file.assertionResults ?? [])
      .filter(({ status, failureMessages = [] }) => status === "passed" && failureMessages.length > 0)
      .map((test) => lineOfVitest(file, test)),
  );
}

/** @typedef {{ title?: string, file?: string, line?: number, specs?: Spec[], suites?: Suite[] }} Suite */
/** @typedef {{ title?: string, file?: string, line?: number, ok?: boolean, tests?: { status?: string, results?: { error?: { message?: string } }[] }[] }} Spec */

/**
 * @param {string} json a report of Playwright's json reporter
 * @returns {string[]} one line for each test that failed, and for each error outside a test
 */
export function failuresOfPlaywright(json) {
  const { suites = [], errors = [] } = reportOfPlaywright(json);
  return [...named(suites, "unexpected"), ...errors.map(({ message }) => `outside any test${inShort(message)}`)];
}

/**
 * @param {string} json a report of Playwright's json reporter
 * @returns {string[]} one line for each test that passed only when tried again: a race that nobody has found yet
 */
export function flakesOfPlaywright(json) {
  return named(reportOfPlaywright(json).suites ?? [], "flaky");
}

/** @param {string} json @returns {{ suites?: Suite[], errors?: { message?: string }[] }} */
function reportOfPlaywright(json) {
  /** @type {unknown} */
  const parsed = JSON.parse(json);
  return /** @type {{ suites?: Suite[], errors?: { message?: string }[] }} */ (parsed);
}

/** @param {Suite[]} suites @param {string} wanted a test's status @returns {string[]} */
function named(suites, wanted) {
  /** @type {(suite: Suite) => Spec[]} */
  const specsOf = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)];
  return suites.flatMap(specsOf).flatMap((spec) => {
    const test = spec.tests?.find(({ status }) => status === wanted);
    if (test === undefined) return [];
    const error = test.results?.find((result) => result.error !== undefined)?.error;
    return [`${spec.file}:${spec.line} › ${spec.title}${inShort(error?.message)}`];
  });
}

/**
 * @param {string} runner
 * @param {{ status: number, hasReport: boolean, failed: readonly string[] }} ended
 * @returns {string[]} why a run has failed, empty where it has not: a status of 0 says nothing without a report
 */
export function whyFailed(runner, { status, hasReport, failed }) {
  if (failed.length > 0) return [...failed];
  if (!hasReport) return [`${runner} ended with ${status} and without a report: its output says why`];
  if (status === 0) return [];
  return [`${runner} ended with ${status} and no failed test: its output says why (an unhandled error, mostly)`];
}

/**
 * @param {readonly (Counts | undefined)[]} runs of one runner; undefined is one that ended without a report, a failure
 * @returns {Counts}
 */
export function sumOf(runs) {
  /** @type {Counts} */
  const none = { passed: 0, failed: 1, skipped: 0 };
  const sum = { passed: 0, failed: 0, skipped: 0, flaky: 0 };
  for (const { passed, failed, skipped, flaky = 0 } of runs.map((one) => one ?? none)) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
    sum.flaky += flaky;
  }
  return sum;
}

/**
 * @param {string} runner
 * @param {Counts} counts
 * @returns {string} as "vitest: 3 passed, 0 failed, 1 skipped"
 */
export function closingLine(runner, counts) {
  const { passed, failed, skipped, flaky = 0 } = counts;
  const more = [skipped > 0 ? `, ${skipped} skipped` : "", flaky > 0 ? `, ${flaky} flaky` : ""];
  return `${runner}: ${passed} passed, ${failed} failed${more.join("")}`;
}
