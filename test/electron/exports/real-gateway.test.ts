import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { unzipSync } from "fflate";
import { expect, it } from "vitest";

import type { Reply } from "#shared/ipc/contract.ts";
import type { ExportResult, ExportStatus } from "#shared/ipc/exports.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import type { ExportFormat } from "#shared/reports/names.ts";

import { makeCli } from "../../gateway/cli/cli.ts";
import { arrange, enrol, live, raise, review } from "../../integration/real-gateway.ts";
import { readCsv } from "../../shared/export/read-csv.ts";
import { approval, PIN } from "../approval.ts";

it("what was decided at a real gateway is exported whole, verifies offline with the CLI, is in its log, and is measured", async () => {
  const t = await arrange();
  const kid = await enrol(t);
  await t.app.ask("unlock", { kid, pin: PIN });
  await live(t.app);
  const first = await raise(t.gateway);
  await t.app.row("pending");
  await t.app.ask("decide", approval(await review(t.app, first, t.gateway.iss)));
  await t.app.row("executed");
  const second = await raise(t.gateway, "task-2");
  await t.app.row("pending");
  const { row } = await review(t.app, second, t.gateway.iss);
  const choice = { kind: "deny", reason: { code: "not-needed" }, report_agent: false } as const;
  await t.app.ask("decide", { key: row.key, rev: row.rev, digest: row.digest, choice });
  await t.app.row("denied");
  const receipt = () => t.app.events.all.findLast((e) => e.kind === "review")?.review.receipt;
  await expect.poll(receipt).toMatchObject({ logged: "included" });

  const { iss } = t.gateway;
  const exportTo = async (name: string, format: ExportFormat, identifiers = true): Promise<ExportResult> => {
    t.app.saved.where = path.join(t.folder, name);
    const before = t.app.events.all.length;
    const order = { iss, format, identifiers, bom: false, filter: {}, purpose: { code: "HQUALIMP" } } as const;
    expect(await t.app.ask("begin_export", order)).toEqual({ ok: true, value: { started: true } });
    const statuses = (): ExportStatus[] =>
      t.app.events.all.slice(before).flatMap((e) => (e.kind === "export" ? [e.status] : []));
    await expect.poll(() => statuses().at(-1)?.kind).toMatch(/done|failed/);
    const last = statuses().at(-1);
    expect(last).toMatchObject({ kind: "done", rows: 2, left_out: 0, checked: { valid: 2 } });
    return last as ExportResult;
  };

  await exportTo("history.csv", "csv");
  const [head = [], ...rows] = readCsv(readFileSync(path.join(t.folder, "history.csv"), "utf8"));
  expect(rows.map((cells) => cells[head.indexOf("Decision")])).toEqual(["deny", "approve"]);
  expect(rows.map((cells) => cells[head.indexOf("Patient")])).toEqual(["EXAMPLE, Ruth (Mrs)", "EXAMPLE, Ruth (Mrs)"]);
  await exportTo("without.csv", "csv", false);
  expect(readFileSync(path.join(t.folder, "without.csv"), "utf8")).not.toMatch(/Ruth|SYN-104|1951/);

  await exportTo("evidence.zip", "evidence");
  const files = unzipSync(readFileSync(path.join(t.folder, "evidence.zip")));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(path.join(t.folder, "zip", path.dirname(name)), { recursive: true });
    writeFileSync(path.join(t.folder, "zip", name), bytes);
  }
  const bundles = ["000001", "000002"].map((n) => path.join(t.folder, "zip", "records", n, "bundle.json"));
  const key = path.join(t.folder, "zip", "directory-key.json");
  const { status, out } = await makeCli().run(["verify", ...bundles, "--directory-key", key]);
  expect(out.map((line) => JSON.parse(line) as object)).toMatchObject([
    { outcome: "denied" },
    { outcome: "completed" },
  ]);
  expect(status).toBe(0);
  expect(readdirSync(t.folder).filter((name) => name.endsWith(".part"))).toEqual([]);

  const now = Math.floor(Date.now() / 1000);
  const asked = (await t.app.ask("ask_insights", { iss, from: now - 3600, to: now + 60 })) as Reply<InsightsView>;
  expect(asked).toMatchObject({
    ok: true,
    value: {
      me: expect.stringContaining("okafor") as string,
      insights: {
        summary: { requests: 2, ends: { approved: { count: 1, n: 2 }, denied: { count: 1, n: 2 } } },
        reasons: { denials: [{ code: "not-needed", count: 1 }] },
      },
    },
  });
  expect(t.app.faults).toEqual([]);

  await t.app.ask("lock", undefined);
  t.app.saved.where = path.join(t.folder, "locked.csv");
  const locked = {
    iss,
    format: "csv",
    identifiers: true,
    bom: false,
    filter: {},
    purpose: { code: "HLEGAL" },
  } as const;
  expect(await t.app.ask("begin_export", locked)).toMatchObject({ error: { code: "E_CLI_LOCKED" } });
  expect(await t.app.ask("ask_insights", { iss, from: 0, to: 1 })).toMatchObject({ error: { code: "E_CLI_LOCKED" } });
});
