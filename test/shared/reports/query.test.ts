import { describe, expect, it } from "vitest";

import { parseReportQuery, ReportError } from "#shared/reports/query.ts";

function refusal(body: Record<string, unknown>): ReportError {
  try {
    parseReportQuery(body);
  } catch (error) {
    if (error instanceof ReportError) return error;
    throw error;
  }
  throw new Error("the query was taken");
}

const RID = "019f0000-0000-7000-8000-000000000001";

describe("report.query (protocol.md 3.20)", () => {
  it("has the newest first and a hundred rows where nothing is said", () => {
    expect(parseReportQuery({ name: "history" })).toEqual({
      name: "history",
      filter: {},
      sort: { by: "received", order: "newest" },
      limit: 100,
    });
  });

  it.each([
    [{ name: "histories" }, "E_QUERY", "/name"],
    [{ name: "history", filter: [] }, "E_QUERY_FILTER", "/filter"],
    [{ name: "history", filter: { from: "yesterday" } }, "E_QUERY_FILTER", "/filter/from"],
    [{ name: "history", filter: { from: 1.5 } }, "E_QUERY_FILTER", "/filter/from"],
    [{ name: "history", filter: { states: ["denied", "undone"] } }, "E_QUERY_FILTER", "/filter/states/1"],
    [{ name: "history", filter: { states: [] } }, "E_QUERY_FILTER", "/filter/states"],
    [{ name: "history", filter: { "a/b~c": 1 } }, "E_QUERY_FILTER", "/filter/a~1b~0c"],
    [{ name: "history", filter: { patients: "Patient/1" } }, "E_QUERY_FILTER", "/filter/patients"],
    [{ name: "history", sort: [] }, "E_QUERY_FILTER", "/sort"],
    [{ name: "history", sort: { by: "patient", order: "newest" } }, "E_QUERY_FILTER", "/sort/by"],
    [{ name: "history", limit: 101 }, "E_QUERY_FILTER", "/limit"],
    [{ name: "history", page: 7 }, "E_QUERY_FILTER", "/page"],
    [{ name: "history", at: -1 }, "E_QUERY_FILTER", "/at"],
    [{ name: "history", purpose: "because" }, "E_QUERY_FILTER", "/purpose"],
    [{ name: "history", purpose: { code: "CURIOUS" } }, "E_QUERY_FILTER", "/purpose/code"],
    [{ name: "history-detail", filter: {} }, "E_QUERY_FILTER", "/filter/rid"],
    [{ name: "history-detail", filter: { rid: RID, rev: 0 } }, "E_QUERY_FILTER", "/filter/rev"],
    [{ name: "insights", filter: { from: 1 } }, "E_QUERY_FILTER", "/filter/to"],
    [{ name: "agents", filter: { stopped: "yes" } }, "E_QUERY_FILTER", "/filter/stopped"],
    [{ name: "exports", filter: {} }, "E_QUERY_FILTER", "/filter/announce"],
    [
      { name: "exports", filter: { announce: { format: "csv", identifiers: true, rows: { from: "x" } } } },
      "E_QUERY_FILTER",
      "/filter/announce/rows/from",
    ],
    [{ name: "exports", filter: { finish: { export: RID, rows: -1 } } }, "E_QUERY_FILTER", "/filter/finish/rows"],
  ])("names the place of what it does not understand: %j", (body, code, pointer) => {
    const error = refusal(body);
    expect([error.code, error.fault.pointer]).toEqual([code, pointer]);
    expect(error.message).not.toBe("");
  });

  it("never repeats what was asked, since it may name a patient", () => {
    const named = { name: "history", filter: { patient: { name: "Ruth EXAMPLE" }, from: "Ruth EXAMPLE" } };
    expect(refusal(named).message).not.toContain("Ruth");
  });
});
