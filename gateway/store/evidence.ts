/** What of the evidence in the hospital's record is still to be written (`gateway/evidence`). */
export interface EvidenceReads {
  /** Log entries below this one have been seen to; undefined before the first time. */
  evidenceCursor(): number | undefined;
  /** What the record's server refused, first what was longest not tried. */
  evidenceRefused(limit: number): readonly RefusedEvidence[];
}

export interface EvidenceWrites {
  setEvidenceCursor(index: number): void;
  /** Keeps, or counts once more, a resource that the server refused. */
  refuseEvidence(refused: Omit<RefusedEvidence, "tries">): void;
  /** It is written after all. */
  settleEvidence(leaf: number, part: number): void;
}

/** One resource that the server did not take. It is made anew from the log entry when it is tried again. */
export interface RefusedEvidence {
  /** Index of the log entry it speaks of. */
  readonly leaf: number;
  /** Which of that entry's resources. */
  readonly part: number;
  readonly type: "AuditEvent" | "Provenance";
  /** HTTP status of the last refusal; 0 where the resource could not even be made. */
  readonly status: number;
  readonly tries: number;
  /** Unix seconds of the last try. */
  readonly at: number;
}
