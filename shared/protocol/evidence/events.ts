import { EVENT_NAMES, type EventName } from "../claims/event.ts";
import { REQUEST_STATES, type RequestState } from "../claims/receipt.ts";
import type { Crypto } from "../crypto-port.ts";
import { CountersignError } from "../error.ts";
import { eventUri } from "../names.ts";
import { verifyJws } from "../verify/signed.ts";
import { need, type StepLog } from "./steps.ts";
import type { Vouched } from "./vouched.ts";

/** A verified SET about the bundle's request. */
export interface BundleEvent {
  readonly name: EventName;
  readonly digest: string;
  readonly kid: string;
  readonly iat: number;
  /** About this revision; a SET acts only on the revision its `req_dig` names (protocol.md 3.21). */
  readonly here: boolean;
  readonly outcome: unknown;
}

/** Verifies every SET of the bundle. `undefined` when one could not be read. */
export function readEvents(
  log: StepLog,
  crypto: Crypto,
  events: readonly string[],
  { gateway, keys }: Vouched,
  request: { readonly claims: { readonly rid: string }; readonly digest: string },
): readonly BundleEvent[] | undefined {
  const read = events.map((jws, i) =>
    log.run(`events/${i}`, (): BundleEvent => {
      const { claims, header, digest } = verifyJws(crypto, "event", jws, (kid) => keys.keyFor("request", kid, 0), {
        unknownKey: "E_GW_KEY",
      });
      need(keys.keyFor("request", header.kid, claims.iat) !== undefined, "E_GW_KEY", "The key was retired.");
      need(claims.iss === gateway.sub, "E_BUNDLE", "Another gateway's event.");
      const [[uri, members] = ["", undefined], second] = Object.entries(claims.events);
      const name = EVENT_NAMES.find((known) => eventUri(known) === uri);
      const about = claims.sub_id.id === request.claims.rid && members?.rid === request.claims.rid;
      if (name === undefined || second !== undefined || !about) {
        throw new CountersignError("E_BUNDLE", "An event is of an unknown kind or about something else.");
      }
      return {
        name,
        digest,
        kid: header.kid,
        iat: claims.iat,
        here: members.req_dig === request.digest,
        outcome: members["outcome"],
      };
    }),
  );
  return read.every((event) => event !== undefined) ? read : undefined;
}

const WAITING: readonly RequestState[] = ["open", "partial"];

/** The state after `event`, by protocol.md 3.11; `undefined` when it cannot happen in `state`. */
function after(state: RequestState, { name, outcome }: BundleEvent): RequestState | undefined {
  const waiting = (to: RequestState) => (WAITING.includes(state) ? to : undefined);
  switch (name) {
    case "request-withdrawn":
      // Those who are not asked again by the next revision are told so after it (protocol.md 3.20).
      return state === "superseded" ? state : waiting("withdrawn");
    case "request-expired":
      return waiting("expired");
    case "request-superseded":
      // A request that ended because its approver's key was stopped is revised as well.
      return state === "revoked" ? state : waiting("superseded");
    case "request-resolved":
      return resolved(
        state,
        REQUEST_STATES.find((known) => known === outcome),
      );
    case "task-executing":
      return state === "approved" ? "executing" : undefined;
    case "task-completed":
      return state === "executing" ? "completed" : undefined;
    case "task-failed":
      return state === "executing" ? "failed" : undefined;
    case "quorum-progress":
    case "token-revoked":
      return state;
    case "key-changed":
      return undefined;
    default:
      return name satisfies never;
  }
}

function resolved(state: RequestState, outcome: RequestState | undefined): RequestState | undefined {
  if (outcome === state) return state;
  // The decisions were replayed first: an approval that its own person took back was told as approved before.
  if (outcome === "approved" && state === "revoked") return state;
  const canLapse = outcome === "lapsed" && state === "approved";
  // The gateway itself revokes when an approver's key is stopped (protocol.md 3.13).
  const canEnd = outcome === "revoked" && (state === "partial" || state === "approved");
  return canLapse || canEnd ? outcome : undefined;
}

/** What others decided meanwhile, where their decisions are not here. */
function byOthers(state: RequestState, { name, outcome }: BundleEvent): RequestState | undefined {
  if (name !== "request-resolved" || !WAITING.includes(state)) return undefined;
  return REQUEST_STATES.find((known) => known === outcome);
}

/** What the request came to: the replayed decisions' state, moved on by the events in the order of their times. */
export function applyEvents(
  log: StepLog,
  decided: RequestState,
  events: readonly BundleEvent[],
  areOthersAway = false,
): RequestState {
  let state = decided;
  log.run("outcome", () => {
    for (const event of [...events].sort((a, b) => a.iat - b.iat)) {
      if (!event.here) continue;
      const next = after(state, event) ?? (areOthersAway ? byOthers(state, event) : undefined);
      need(next !== undefined, "E_BUNDLE", `${event.name} cannot follow ${state}.`);
      state = next ?? state;
    }
  });
  return state;
}
