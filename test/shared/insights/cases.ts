import type { Case, CaseDecision } from "#shared/insights/case.ts";

/** 2026-11-02 is a Monday; 00:00 UTC. */
export const MONDAY = Date.UTC(2026, 10, 2) / 1000;
export const HOUR = 3600;
export const DAY = 24 * HOUR;

export const makeDecision = (change: Partial<CaseDecision> = {}): CaseDecision => ({
  person: "p1",
  kind: "approve",
  at: MONDAY + 60,
  ...change,
});

let made = 0;

/** Approved by one person a minute after it was asked, unless told; decided when its last decision was made. */
export function makeCase(change: Partial<Case> = {}): Case {
  const asked_at = change.asked_at ?? MONDAY;
  const decisions = change.decisions ?? [makeDecision({ at: asked_at + 60 })];
  const decided_at = decisions.at(-1)?.at;
  return {
    id: `r${String(made++)}`,
    type: "order.create",
    agent: "a1",
    tier: 1,
    pool: "ward",
    asked_at,
    due_at: asked_at + HOUR,
    outcome: "approved",
    ...(decided_at === undefined ? {} : { decided_at }),
    decisions,
    reasons: [],
    overrides: [],
    conflict: false,
    changed: false,
    claim_characters: 100,
    reading: { words: 0, changed_fields: 0, conflicts: 0 },
    denied_before: 0,
    ...change,
  };
}

export const denied = (change: Partial<Case> = {}): Case => {
  const at = (change.asked_at ?? MONDAY) + 60;
  return makeCase({
    outcome: "denied",
    decisions: [makeDecision({ kind: "deny", at })],
    reasons: ["not-needed"],
    ...change,
  });
};

export const many = (n: number, make: (i: number) => Case): Case[] => Array.from({ length: n }, (_, i) => make(i));
