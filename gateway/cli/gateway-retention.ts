import { CountersignError } from "#shared/protocol/error.ts";

import type { Held, Retained } from "../retention/keeper.ts";
import type { TimelyKeeper } from "../retention/timely.ts";
import { ADMIN_PATHS, type RetentionOrder } from "./admin.ts";
import { command, need, usageError } from "./command.ts";
import { readText } from "./files.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import type { Io } from "./io.ts";
import { withRoster } from "./with-roster.ts";

const NAME = "gateway retention";
const PATIENT = /^Patient\/[A-Za-z0-9.-]{1,64}$/;

/** `gateway retention WORK`: holds, erasure and what has passed its time (docs/operations.md). */
export const gatewayRetention = command({
  name: NAME,
  usage:
    "status | hold | release | erase | run | confirm-time  [--request RID | --patient-file FILE] [--hold NAME] [--reason TEXT] [--order REF] [--dry-run] [--today YYYY-MM-DD] [--data FOLDER]",
  summary:
    "Legal holds and erasure. A patient is named in a file, by reference (Patient/…), never in the command: commands are seen by others. What is erased can be read by nobody again; the log still shows that it was there. confirm-time says that the gateway's clock is right after it was off for more than a month; the day is typed by whoever looked.",
  takes: 1,
  options: {
    ...DATA_OPTION,
    request: { type: "string" },
    "patient-file": { type: "string" },
    hold: { type: "string" },
    reason: { type: "string" },
    order: { type: "string" },
    "dry-run": { type: "boolean", default: false },
    today: { type: "string" },
  },
  async run({ values, words: [work], io }) {
    const folder = dataFolder(values.data, io);
    const ask = (order: RetentionOrder): Promise<unknown> => {
      const request = { method: "POST", path: ADMIN_PATHS.retention, body: order } as const;
      return withRoster(folder, io, request, (_roster, keeper) => obey(keeper, order));
    };
    const by = io.user;
    switch (work) {
      case "status":
        io.out(JSON.stringify(await ask({ work })));
        return 0;
      case "hold":
        io.out(
          JSON.stringify(await ask({ work, whose: whoseOf(values), reason: need(values.reason, NAME, "reason"), by })),
        );
        return 0;
      case "release":
        io.out(
          JSON.stringify(
            await ask({ work, hold: need(values.hold, NAME, "hold"), reason: need(values.reason, NAME, "reason"), by }),
          ),
        );
        return 0;
      case "erase": {
        const done = await ask({ work, whose: whoseOf(values), order: need(values.order, NAME, "order"), by });
        io.out(JSON.stringify(done));
        if (hasTraces(done)) {
          io.err(
            'Erased in the database and logged, and not gone yet: the overwritten keys may still stand in the write-ahead file beside it (gateway.sqlite-wal), which could not be cut. A serving gateway tries again every minute, every start does. It is done when `gateway retention status` says "traces": false. Look for a full disk.',
          );
          return 1;
        }
        io.err(
          "Erased. Keep the place of its entry in the log with the order. Backups made before hold it sealed, with keys that this gateway has not any more: let them expire. None of them can be restored past this; make a new one now.",
        );
        return 0;
      }
      case "run":
        return await runAll(ask, values["dry-run"], io);
      case "confirm-time":
        io.out(JSON.stringify(await ask({ work, today: dayOf(need(values.today, NAME, "today")), by })));
        return 0;
      default:
        throw usageError(NAME, "needs status, hold, release, erase, run or confirm-time");
    }
  },
});

const hasTraces = (done: unknown): boolean => typeof done === "object" && done !== null && "traces" in done;

/** What an order comes to at a gateway. @throws CountersignError what the keeper throws */
export function obey(keeper: TimelyKeeper, order: RetentionOrder): unknown {
  switch (order.work) {
    case "status":
      return keeper.status();
    case "hold":
      return { hold: keeper.hold(order.whose, order) };
    case "release":
      keeper.release(order.hold, order);
      return { released: order.hold };
    case "erase": {
      const { keys: erased, ...more } = keeper.erase(order.whose, order);
      return { erased, ...more };
    }
    case "confirm-time":
      keeper.confirmTime(order);
      return keeper.status();
    case "run":
      return keeper.runBatch(order.after, order.dry);
    default:
      return order satisfies never;
  }
}

const SAY_EVERY_MS = 2000;

/** Batch after batch: interrupted, the next run finds what is left. */
async function runAll(ask: (order: RetentionOrder) => Promise<unknown>, dry: boolean, io: Io): Promise<number> {
  let said = io.clock.nowMs();
  let sum: Retained = { erased: 0, held: 0, open: 0 };
  for (let after: number | undefined = 0; after !== undefined;) {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the keeper of the same release said it
    const one = (await ask({ work: "run", after, dry })) as Retained & { readonly next?: number };
    sum = { erased: sum.erased + one.erased, held: sum.held + one.held, open: sum.open + one.open };
    after = one.next;
    if (io.clock.nowMs() - said < SAY_EVERY_MS) continue;
    said = io.clock.nowMs();
    io.err(`${String(sum.erased)} so far. It can be interrupted and run again.`);
  }
  io.out(JSON.stringify({ ...sum, dry_run: dry }));
  return 0;
}

function dayOf(today: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(today)) return today;
  throw new CountersignError("E_CLI_INPUT", "--today is not a day such as 2026-11-30.");
}

function whoseOf(values: {
  readonly request?: string | undefined;
  readonly "patient-file"?: string | undefined;
}): Held {
  const { request: rid, "patient-file": file } = values;
  if ((rid === undefined) === (file === undefined)) throw usageError(NAME, "needs --request or --patient-file");
  if (rid !== undefined) return { rid };
  const patient = readText(file ?? "").trim();
  // SECURITY: what the file says instead is not repeated: it is about somebody (protocol.md 3.19).
  if (PATIENT.test(patient)) return { patient };
  throw new CountersignError("E_CLI_INPUT", "The file does not hold one reference of a patient, such as Patient/123.");
}
