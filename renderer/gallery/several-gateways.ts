import { externalReferral } from "../bridge/fake/others.ts";
import { bisoprolol, refill } from "../bridge/fake/orders.ts";
import { OKAFOR } from "../bridge/fake/people.ts";
import { makeReview, makeRow } from "../bridge/fake/reviews.ts";
import { makeGateway, makeSnapshot } from "../bridge/fake/snapshot.ts";
import { fakeKid } from "../bridge/fake/digest.ts";
import { NOW, minutes } from "../bridge/fake/time.ts";
import type { AppSnapshot, GatewayStatus, ReviewData } from "#shared/ipc/contract.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { HISTORY } from "./history.ts";
import { REVIEWS } from "./requests.ts";
import type { GalleryState } from "./state.ts";

/** Another gateway of the same hospital, and three of the morning's requests from there. */
const ISS = "https://gateway.elmwood.example";
const NAME = "Elmwood Heart Centre";
const PERSON = { ...OKAFOR, gateways: [NAME, "Northgate Hospital"] };
const THERE: readonly RequestClaims[] = [bisoprolol, externalReferral, refill].map((claims) => ({
  ...claims,
  iss: ISS,
}));

export const elmwood = (change: Partial<GatewayStatus> = {}): GatewayStatus =>
  makeGateway({ iss: ISS, name: NAME, ...change });
const AWAY = elmwood({
  connection: { kind: "offline", since: NOW - minutes(12), retry_at: NOW + 20 },
  last_message_at: NOW - minutes(12),
});
const UNOPENED: GatewayStatus = {
  ...{ iss: ISS, name: NAME, env: "production", refused: {} },
  connection: { kind: "unopened", code: "E_CLI_JOURNAL" },
};

const isThere = ({ rid }: { readonly rid: string }): boolean => THERE.some((claims) => claims.rid === rid);
const ROWS = makeSnapshot().rows.map((row) =>
  isThere(row.key) ? { ...row, key: { iss: ISS, rid: row.key.rid } } : row,
);
const REVIEWS_OF_BOTH: readonly ReviewData[] = [
  ...REVIEWS.filter(({ row }) => !isThere(row.key)),
  ...THERE.map((claims) =>
    makeReview(claims, { gateway_name: NAME, signer: { ...OKAFOR, role: "Visiting consultant" } }),
  ),
];

const state = (
  id: string,
  title: string,
  there: GatewayStatus,
  more: Partial<NonNullable<GalleryState["app"]>> = {},
  change: Partial<AppSnapshot> = {},
): GalleryState => ({
  id,
  title,
  app: {
    snapshot: makeSnapshot({
      phase: { kind: "unlocked", person: PERSON },
      gateways: [there, makeGateway()],
      rows: ROWS,
      ...change,
    }),
    reviews: REVIEWS_OF_BOTH,
    ...more,
  },
});

const [first] = THERE;
const key = makeRow(first ?? bisoprolol).key;

/** One person, two gateways (docs/decisions/0008). */
export const SEVERAL_GATEWAYS: readonly GalleryState[] = [
  state("gateways-queue", "Two gateways, queue", elmwood()),
  state("gateways-queue-away", "Two gateways, queue, one is not connected", AWAY),
  state(
    "gateways-queue-unopened",
    "Two gateways, queue, the files of one did not open",
    UNOPENED,
    {},
    { rows: ROWS.filter((row) => row.key.iss !== ISS) },
  ),
  state("gateways-review", "Two gateways, review", elmwood(), { start: { kind: "request", key, sheet: undefined } }),
  state("gateways-review-away", "Two gateways, review, its gateway is not connected", AWAY, {
    start: { kind: "request", key, sheet: undefined },
  }),
  state("gateways-deny", "Two gateways, denial", elmwood(), { start: { kind: "request", key, sheet: "deny" } }),
  state("gateways-history", "Two gateways, history", elmwood(), {
    start: { kind: "history" },
    history: HISTORY.map((row, at) => (at % 2 === 0 ? row : { ...row, key: { iss: ISS, rid: row.key.rid } })),
  }),
  state("gateways-settings", "Two gateways, settings", AWAY, { start: { kind: "settings" } }),
  state(
    "gateways-add",
    "A gateway is added, ticket and code",
    elmwood(),
    {},
    {
      phase: { kind: "setup", joins: OKAFOR, canLeave: true, enrolment: { kind: "ticket" } },
      gateways: [],
      rows: [],
    },
  ),
  state(
    "gateways-locked",
    "Locked, one person under two PINs",
    elmwood(),
    {},
    {
      phase: { kind: "locked", people: [PERSON, { ...OKAFOR, kid: fakeKid("okafor-2") }], waiting: 0 },
      gateways: [],
      rows: [],
    },
  ),
];
