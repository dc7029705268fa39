import { childDose } from "../bridge/fake/conflicts.ts";
import { hiddenCharacter } from "../bridge/fake/orders.ts";
import { makeSnapshot } from "../bridge/fake/snapshot.ts";
import { NOW } from "../bridge/fake/time.ts";
import type { Lesson, ScenarioEntry } from "#shared/ipc/contract.ts";

import { RECORDED, receiptOf, REVIEWS, reviewState } from "./requests.ts";
import type { GalleryState } from "./state.ts";

const SCENARIOS: readonly ScenarioEntry[] = [
  { id: "routine-refill", title: "Routine repeat of a blood pressure medicine" },
  { id: "weight-conflict", title: "A child's dose worked out from the wrong weight" },
  { id: "persuasive-lie", title: "A confident explanation that contradicts the record" },
  { id: "changed-while-open", title: "An order that changes while it is being read" },
  { id: "asked-again", title: "The same request, asked five times" },
];
const WEIGHT: Lesson = {
  answer: "deny",
  why: "The agent used 82 kg. The record says 28 kg: the dose is about three times too high.",
};

const inDemo = (state: GalleryState): GalleryState =>
  state.app === undefined ? state : { ...state, app: { ...state.app, isDemo: true } };
const menu = (id: string, title: string, scenarios: readonly ScenarioEntry[]): GalleryState =>
  inDemo({
    id,
    title,
    app: { snapshot: makeSnapshot({ scenarios }), reviews: REVIEWS, start: { kind: "scenarios" } },
  });

/** What only the demonstration has (S13). */
export const DEMO: readonly GalleryState[] = [
  menu("scenarios", "Demonstration, scenarios", SCENARIOS),
  menu("scenarios-none", "Demonstration, no sample agents", []),
  inDemo(
    reviewState({
      id: "lesson-same",
      title: "Demonstration, denied as a careful person does",
      claims: childDose,
      row: { status: { kind: "denied" } },
      review: { receipt: receiptOf({ receipt: RECORDED, decision: "deny", logged: "included" }), lesson: WEIGHT },
    }),
  ),
  inDemo(
    reviewState({
      id: "lesson-other",
      title: "Demonstration, approved where a careful person denies",
      claims: childDose,
      row: { status: { kind: "held", until: NOW + 8 } },
      review: { receipt: receiptOf({ receipt: RECORDED, can_revoke: true }), lesson: WEIGHT },
    }),
  ),
  inDemo(
    reviewState({
      id: "lesson-expired",
      title: "Demonstration, nobody answered",
      claims: hiddenCharacter,
      row: { status: { kind: "expired", at: NOW - 60 } },
      review: {
        lesson: {
          answer: "cannot-approve",
          why: "What is written is not what is drawn. Countersign shows the hidden character and takes approval away.",
        },
      },
    }),
  ),
];
