import type { InsightsView } from "#shared/ipc/insights.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { GatewayBody } from "#shared/protocol/messages.ts";
import type { Purpose } from "#shared/reports/filter.ts";
import { reportView } from "#shared/reports/page.ts";

import type { Link } from "../connection/link.ts";
import type { Verifier } from "../records/verifier.ts";
import type { MeasureAnswer } from "./measuring.ts";

const ANSWER_MS = 60_000;

export interface MeasuresParts {
  readonly link: Pick<Link, "call">;
  /** Reads the facts and computes, in a process of its own: neither main nor the page works on them. */
  readonly verifier: Pick<Verifier, "measure">;
  /** Whose own data may be theirs to see. */
  readonly sub: string;
  readonly zone: () => string;
}

export interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly units?: readonly string[] | undefined;
  /** Asked of who sees how others read. */
  readonly purpose?: Purpose | undefined;
}

/** How it goes, and whether anybody still waits. */
export interface Watching {
  /** Tells these figures from others that are taken in the same process. */
  readonly job: number;
  /** Requests read so far. */
  readonly onRead: (requests: number) => void;
  readonly signal: AbortSignal;
}

type Page = GatewayBody<"report.page">;

/**
 * Asks one gateway for the facts of a period and of the one before it, and has the measures of them taken.
 * @throws CountersignError `E_CLI_OFFLINE`, `E_CLM_SHAPE`, `E_CLI_CANCELLED`, `E_CLI_VERIFIER`, what the gateway refused with
 * (`E_QUERY_BROAD`, `E_FORBIDDEN`)
 */
export async function takeMeasures(parts: MeasuresParts, wanted: Wanted, watching: Watching): Promise<InsightsView> {
  const { verifier, sub } = parts;
  const { from, to, units, purpose } = wanted;
  const { job } = watching;
  const narrowed = units === undefined ? {} : { units };
  const periods = [
    { from, to, ...narrowed },
    { from: Math.max(0, from - (to - from)), to: from, ...narrowed },
  ];
  let first: Page | undefined;
  let read = 0;
  try {
    for (const filter of periods) {
      for await (const page of pagesOf(parts, filter, purpose, watching.signal)) {
        first ??= page;
        readable(await verifier.measure({ kind: "facts", job, items: page.items }));
        read += page.items.length;
        watching.onRead(read);
      }
    }
    const view = reportView.safeParse(first?.["view"]).data;
    if (view === undefined) throw new CountersignError("E_CLM_SHAPE");
    const asked = {
      ...{ period: { from, to }, zone: parts.zone(), groups: first?.["groups"] },
      // SECURITY: README decision 12: others' attention is for the designated reviewer alone.
      mayName: view.attention ? ("everybody" as const) : { only: sub },
    };
    const answer = readable(await untilStopped(verifier.measure({ kind: "measures", job, asked }), watching.signal));
    if (answer.kind !== "measures") throw new CountersignError("E_CLI_VERIFIER");
    return {
      insights: answer.insights,
      view: { scope: view.scope, units: view.units, attention: view.attention },
      agents: answer.names,
      me: sub,
    };
  } catch (error) {
    verifier.measure({ kind: "drop", job }).catch(() => undefined);
    throw error;
  }
}

/** Every page, in their order. */
async function* pagesOf(
  { link }: MeasuresParts,
  filter: object,
  purpose: Purpose | undefined,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  let next: string | undefined;
  do {
    const why = purpose === undefined ? {} : { purpose };
    const query = { name: "insights", filter, ...why, ...(next === undefined ? {} : { page: next }) };
    const { body } = await untilStopped(link.call("report.query", query, "report.page", ANSWER_MS), signal);
    if (body.name !== "insights") throw new CountersignError("E_CLM_SHAPE");
    yield body;
    next = body.next;
  } while (next !== undefined);
}

/** @throws CountersignError `E_CLM_SHAPE` */
function readable(answer: MeasureAnswer): Exclude<MeasureAnswer, { kind: "unreadable" }> {
  if (answer.kind === "unreadable") throw new CountersignError("E_CLM_SHAPE");
  return answer;
}

/** What comes later is dropped. @throws CountersignError `E_CLI_CANCELLED` */
async function untilStopped<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  answer.catch(() => undefined);
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      reject(new CountersignError("E_CLI_CANCELLED"));
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([answer, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
