import { join } from "node:path";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { ORIGIN, POOLS, type BenchHospital } from "./hospital.ts";
import { leavesOf, type Order, type ScribeOptions } from "./scribe.ts";
import type { Write } from "./writes.ts";

/** Rows of one message of a worker. */
export const BATCH = 250;
/** Orders that a worker has at a time: it never waits, and what it made before its turn stays little. */
const AHEAD = 2;
/** Each needs an approver of every pool. */
const MOST_WORKERS = 3;

export interface Batch {
  readonly order: Order;
  readonly writes: readonly Write[];
}

/** Batches in their order, each made by the next worker in turn, some ahead of who takes them. */
export function startWorkers(
  { approvers, core, folder, gatewayKey }: BenchHospital,
  kinds: readonly RequestClaims[],
  from: Pick<Order, "n" | "at" | "step" | "leaves">,
): { next(): Promise<Batch>; close(): Promise<void> } {
  const count = Math.min(MOST_WORKERS, availableParallelism());
  const workers = Array.from({ length: count }, (_, i) => {
    const own = approvers.flatMap(({ session, key }, k) =>
      Math.floor(k / POOLS.length) % count === i ? [{ key, head: core.chainHead(session.kid) }] : [],
    );
    return startWorker({
      ...{ directory: join(folder, "directory"), origin: ORIGIN, gateway: gatewayKey, startMs: from.at * 1000 },
      ...{ kinds, approvers: own },
    });
  });
  const queue: Promise<Batch>[] = [];
  let { n, at, leaves } = from;
  const ask = (): void => {
    const order = { n, rows: BATCH, at, step: from.step, leaves };
    const worker = workers[(n / BATCH) % count] ?? workers[0];
    for (let i = 0; i < BATCH; i++) leaves += leavesOf(n + i);
    n += BATCH;
    at += BATCH * from.step;
    if (worker) queue.push(worker.write(order).then((writes) => ({ order, writes })));
  };
  for (let i = 0; i < count * AHEAD; i++) ask();
  return {
    async next() {
      const batch = await queue.shift();
      if (!batch) throw new Error("nothing was asked for");
      ask();
      return batch;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

function startWorker(workerData: ScribeOptions): {
  write(order: Order): Promise<readonly Write[]>;
  close(): Promise<unknown>;
} {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData });
  const waiting: { resolve: (writes: readonly Write[]) => void; reject: (error: unknown) => void }[] = [];
  worker.on("message", (writes: readonly Write[]) => waiting.shift()?.resolve(writes));
  worker.on("error", (error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  });
  return {
    write: (order) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(order);
      }),
    close: () => worker.terminate(),
  };
}
