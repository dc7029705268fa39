import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";

import { makeExporting } from "../../electron/exports/exporting.ts";
import type { ExportStatus } from "#shared/ipc/exports.ts";
import { PAGE_ROWS } from "#shared/reports/names.ts";

import { checkAs, exportGateway, partsOf } from "../electron/exports/gateway.ts";
import { readKept } from "../shared/export/items.ts";
import { executed } from "../shared/protocol/fixture/item.ts";

const ROWS = 100_000;
const folder = mkdtempSync(path.join(tmpdir(), "export-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(["csv", "jsonl", "fhir"] as const)("100,000 rows never stand in memory together: %s", async (format) => {
  const read = readKept(executed());
  const page = Array.from({ length: PAGE_ROWS }, () => read.item);
  const { link } = exportGateway(Array.from({ length: ROWS / PAGE_ROWS }, () => page));
  const file = path.join(folder, format);
  const order = { file, format, identifiers: true, bom: false, filter: {}, purpose: { code: "HQUALIMP" as const } };
  let [most, first] = [0, 0];
  let last: ExportStatus | undefined;
  const began = process.hrtime.bigint();
  await makeExporting(partsOf(link, checkAs([read]))).run(order, (status) => {
    last = status;
    const used = process.memoryUsage().rss;
    // What the first rows compile and load is not theirs.
    if (status.kind === "running" && status.done === 10 * PAGE_ROWS) first = used;
    most = Math.max(most, used);
  });
  expect(last).toMatchObject({ kind: "done", rows: ROWS });
  const written = statSync(file).size;
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const [grown, size] = [(most - first) / 1e6, written / 1e6];
  console.log(
    `${format}: ${size.toFixed(0)} MB in ${seconds.toFixed(1)} s, ${grown.toFixed(0)} MB of memory more than after 1,000 rows`,
  );
  expect(grown).toBeLessThan(150);
  expect(first).toBeGreaterThan(0);
});
