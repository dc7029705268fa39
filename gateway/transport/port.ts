import type { Core } from "../core.ts";

/** What the network side uses of the gateway's heart. */
export type TransportCore = Pick<
  Core,
  | "iss"
  | "credential"
  | "enrolment"
  | "keys"
  | "documents"
  | "feed"
  | "events"
  | "proveSession"
  | "authenticate"
  | "chainHead"
  | "onKeyChanged"
  | "submitInGroup"
  | "submitStatement"
  | "viewed"
  | "status"
  | "history"
  | "report"
  | "checkpoint"
  | "logProof"
  | "logConsistency"
>;
