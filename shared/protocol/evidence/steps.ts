import { CountersignError } from "../error.ts";
import type { ErrorCode } from "../registry.ts";

/** One step of an evidence check, as `countersign verify` prints it (protocol.md 3.12). */
export interface EvidenceStep {
  readonly step: string;
  readonly ok: boolean;
  /** Why it failed; of a step that does not count, what it would have been. */
  readonly code?: ErrorCode;
  /** `state`: needs the gateway's or client's live state. `withheld`: needs what was kept back from whoever verifies. `others`: needs what others said, which is at the gateway alone. */
  readonly skipped?: "state" | "classifier" | "status" | "rejected" | "denied" | "withheld" | "others";
  readonly why?: string;
}

/** Collects steps. A step that throws a {@link CountersignError} failed; anything else is a defect and is thrown on. */
export class StepLog {
  readonly steps: EvidenceStep[] = [];
  readonly #soft: boolean;

  /** `soft`: failures are told and do not count. */
  constructor(soft = false, steps: EvidenceStep[] = []) {
    this.#soft = soft;
    this.steps = steps;
  }

  /** A log into the same list whose failures do not count: what is checked was not relied on. */
  soft(): StepLog {
    return new StepLog(true, this.steps);
  }

  run<T>(step: string, check: () => T): T | undefined {
    try {
      const value = check();
      this.steps.push({ step, ok: true });
      return value;
    } catch (e) {
      if (!(e instanceof CountersignError)) throw e;
      const failure = { step, code: e.code, ...(e.message === e.code ? {} : { why: e.message }) };
      this.steps.push(this.#soft ? { ...failure, ok: true, skipped: "denied" } : { ...failure, ok: false });
      return undefined;
    }
  }

  skip(step: string, skipped: NonNullable<EvidenceStep["skipped"]>): void {
    this.steps.push({ step, ok: true, skipped });
  }

  get ok(): boolean {
    return this.steps.every((step) => step.ok);
  }
}

export function need(condition: boolean, code: ErrorCode, why: string): void {
  if (!condition) throw new CountersignError(code, why);
}
