import process from "node:process";

import { reportPages } from "#shared/reports/page.ts";

import { load } from "./history/load.ts";
import { openHospital } from "./history/hospital.ts";
import { asker, exporting, firstPages, jumps } from "./history/queries.ts";
import { verifyPage } from "./history/verify-page.ts";

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

/** `.gitignore` names it; what is in it is made anew where it is missing. */
const FOLDER = "bench-results/history";
const TOLD_EVERY_MS = 5000;

/**
 * `npm run bench -- history`: supervisors' history over a million decisions that the gateway's own code recorded. The
 * database stays, so a second run begins at once, and an interrupted one goes on. `COUNTERSIGN_HISTORY_ROWS` sets how many,
 * `COUNTERSIGN_HISTORY_EXPORT` how many rows are exported.
 */
export default async function history(): Promise<unknown> {
  const rows = number("COUNTERSIGN_HISTORY_ROWS", 1_000_000);
  const openedFrom = performance.now();
  const hospital = openHospital(FOLDER);
  const opened = { seconds: seconds(openedFrom) };
  const loadedFrom = performance.now();
  let [begun, told] = [-1, 0];
  await load(hospital, rows, (done) => {
    if (begun < 0) begun = done;
    if (performance.now() - told < TOLD_EVERY_MS) return;
    told = performance.now();
    const rate = (done - begun) / ((performance.now() - loadedFrom) / 1000);
    process.stdout.write(`${String(done)} of ${String(rows)} decided requests, ${rate.toFixed(0)} a second\n`);
  });
  const loaded = { rows, seconds: seconds(loadedFrom) };
  const ask = asker(hospital);
  const { items } = reportPages.history.parse(ask({ decisions: ["approve"] }).page);
  process.stdout.write(`${String(items.length)} rows fill a page\n`);
  const figures = {
    ...{ opened, loaded, rows_of_a_page: items.length },
    first_page: firstPages(hospital, ask),
    jump: jumps(hospital, ask),
    export: exporting(hospital, ask, number("COUNTERSIGN_HISTORY_EXPORT", 100_000)),
    verify: verifyPage(
      hospital,
      items.map(({ rid }) => rid),
    ),
  };
  await hospital.close();
  return figures;
}

const seconds = (from: number): number => Math.round((performance.now() - from) / 100) / 10;
