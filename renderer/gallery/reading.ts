import { refill } from "../bridge/fake/orders.ts";
import { reviewState } from "./requests.ts";
import type { GalleryState } from "./state.ts";

const claims = { ...refill, policy: { ...refill.policy, min_dwell_ms: 20_000 } };

/** What main's count of the reading misses, said beside Approve. */
export const READING: readonly GalleryState[] = [
  reviewState({
    id: "review-reading",
    title: "Review, policy asks for more reading",
    claims,
    review: { short: { left_s: 15, counts: true, was_away: false } },
  }),
  reviewState({
    id: "review-reading-away",
    title: "Review, read on a second screen, which is not counted",
    claims,
    review: { short: { left_s: 15, counts: false, was_away: true } },
  }),
  reviewState({
    id: "review-reading-back",
    title: "Review, come back to after reading that was not counted",
    claims,
    review: { short: { left_s: 4, counts: true, was_away: true } },
  }),
];
