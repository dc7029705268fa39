import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { reportPages } from "#shared/reports/page.ts";

import { exporting } from "./history/exporting.ts";
import { openHospital, type BenchHospital } from "./history/hospital.ts";
import { load } from "./history/load.ts";
import { asker, firstPages, insights, jumps, nextPages } from "./history/queries.ts";
import { verifyPage } from "./history/verify-page.ts";

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

const TOLD_EVERY_MS = 5000;

/**
 * `npm run bench -- history`: supervisors' history over a million decisions that the gateway's own code recorded. An
 * interrupted load goes on; at the end the files are removed unless `--keep` is given. `COUNTERSIGN_HISTORY_FOLDER` is where
 * they are, `COUNTERSIGN_HISTORY_ROWS` how many decisions, `COUNTERSIGN_HISTORY_EXPORT` how many rows are exported.
 */
export default async function history(): Promise<unknown> {
  const rows = number("COUNTERSIGN_HISTORY_ROWS", 1_000_000);
  const folder = process.env["COUNTERSIGN_HISTORY_FOLDER"] ?? join(tmpdir(), "countersign-bench-history");
  process.stdout.write(`in ${folder}: a row takes 20 KB of the disk\n`);
  const openedFrom = performance.now();
  const hospital = openHospital(folder);
  const opened = { seconds: seconds(openedFrom) };
  process.stdout.write(`opened and audited in ${String(opened.seconds)} s\n`);
  const loaded = await filled(hospital, rows);
  const rows_in_all = Number(hospital.db.prepare("SELECT COUNT(*) AS n FROM report_rows").get()?.["n"]);
  const figures = { rows_in_all, opened, loaded, ...(await measured(hospital)) };
  await hospital.close();
  if (!process.argv.includes("--keep")) rmSync(folder, { recursive: true });
  return figures;
}

async function filled(hospital: BenchHospital, rows: number): Promise<unknown> {
  const from = performance.now();
  const cpu = process.cpuUsage();
  let [begun, told, last] = [-1, 0, 0];
  await load(hospital, rows, (done) => {
    if (begun < 0) begun = done;
    last = done;
    if (performance.now() - told < TOLD_EVERY_MS) return;
    told = performance.now();
    const rate = (done - begun) / ((performance.now() - from) / 1000);
    process.stdout.write(`${String(done)} of ${String(rows)} decided requests, ${rate.toFixed(0)} a second\n`);
  });
  const { user, system } = process.cpuUsage(cpu);
  // Nothing to load, or one commit of it.
  if (begun === last || begun < 0) return {};
  return {
    seconds: seconds(from),
    cpu_ms_of_a_row: Number(((user + system) / 1000 / (last - begun)).toPrecision(3)),
  };
}

async function measured(hospital: BenchHospital): Promise<Readonly<Record<string, unknown>>> {
  const ask = asker(hospital);
  const { items } = reportPages.history.parse(ask({ decisions: ["approve"] }).page);
  process.stdout.write(`${String(items.length)} rows fill a message\n`);
  const most = number("COUNTERSIGN_HISTORY_EXPORT", 100_000);
  return {
    rows_of_a_message: items.length,
    first_page: firstPages(hospital, ask),
    next_page: nextPages(hospital, ask),
    jump: jumps(hospital, ask),
    insights: insights(hospital),
    verify: verifyPage(
      hospital,
      items.map(({ rid }) => rid),
    ),
    export_csv: await exporting(hospital, "csv", most),
    export_jsonl: await exporting(hospital, "jsonl", most),
  };
}

const seconds = (from: number): number => Math.round((performance.now() - from) / 100) / 10;
