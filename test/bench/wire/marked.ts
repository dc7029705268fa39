// Rounds of decisions in a process that is traced: `marked.ts FOLDER`. Marks are writes to a file of their own, so that
// the trace has them in order with what was flushed.
import { openSync, writeSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { prepareSubmissions, submitRound } from "./submissions.ts";

const [folder = ""] = process.argv.slice(2);
const prepared = await prepareSubmissions(folder, 12);
const marks = openSync(path.join(folder, "marks"), "a");
const mark = (what: string): void => void writeSync(marks, what);
for (const round of prepared.rounds) {
  mark("submit");
  await submitRound(prepared.gateway, round, () => {
    mark("answer");
  });
  mark("done");
}
await prepared.close();
