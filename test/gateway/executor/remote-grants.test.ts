import { expect, it } from "vitest";

import { outcomeReport } from "../../../gateway/executor/grant-wire.ts";
import type { ExecutionResult } from "../../../gateway/ports.ts";

import { remoteGrants } from "../../../gateway/executor/remote-grants.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A gateway that does not answer the first asking for a use, and what it was told, in order. */
function arrange() {
  const told: { readonly path: string; readonly attempt: string; readonly kind?: string }[] = [];
  let isAway = true;
  const grants = remoteGrants({
    ...{ gateway: "https://gw.example", logger: silent, retryAfterMs: [0] },
    ask: async (url, init) => {
      const path = new URL(String(url)).pathname.split("/").at(-1) ?? "";
      const { attempt, result } = JSON.parse(init?.body as string) as { attempt: string; result?: { kind: string } };
      told.push({ path, attempt, ...(result && { kind: result.kind }) });
      if (path === "use" && isAway) {
        isAway = false;
        throw new TypeError("fetch failed");
      }
      return Response.json(path === "use" ? { taken: true, execution_id: "r.1" } : {});
    },
  });
  return { grants, told };
}

it("what an adapter did not learn that it took is reported as not sent, under that attempt and no other", async () => {
  const { grants, told } = arrange();
  await expect(grants.take("token")).rejects.toMatchObject({ code: "E_UPSTREAM" });
  expect(await grants.take("token")).toBe("r.1");
  await grants.end("token", { kind: "done", status: 201, body: "{}" });
  const [first, ...rest] = told;
  const second = rest.find(({ path }) => path === "use");
  expect(second?.attempt).not.toBe(first?.attempt);
  expect(rest.filter(({ path }) => path === "outcome").map(({ attempt, kind }) => [attempt, kind])).toEqual([
    [first?.attempt, "absent"],
    [second?.attempt, "done"],
  ]);
});

it.each<[string, ExecutionResult]>([
  ["address", { kind: "done", status: 201, body: "{}", location: `https://fhir.example/r4/Basic/${"x".repeat(2048)}` }],
  ["version", { kind: "done", status: 201, body: "{}", etag: `W/"${"x".repeat(256)}"` }],
  ["body", { kind: "done", status: 201, body: "\u0001".repeat(1024 * 1024) }],
])("what was done is reported as done, however long the %s that the server answered with", async (_what, result) => {
  const reports: unknown[] = [];
  const grants = remoteGrants({
    ...{ gateway: "https://gw.example", logger: silent, retryAfterMs: [] },
    ask: async (url, init) => {
      if (String(url).endsWith("/use")) return Response.json({ taken: true, execution_id: "r.1" });
      reports.push(JSON.parse(init?.body as string));
      return Response.json({});
    },
  });
  await grants.take("token");
  await grants.end("token", result);
  expect(outcomeReport.safeParse(reports[0]).data?.result).toMatchObject({ kind: "done", status: 201 });
});
