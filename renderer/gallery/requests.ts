import { arabicName, bisoprolol, hiddenCharacter, refill } from "../bridge/fake/orders.ts";
import { childDose, opioid, opioidRevised } from "../bridge/fake/conflicts.ts";
import { allergyRemoval, bulkAssign, externalReferral, phoneChange } from "../bridge/fake/others.ts";
import { makeReview } from "../bridge/fake/reviews.ts";
import { makeSnapshot } from "../bridge/fake/snapshot.ts";
import { NOW } from "../bridge/fake/time.ts";
import { OKAFOR } from "../bridge/fake/people.ts";
import { deceasedPatient, floodRequests } from "../bridge/fake/more.ts";
import type { AppSnapshot, QueueRow, ReceiptView, RequestStatus, ReviewData } from "#shared/ipc/contract.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import type { GalleryState } from "./state.ts";

/** All requests of the fake, so that every link of the queue opens something. */
export const REVIEWS: readonly ReviewData[] = [
  childDose,
  opioid,
  hiddenCharacter,
  bisoprolol,
  arabicName,
  externalReferral,
  bulkAssign,
  phoneChange,
  allergyRemoval,
  refill,
  deceasedPatient,
  ...floodRequests,
].map((claims) => {
  const row = makeSnapshot().rows.find(({ key }) => key.rid === claims.rid);
  return makeReview(claims, {}, row === undefined ? {} : { ...row });
});

interface Shown {
  readonly id: string;
  readonly title: string;
  readonly claims: RequestClaims;
  readonly row?: Partial<QueueRow>;
  readonly review?: Partial<ReviewData>;
  readonly snapshot?: Partial<AppSnapshot>;
  readonly events?: NonNullable<GalleryState["app"]>["events"];
}

/** The app with this request open. */
export function reviewState({
  id,
  title,
  claims,
  row = {},
  review = {},
  snapshot = {},
  events = [],
}: Shown): GalleryState {
  const shown = makeReview(claims, review, row);
  const others = makeSnapshot().rows.filter(({ key }) => key.rid !== claims.rid);
  return {
    id,
    title,
    app: {
      snapshot: makeSnapshot({ rows: [shown.row, ...others], ...snapshot }),
      reviews: [shown, ...REVIEWS.filter((one) => one.row.key.rid !== claims.rid)],
      start: { kind: "request", key: shown.row.key, sheet: undefined },
      events,
    },
  };
}

/** What a gateway answers to a decision that it took. */
export const RECORDED: NonNullable<ReceiptView["receipt"]> = {
  ver: 1,
  iss: "https://gw.northgate.example",
  aud: "https://directory.northgate.example/a/okafor",
  sub: "https://gw.northgate.example",
  iat: NOW - 1,
  jti: "019f0000-0000-7000-8000-0000000000aa",
  result: "recorded",
  enf: "gateway",
};

export const receiptOf = (change: Partial<ReceiptView> = {}): ReceiptView => ({
  decision: "approve",
  signed_at: NOW - 2,
  signer: OKAFOR,
  reference: "019f0000-0000-7000-8000-000000000001",
  logged: "pending",
  can_revoke: false,
  ...change,
});

/** The receipt screen of a request in this state. */
export function receiptOfState(
  id: string,
  title: string,
  status: RequestStatus,
  receipt: Partial<ReceiptView> = {},
): GalleryState {
  const isAccepted = !["sending", "rejected", "undelivered"].includes(status.kind);
  const view = receiptOf({ ...(isAccepted ? { receipt: RECORDED } : {}), ...receipt });
  return reviewState({ id, title, claims: refill, row: { status }, review: { receipt: view } });
}

export const CHANGED = makeReview(
  opioidRevised,
  { previous: opioid, check_words: ["ferry", "stone", "cedar", "onion"] },
  { status: { kind: "changed", at: NOW, from_rev: 1 } },
);
