import { makeGateway, makeSnapshot } from "../bridge/fake/snapshot.ts";
import { minutes, NOW } from "../bridge/fake/time.ts";
import { GOOD, state as history } from "./records.ts";
import { elmwood } from "./several-gateways.ts";
import type { GalleryState } from "./state.ts";

const STOPPED = { at: NOW - minutes(28), by: "LEE, Min (Dr)", proof: "statement" } as const;
const SUPERVISED = makeSnapshot({ gateways: [makeGateway({ may_stop: true })] });
export const HALTED = makeSnapshot({ gateways: [makeGateway({ may_stop: true, everything_stopped: STOPPED })] });

const queue = (
  id: string,
  title: string,
  everything_stopped: typeof STOPPED | { at: number; proof: "none" | "not_valid" },
): GalleryState => ({
  id,
  title,
  app: { snapshot: makeSnapshot({ rows: [], gateways: [makeGateway({ everything_stopped })] }), reviews: [] },
});

/** The stop switch: what everybody sees, what a supervisor is offered, and what is said before it is signed. */
export const STOP_STATES: readonly GalleryState[] = [
  queue("everything-stopped", "Queue, a supervisor stopped everything", STOPPED),
  queue("everything-stopped-operator", "Queue, an operator stopped everything", { at: STOPPED.at, proof: "none" }),
  queue("everything-stopped-unproven", "Queue, everything is stopped and nobody can prove by whom", {
    at: STOPPED.at,
    proof: "not_valid",
  }),
  {
    id: "everything-stopped-supervisor",
    title: "Queue, everything is stopped, for who may resume it",
    app: { snapshot: { ...HALTED, rows: [] }, reviews: [] },
  },
  {
    id: "everything-stopped-one-of-two",
    title: "Queue, everything is stopped at one of two gateways",
    app: {
      snapshot: makeSnapshot({ rows: [], gateways: [makeGateway(), elmwood({ everything_stopped: STOPPED })] }),
      reviews: [],
    },
  },
  history("records-supervisor", "History of a gateway, for who may stop everything", GOOD, { snapshot: SUPERVISED }),
  history("records-stopped", "History of a gateway where everything is stopped", GOOD, { snapshot: HALTED }),
  history("stop-everything", "Stop everything, before it is signed", GOOD, {
    snapshot: SUPERVISED,
    start: { kind: "history", stopping: "stop-everything" },
  }),
  history("resume-everything", "Resume everything, before it is signed", GOOD, {
    snapshot: HALTED,
    start: { kind: "history", stopping: "resume-everything" },
  }),
];
