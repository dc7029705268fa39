// A workstation without a window, as a process of its own that a test kills: the product's main process, and somebody at
// it who decides whatever comes. It tells its parent nothing that it needs; what it showed goes to a file, line by line.
import { appendFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as rest } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import type { AppEvent, QueueRow } from "#shared/ipc/contract.ts";

import { approval, PIN } from "../../electron/approval.ts";
import { makeHeadless, type Headless } from "../../electron/headless-workstation.ts";

/** Of `COUNTERSIGN_TEST_WORKSTATION`, JSON. */
interface Orders {
  readonly folder: string;
  readonly kid: string;
  /** Where what was shown is written. */
  readonly shown: string;
  /** Collects garbage before each look at its memory: what is left is what it keeps. */
  readonly collects?: boolean;
  /** Where in the list its person begins, 0 to 1: two who both begin at the top decide everything twice. */
  readonly startsAt?: number;
  /** One request in so many is denied; by its name, so that it is the same after a restart. */
  readonly denies: number;
}

export interface Told {
  readonly kind: "unlocked" | "rows";
  /** Rows that are not at their end. */
  readonly under_way?: number;
  /** After its last collection, where it collects: memory in RAM and heap in use, bytes. */
  readonly kept?: { readonly rss: number; readonly heap: number };
}

const LOOK_MS = 60;
const TELL_MS = 250;
const COLLECT_MS = 5_000;
const WAITS: ReadonlySet<QueueRow["status"]["kind"]> = new Set(["pending", "expiring", "changed"]);
const UNDER_WAY: ReadonlySet<QueueRow["status"]["kind"]> = new Set([
  ...WAITS,
  ...(["signing", "sending", "held", "executing", "unconfirmed"] as const),
]);

const {
  folder,
  kid,
  shown,
  denies,
  collects = false,
  startsAt = 0,
} = JSON.parse(process.env["COUNTERSIGN_TEST_WORKSTATION"] ?? "{}") as Orders;
const app = makeHeadless(folder);
/** Nobody is left to look after it. */
process.once("disconnect", () => process.exit(0));
await app.workstation.start();
write(...app.events.all.splice(0));
const opened = await app.ask("unlock", { kid, pin: PIN });
if (!opened.ok) throw new Error(opened.error.code);
tell({ kind: "unlocked" });
const told = setInterval(() => tell(stand()), TELL_MS);
let kept: Told["kept"];
if (collects) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  setInterval(() => {
    collect();
    const { rss, heapUsed: heap } = process.memoryUsage();
    kept = { rss, heap };
  }, COLLECT_MS).unref();
}

const stopping = new AbortController();
process.once("SIGTERM", () => {
  stopping.abort();
});
while (!stopping.signal.aborted) {
  write(...app.events.all.splice(0));
  for (const fault of app.faults.splice(0)) line(`fault ${fault instanceof Error ? fault.name : typeof fault}`);
  for (const file of app.damaged.splice(0)) line(`damaged ${file}`);
  const { rows } = app.snapshot();
  const waiting = rows.filter(({ status }) => WAITS.has(status.kind));
  const next = waiting[Math.floor(waiting.length * startsAt)];
  // One decision at a time, and each is looked at first: more often is more than 20 messages a second.
  const isFree = rows.every(({ status }) => status.kind !== "sending" && status.kind !== "signing");
  if (next !== undefined && isFree) await decide(app, next);
  await rest(LOOK_MS);
}
clearInterval(told);
await app.workstation.stop();
process.disconnect();

async function decide({ ask }: Headless, row: QueueRow): Promise<void> {
  const reply = await ask("open_review", { key: row.key });
  if (!reply.ok) return;
  const review = reply.value as Parameters<typeof approval>[0];
  const { key, rev, digest } = review.row;
  const isDenied = parseInt(key.rid.slice(-6), 16) % denies === 0;
  const denial = { kind: "deny", reason: { code: "not-needed" }, report_agent: false } as const;
  // Refused while there is no connection or another decision has no receipt: it is decided the next time.
  await ask("decide", isDenied ? { key, rev, digest, choice: denial } : approval(review));
}

function write(...events: readonly AppEvent[]): void {
  for (const event of events) {
    if (event.kind === "rows") event.rows.forEach(({ key, status }) => line(`row ${key.rid} ${status.kind}`));
    if (event.kind === "snapshot")
      event.snapshot.rows.forEach(({ key, status }) => line(`row ${key.rid} ${status.kind}`));
    // What a person would have to do something about.
    if (event.kind === "gateway" && event.gateway.connection.kind === "refused") {
      line(`refused ${event.gateway.connection.code}`);
    }
    if (event.kind === "gateway" && event.gateway.log_alarm !== undefined) line(`alarm ${event.gateway.log_alarm}`);
  }
}

function line(text: string): void {
  appendFileSync(shown, `${text}\n`);
}

function stand(): Told {
  const under_way = app.snapshot().rows.filter(({ status }) => UNDER_WAY.has(status.kind)).length;
  return { kind: "rows", under_way, ...(kept && { kept }) };
}

function tell(what: Told): void {
  process.send?.(what);
}
