import type { RequestStatus, ReviewData } from "#shared/ipc/contract.ts";

import type { Desk, DeskEvents } from "../requests/desk-port.ts";
import type { DemoHost } from "./host.ts";

/**
 * A desk that also tells what a careful person does. SECURITY: the answer leaves main only once this person has decided or
 * the request has ended, so that nothing on the screen can give it away (approval-experience.md S13).
 */
export async function teachAt(
  host: DemoHost,
  events: DeskEvents,
  makeDesk: (events: DeskEvents) => Promise<Desk>,
): Promise<Desk> {
  const taught = (review: ReviewData): ReviewData => {
    const lesson = host.lessonOf(review.claims.task.id);
    return lesson === undefined || !isOver(review) ? review : { ...review, lesson };
  };
  const desk = await makeDesk({ ...events, onReview: (review) => events.onReview(taught(review)) });
  return {
    ...desk,
    openReview(key) {
      const review = desk.openReview(key);
      host.opened(review.claims.task.id);
      return taught(review);
    },
  };
}

const ENDED: ReadonlySet<RequestStatus["kind"]> = new Set(["expired", "withdrawn", "decided_elsewhere", "lapsed"]);

const isOver = ({ receipt, row }: ReviewData): boolean => receipt !== undefined || ENDED.has(row.status.kind);
