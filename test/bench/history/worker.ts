import { parentPort, workerData } from "node:worker_threads";

import { makeScribe, type Order, type ScribeOptions } from "./scribe.ts";

// Begun by load.ts, with these and no other data.
const scribe = makeScribe(workerData as ScribeOptions);
parentPort?.on("message", (order: Order) => parentPort?.postMessage(scribe.write(order)));
