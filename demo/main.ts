import { rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { runTour } from "./tour/tour.ts";
import { runWindow } from "./window.ts";

/** `npm start`: the app with a hospital around it. `--tour` drives it on a virtual display, `--window` leaves it to you, `--supervisor` as one. */
const { values } = parseArgs({
  options: {
    tour: { type: "boolean", default: false },
    window: { type: "boolean", default: false },
    supervisor: { type: "boolean", default: false },
    reset: { type: "boolean", default: false },
  },
});

const root = path.resolve(import.meta.dirname, "..");
const state = path.join(root, ".countersign/demo");
const output = path.join(root, "demo-output");
if (values.reset) for (const folder of [state, output]) rmSync(folder, { recursive: true, force: true });

process.exitCode = values.tour
  ? await runTour({ state, output })
  : await runWindow({ state, asSupervisor: values.supervisor });
