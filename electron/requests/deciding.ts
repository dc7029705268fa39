import type { RequestKey } from "#shared/ipc/contract.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ACR, LIMITS, TYP } from "#shared/protocol/names.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { GatewayClock } from "../connection/gateway-clock.ts";
import type { Link } from "../connection/link.ts";
import type { Outbox } from "../journal/outbox.ts";
import type { DecisionRecord } from "../journal/record.ts";
import type { UnlockedKey } from "../keys/unlocked-key.ts";
import type { Attention } from "./attention.ts";
import type { Chain } from "./chain.ts";
import { checkApproval, presenceOf, type DecideInput } from "./choice.ts";
import { buildClaims, checkAsGateway } from "./claims.ts";
import type { Delivery } from "./delivery.ts";
import { standingApproval, type Held } from "./held.ts";
import type { LogWatch } from "./log-watch.ts";
import type { Screen } from "./review.ts";
import { mayApprove, mayDeny, mayRevoke } from "./status.ts";
import type { Table } from "./table.ts";

/** Above this no approval is signed; deny works (reliability.md C1; approval-experience.md 6). */
const MAX_SKEW_MS = 120_000;

export interface DecidingParts {
  readonly crypto: Crypto;
  readonly link: Pick<Link, "status" | "gateway">;
  readonly time: Pick<GatewayClock, "nowS" | "offsetMs">;
  readonly table: Table;
  readonly screen: Screen;
  readonly attention: Attention;
  readonly outbox: Outbox;
  readonly chain: Chain;
  readonly delivery: Pick<Delivery, "pump" | "inFlight" | "isWaiting">;
  readonly logWatch: Pick<LogWatch, "alarm" | "pinned">;
  readonly me: ApproverClaims;
  readonly credential: string;
  readonly posture: { readonly app: string; readonly os: string };
  readonly newId: () => string;
  readonly key: () => UnlockedKey | undefined;
  /** Set while this computer and the gateway disagree about the chain. */
  readonly chainBroken: () => boolean;
  /** Why this key may sign nothing, and why it may not approve at this risk. */
  readonly keyStop: () => ErrorCode | undefined;
  readonly stop: (risk: RequestClaims["action"]["risk"]) => ErrorCode | undefined;
  /** @throws CountersignError `E_CLI_PIN`, `E_CLI_PIN_LOCKED` */
  readonly verifyPin: (pin: string) => Promise<void>;
  /** Gateway seconds of the last right PIN. */
  readonly verifiedAt: () => number;
  /** The details typed for this revision were wrong twice; its review has ended (approval-experience.md S5). */
  readonly onMismatch: (held: Held) => void;
}

/** Makes one decision at a time: from choices on the screen to signed bytes in the outbox. */
export interface Deciding {
  /**
   * @returns the record, which is on the disk and on its way
   * @throws CountersignError with the reason for the person; then nothing was signed that can ever be sent
   */
  decide(input: DecideInput): Promise<DecisionRecord>;
  /** Ends the decision that is being made with `E_CLI_CANCELLED`, unless it is signed already. */
  cancel(): void;
  /** One is signed and being written to the disk: it will be sent. */
  isKeeping(): boolean;
}

export function makeDeciding(parts: DecidingParts): Deciding {
  let current: Attempt | undefined;
  return {
    async decide(input) {
      if (current) throw new CountersignError("E_CLI_IN_FLIGHT");
      current = makeAttempt();
      try {
        return await decideOnce(parts, input, current);
      } finally {
        current = undefined;
      }
    },
    cancel() {
      current?.cancel();
    },
    isKeeping: () => current?.isSigned ?? false,
  };
}

/** A decision on its way to a signature, which its person may give up at any step (approval-experience.md S5). */
interface Attempt {
  readonly cancel: () => void;
  /** What a step gives, or `E_CLI_CANCELLED` as soon as it was given up: what a card still does then goes nowhere. */
  readonly unlessCancelled: <T>(step: Promise<T>) => Promise<T>;
  isSigned: boolean;
}

function makeAttempt(): Attempt {
  let cancel: () => void = () => undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    cancel = () => {
      reject(new CountersignError("E_CLI_CANCELLED"));
    };
  });
  // Given up between two steps, it is the next one that says so.
  cancelled.catch(() => undefined);
  return { cancel: () => cancel(), unlessCancelled: (step) => Promise.race([cancelled, step]), isSigned: false };
}

async function decideOnce(parts: DecidingParts, input: DecideInput, attempt: Attempt): Promise<DecisionRecord> {
  const { table, outbox } = parts;
  const first = check(parts, input);
  const approval = input.choice.kind === "approve" ? approve(parts, first, input) : undefined;
  const { rid } = first.key;
  // From here on the screen says "signing"; a change underneath ends it (protocol.md 3.6(8)).
  table.change(rid, (held) => ({ ...held, mine: [...held.mine, { kind: "signing", decision: input.choice.kind }] }));
  let reservation: Awaited<ReturnType<Outbox["reserve"]>> | undefined;
  try {
    const pin = input.choice.kind === "approve" ? input.choice.pin : undefined;
    if (pin !== undefined) await attempt.unlessCancelled(parts.verifyPin(pin));
    reservation = await outbox.reserve();
    // What was checked before the PIN is checked again: the world may have moved meanwhile.
    const held = check(parts, input);
    const { claims, key } = prepare(parts, held, input, approval, pin !== undefined);
    const jws = await attempt.unlessCancelled(key.sign(TYP.decision, claims));
    if (jws.length > LIMITS.decisionJws) throw new CountersignError("E_FMT_SIZE");
    // SECURITY: locked or replaced while a card signed: the signature is dropped (reliability.md D10).
    check(parts, input);
    const record = recordOf(parts, held, claims, jws);
    attempt.isSigned = true;
    await reservation.commit(record, parts.delivery.isWaiting());
    reservation = undefined;
    table.change(rid, (now) => ({
      ...now,
      mine: [...withoutSigning(now), { kind: "sending", record, submitted: false }],
    }));
    parts.delivery.pump();
    return record;
  } catch (error) {
    await reservation?.abandon();
    table.change(rid, (held) => ({ ...held, mine: withoutSigning(held) }));
    throw error;
  }
}

const withoutSigning = (held: Held): Held["mine"] => held.mine.filter((m) => m.kind !== "signing");

/** Everything that must hold for a decision to be made at all. Runs before and after the person is verified. */
function check(parts: DecidingParts, { key, rev, digest, choice }: DecideInput): Held {
  const { table, screen, time } = parts;
  if (!parts.key()) throw new CountersignError("E_CLI_LOCKED");
  // SECURITY: a key that was stopped signs nothing here either, whatever is kept for later (protocol.md 3.13).
  const stopped = parts.keyStop();
  if (stopped) throw new CountersignError(stopped);
  const held = find(table, key);
  // SECURITY: what is signed is what is on the screen, in this revision and these bytes (README decision 8, T-37). What
  // changed may be denied from the notice that it did: a denial grants nothing.
  const isShown = choice.kind === "approve" ? screen.shows(held) : screen.isOn(key);
  const isCurrent = held.revision.rev === rev && held.revision.digest === digest;
  if (!isShown || !isCurrent) throw new CountersignError("E_CLI_NOT_SHOWN");
  const now = time.nowS();
  const status = table.status({ ...held, mine: withoutSigning(held) });
  const live = parts.link.status.kind === "live";
  switch (choice.kind) {
    case "approve":
      if (status.kind === "quarantined") throw new CountersignError(status.code);
      if (status.kind === "expired") throw new CountersignError("E_REQ_EXPIRED");
      if (!mayApprove(status)) throw new CountersignError("E_CLI_STATE");
      checkSurroundings(parts, live, held.revision.content().claims.action.risk);
      break;
    case "deny":
      if (!mayDeny(status)) throw new CountersignError("E_CLI_STATE");
      break;
    case "revoke":
      if (!mayRevoke(status, now)) throw new CountersignError("E_CLI_STATE");
      break;
    default:
      choice satisfies never;
  }
  // SECURITY: a copied key or a restored backup signs nothing, protocol.md 3.7 (T-30).
  if (parts.chainBroken()) throw new CountersignError("E_CLI_CHAIN");
  checkInFlight(parts, choice.kind, live);
  return held;
}

/** An approval needs a connection, a clock and a log that can be believed (README decision 9; reliability.md C1). */
function checkSurroundings(
  { link, time, logWatch, stop }: DecidingParts,
  live: boolean,
  risk: RequestClaims["action"]["risk"],
): void {
  // SECURITY: never approved offline: its context can no longer be checked (README decision 9).
  if (!live || !link.gateway) throw new CountersignError("E_CLI_OFFLINE");
  if (Math.abs(time.offsetMs() ?? 0) > MAX_SKEW_MS) throw new CountersignError("E_CLI_CLOCK");
  // SECURITY: nothing new is trusted to a log that was changed, protocol.md 3.16 (T-15).
  const alarm = logWatch.alarm();
  if (alarm) throw new CountersignError(alarm);
  const stopped = stop(risk);
  if (stopped) throw new CountersignError(stopped);
}

/**
 * One decision in flight per key and gateway. Without a connection denials and revocations follow each other in the outbox
 * (protocol.md 3.7 `chain` handling); approvals never do.
 */
function checkInFlight({ outbox }: DecidingParts, kind: DecideInput["choice"]["kind"], live: boolean): void {
  if (outbox.entries().length > 0 && (live || kind === "approve")) throw new CountersignError("E_CLI_IN_FLIGHT");
}

function find(table: Table, key: RequestKey): Held {
  const held = table.get(key.rid);
  if (held?.key.iss !== key.iss) throw new CountersignError("E_CLI_NOT_FOUND");
  return held;
}

/** The person's choices against the request, and what policy asks of the person. */
function approve(parts: DecidingParts, held: Held, { choice }: DecideInput) {
  if (choice.kind !== "approve") throw new CountersignError("E_CLI_CHOICE");
  const { acr } = held.revision.content().claims.policy;
  // A card that could do more is not built yet: such a request can be read and denied here.
  if (acr !== ACR[0] && (acr !== ACR[1] || choice.pin === undefined)) throw new CountersignError("E_UV_ACR");
  try {
    return checkApproval(held.revision, choice);
  } catch (error) {
    const mismatched = error instanceof CountersignError && error.code === "E_CLI_REENTRY";
    if (mismatched && parts.screen.mismatch()) {
      parts.onMismatch(held);
      throw new CountersignError("E_CLI_REENTRY", "The details did not match twice. Start again from the patient.");
    }
    throw error;
  }
}

function prepare(
  parts: DecidingParts,
  held: Held,
  { choice }: DecideInput,
  approval: ReturnType<typeof checkApproval> | undefined,
  justNow: boolean,
): { readonly claims: DecisionClaims; readonly key: UnlockedKey } {
  const { crypto, me, time, link } = parts;
  const key = parts.key();
  if (!key) throw new CountersignError("E_CLI_LOCKED");
  const { revision, side } = held;
  const revokes = choice.kind === "revoke" ? standingApproval(held)?.record.dec_dig : undefined;
  const seen = parts.logWatch.pinned();
  const now = time.nowS();
  const claims = buildClaims({
    crypto,
    revision,
    me,
    choice,
    ...(approval === undefined ? {} : { approval }),
    ...(revokes === undefined ? {} : { revokes }),
    presence: presenceOf(key.storage, justNow ? now : parts.verifiedAt(), justNow),
    chain: parts.chain.next(),
    after: side.kind === "partial" ? side.after : [],
    ...(seen === undefined ? {} : { seen }),
    dwellMs: parts.attention.ms(),
    ...(parts.screen.shown === undefined ? {} : { openedAt: parts.screen.shown.openedAt }),
    posture: { ...parts.posture, key_storage: key.storage },
    jti: parts.newId(),
    now,
    live: link.status.kind === "live",
  });
  checkAsGateway(crypto, claims, revision, me, now);
  return { claims, key };
}

function recordOf(parts: DecidingParts, held: Held, claims: DecisionClaims, jws: string): DecisionRecord {
  const { revision, key } = held;
  const isAccepted = revision.verdict.kind === "accepted";
  const kind = claims.decision;
  if (kind !== "approve" && kind !== "deny" && kind !== "revoke") throw new CountersignError("E_CLM_DECISION");
  return {
    t: "decision",
    iss: key.iss,
    rid: key.rid,
    rev: revision.rev,
    kind,
    jti: claims.jti,
    dec_dig: jdig(parts.crypto, jws),
    req_dig: revision.digest,
    n: claims.chain.n,
    at: claims.iat,
    request: revision.content().jws,
    decision: jws,
    credential: parts.credential,
    gateway: parts.link.gateway?.credential ?? "",
    template: isAccepted ? JSON.stringify(revision.template) : "",
  };
}
