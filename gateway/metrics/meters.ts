import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

import { RISKS } from "#shared/protocol/claims/request.ts";
import { REQUEST_STATES } from "#shared/protocol/claims/receipt.ts";
import { clientBodies } from "#shared/protocol/messages.ts";
import { CODES } from "#shared/protocol/registry.ts";

import type { ExecutionOutcome } from "../store/rows.ts";
import { DOORS, type Traffic } from "../transport/traffic.ts";
import type { StoreMeters } from "./measured-store.ts";

/** The gateway's figures for Prometheus. docs/operations.md says what each means. */
export interface Meters extends Traffic, StoreMeters {
  /** The gateway logged an error under this event. */
  fault(event: string): void;
  /** So many keys were erased because their time was over. */
  erased(keys: number): void;
  /** Figures that are looked up when somebody asks. */
  watch(now: {
    readonly sockets: () => number;
    readonly logEntries: () => number;
    readonly isClockDoubted: () => boolean;
    /** The round that goes through the whole log; undefined between two. */
    readonly auditing: () => { readonly done: number; readonly of: number } | undefined;
    /** When one ended last, Unix seconds. */
    readonly auditedAt: () => number;
  }): void;
  /** Prometheus' text format and its media type. */
  expose(): Promise<{ readonly media: string; readonly text: string }>;
}

const OTHER = "other";

/** Every value a label can take. What is not in here is counted as `other`. */
export const LABEL_VALUES = {
  type: Object.keys(clientBodies),
  door: DOORS,
  code: Object.keys(CODES),
  decision: ["approve", "deny", "revoke"],
  outcome: REQUEST_STATES,
  state: REQUEST_STATES,
  tier: RISKS,
  result: ["done", "refused", "unknown"] satisfies ExecutionOutcome["kind"][],
  event: [
    ...["clock.doubted", "clock.jumped", "core.fault", "execution.fault", "http.fault", "log.damaged"],
    ...["retention.fault", "retention.traces", "store.failed", "store.full", "store.listener"],
    ...["ws.fault", "ws.feed", "ws.oversize"],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Label = keyof typeof LABEL_VALUES;

const KNOWN: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(LABEL_VALUES).map(([label, values]) => [label, new Set<string>(values)]),
);

/**
 * SECURITY: whoever scrapes keeps what labels say for years, so an id, a name or a text of an agent never becomes one
 * (protocol.md 3.19); and a client that makes words up makes no series.
 */
function closed(said: Readonly<Partial<Record<Label, string>>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(said).map(([label, value]) => [label, KNOWN.get(label)?.has(value) === true ? value : OTHER]),
  );
}

/** Durable commits take from under a millisecond (a good disk) to seconds (a dying one). */
const COMMIT_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** People take from seconds to the day a request may wait at most. */
const WAIT_S = [5, 15, 30, 60, 120, 300, 900, 1800, 3600, 14_400, 86_400];

/** Figures in a registry of their own: nothing is shared with whatever else runs in this process. */
export function makeMeters(): Meters {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends Label>(name: string, help: string, labels: readonly L[]) => {
    const made: Counter = new Counter({ name: `countersign_${name}`, help, labelNames: labels, registers });
    return (said: Readonly<Record<L, string>>, by = 1): void => made.inc(closed(said), by);
  };
  const messages = counter("messages_total", "Well-formed messages of clients, by type.", ["type"]);
  const refusals = counter("refusals_total", "What was refused, by where and by error code.", ["door", "code"]);
  const decisions = counter("decisions_total", "Recorded decisions, by what was decided and the state it led to.", [
    "decision",
    "outcome",
  ]);
  const transitions = counter("request_transitions_total", "Requests that came into a state, by state and risk tier.", [
    "state",
    "tier",
  ]);
  const executions = counter("executions_total", "Ended executions, by what the hospital system said.", ["result"]);
  const faults = counter("faults_total", "Errors in the gateway's own log, by event.", ["event"]);
  const erased = new Counter({
    name: "countersign_retention_erased_total",
    help: "Keys erased because the time to keep what they sealed was over.",
    registers,
  });
  const commit = new Histogram({
    name: "countersign_decision_commit_seconds",
    help: "From the start of the transaction that judged a decision until its answer was durable.",
    buckets: COMMIT_S,
    registers,
  });
  const wait = new Histogram({
    name: "countersign_decision_wait_seconds",
    help: "From a request's issue until an approval or denial of it was recorded, by risk tier.",
    labelNames: ["tier"],
    buckets: WAIT_S,
    registers,
  });
  // Present from the start, so that the first of them is seen as a rise.
  for (const event of LABEL_VALUES.event) faults({ event }, 0);
  for (const result of LABEL_VALUES.result) executions({ result }, 0);
  collectDefaultMetrics({ register: registry });

  return {
    message: (type) => messages({ type }),
    refused: (door, code) => refusals({ door, code }),
    moved: (state, tier) => transitions({ state, tier }),
    decided(decision, outcome, { waitedS, tier }) {
      decisions({ decision, outcome });
      if (decision !== "revoke") wait.observe(closed({ tier }), waitedS);
    },
    committed: (seconds) => commit.observe(seconds),
    executed: (result) => executions({ result }),
    erased: (keys) => erased.inc(keys),
    fault: (event) => faults({ event }),
    watch({ sockets, logEntries, isClockDoubted, auditing, auditedAt }) {
      const gauge = (name: string, help: string, read: () => number): void => {
        const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read()) });
      };
      gauge("countersign_sockets", "WebSockets that are open now.", sockets);
      gauge("countersign_log_entries", "Entries of the gateway's log.", logEntries);
      gauge(
        "countersign_log_audited_ratio",
        "How much of the whole log and store this round of the audit has seen.",
        () => {
          const { done, of } = auditing() ?? { done: 1, of: 1 };
          return done / Math.max(1, of);
        },
      );
      gauge("countersign_log_audited_timestamp_seconds", "When a whole audit of log and store ended last.", auditedAt);
      gauge("countersign_clock_doubted", "1 while the clock is not believed and nothing is erased by its age.", () =>
        isClockDoubted() ? 1 : 0,
      );
    },
    expose: async () => ({ media: registry.contentType, text: await registry.metrics() }),
  };
}
