import type { Fact, RequestClaims } from "#shared/protocol/claims/request.ts";

export type Check = NonNullable<RequestClaims["checks"]>[number];

/** A fact before it gets its id. Texts are capped to what a request may hold. */
export interface NewFact {
  readonly src: Fact["src"];
  readonly sev: Severity;
  readonly code: string;
  readonly text: string;
  readonly ack: boolean;
  readonly override?: true;
  readonly label: string;
  readonly as_of?: string;
  readonly path?: string;
  readonly value?: string;
  readonly unit?: string;
}

/**
 * How a fact is shown: `info` is plain; `warning` is loud; `high` and `critical` must be ticked one by one (`ack`). A
 * conflict needs a coded reason as well (`override`, protocol.md 3.5).
 */
export type Severity = "info" | "warning" | "high" | "critical";

interface RecordFact {
  readonly code: string;
  readonly label: string;
  readonly text: string;
  readonly sev?: Severity;
  readonly as_of?: string | undefined;
  readonly path?: string | undefined;
  readonly value?: string | undefined;
  readonly unit?: string | undefined;
}

/** Something the record says. */
export function recordFact(fact: RecordFact): NewFact {
  const sev = fact.sev ?? "info";
  return { src: "ehr", ack: sev === "high" || sev === "critical", sev, ...members(fact) };
}

/** A contradiction, found by the gateway (approval-experience.md 3.3(5)): parsed values only, never quoted prose. */
export function conflictFact(fact: Omit<RecordFact, "code" | "sev">): NewFact {
  return { src: "gateway", sev: "critical", ack: true, override: true, ...members({ ...fact, code: "conflict" }) };
}

function members(fact: RecordFact): Omit<NewFact, "src" | "sev" | "ack" | "override"> {
  return {
    code: fact.code,
    label: fact.label.slice(0, 200),
    text: fact.text.slice(0, 2000),
    ...(fact.as_of === undefined ? {} : { as_of: fact.as_of.slice(0, 40) }),
    ...(fact.path === undefined ? {} : { path: fact.path.slice(0, 512) }),
    ...(fact.value === undefined ? {} : { value: fact.value.slice(0, 2000) }),
    ...(fact.unit === undefined ? {} : { unit: fact.unit.slice(0, 64) }),
  };
}

export const passed = (id: string, label: string, by = "gateway"): Check => ({ id, label, result: "pass", by });
export const failed = (id: string, label: string, why: string, by = "gateway"): Check => ({
  id,
  label,
  result: "fail",
  by,
  why: why.slice(0, 500),
});
/** Nobody looked: said as plainly as a failure (principle P3). */
export const notRun = (id: string, label: string, why: string): Check => ({
  id,
  label,
  result: "not_run",
  by: "gateway",
  why: why.slice(0, 500),
});

/** What one part of the gathering found. */
export interface Findings {
  readonly facts: readonly NewFact[];
  readonly checks: readonly Check[];
}

/** A name or value fit for a sentence of the gateway: one line, short; longer or broken text is not repeated. */
export function shortValue(text: string | undefined, otherwise: string): string {
  if (text === undefined || text.length > 80 || /[\r\n\t]/.test(text)) return otherwise;
  return text;
}
