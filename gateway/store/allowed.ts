import type { AllowedAct } from "../requests/allowed-act.ts";
import type { ExecutionOutcome } from "./rows.ts";

/** One action that policy allowed and the gateway carried out, or is carrying out. */
export interface AllowedRow {
  readonly act: AllowedAct;
  /** Whether this is the digest of what exactly was asked under the agent's key. */
  readonly isSame: (what: string) => boolean;
  /** Digest that its `access` entry in the log holds. */
  readonly dig: string;
  readonly started_at: number;
  readonly finished_at?: number;
  readonly outcome?: ExecutionOutcome;
}

export interface AllowedReads {
  allowedAct(id: string): AllowedRow | undefined;
  allowedByKey(agent: string, key: string): AllowedRow | undefined;
  /** Started and not finished: after a crash they are asked for, never repeated (protocol.md 3.11). */
  allowedToRecover(): readonly AllowedRow[];
}

export interface AllowedWrites {
  /** False when this agent used the key before. */
  startAllowed(row: Pick<AllowedRow, "act" | "dig"> & { readonly what: string }, at: number): boolean;
  /** False when it was finished before. */
  finishAllowed(id: string, outcome: ExecutionOutcome, at: number): boolean;
  /** It certainly never arrived: the agent may use its key again. */
  freeAllowedKey(id: string): void;
}
