import type { PracticeStatus } from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Known } from "../keys/keyring.ts";
import type { Desk, DeskEvents } from "../requests/desk-port.ts";
import { openPractice, type PracticeParts } from "./practice.ts";
import { PRACTICE_GATEWAY } from "./places.ts";
import { makePractised } from "./practised.ts";

/** Step 4 of set-up (approval-experience.md S1): who has to practise before their first request. */
export interface Practising {
  /** With one of their enrolments is enough. */
  isOwedBy(enrolments: readonly Known[]): Promise<boolean>;
  begin(known: Known): Promise<Practice>;
}

/** The practice of one person, until they lock the app or go on. */
export interface Practice {
  /** Where its requests come from: nobody's gateway. */
  readonly iss: string;
  /** The enrolment it is for. */
  readonly known: Known;
  readonly status: PracticeStatus;
  /** Another attempt; there is no limit. Its desk has to be started, and the one before has to be closed. */
  attempt(events: DeskEvents, onOver: () => void): { readonly desk: Desk; readonly start: () => Promise<void> };
  /** Keeps that this person need not practise again. @throws CountersignError `E_CLI_STATE`: neither passed nor skippable */
  finish(): Promise<void>;
}

/** @param folder of the people who are enrolled here */
export function makePractising(parts: PracticeParts, folder: string): Practising {
  const practised = makePractised(folder, parts.clock);
  return {
    async isOwedBy(enrolments) {
      const done = await Promise.all(enrolments.map((known) => practised.isDone(known)));
      return !done.includes(true);
    },
    async begin(known) {
      let status: PracticeStatus = { kind: "offered", may_skip: await practised.hasPassedLately(known) };
      return {
        iss: PRACTICE_GATEWAY,
        known,
        get status() {
          return status;
        },
        attempt(events, onOver) {
          status = { kind: "running" };
          return openPractice(parts, known, events, (over) => {
            status = over;
            onOver();
          });
        },
        async finish() {
          const isPassed = status.kind === "over" && status.passed;
          const isSkipped = status.kind === "offered" && status.may_skip;
          if (!isPassed && !isSkipped) throw new CountersignError("E_CLI_STATE", "The practice is not passed yet.");
          await practised.keep(known, isPassed);
        },
      };
    },
  };
}

/** Where nobody owes a practice. */
export const NO_PRACTICE: Practising = {
  isOwedBy: () => Promise.resolve(false),
  begin: () => Promise.reject(new CountersignError("E_CLI_STATE")),
};
