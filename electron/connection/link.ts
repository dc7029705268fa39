import type { ConnectionStatus } from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { CLOSE, type ClientBody, type ClientType, type GatewayType } from "#shared/protocol/messages.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import { backoffMs, fraction } from "./backoff.ts";
import type { Cursor, FeedMessage } from "./feed.ts";
import { openSession, type Progress, type Ready, type Session, type SessionEnd, type SessionParts } from "./session.ts";
import type { TrustedGateway } from "./trusted-gateway.ts";
import type { IncomingOf } from "./wire.ts";

export interface LinkEvents {
  onStatus(status: ConnectionStatus): void;
  onReady(ready: Ready): void;
  onSnapshot(phase: "begin" | "end"): void;
  /** In order; resolves when what must not be forgotten is on the disk. */
  onFeed(message: FeedMessage): Promise<void>;
}

/** The connection to one gateway: opens sessions, waits between them, and knows when to stop (protocol.md 3.4). */
export interface Link {
  readonly status: ConnectionStatus;
  /** The gateway as last proven, also while the socket is down. */
  readonly gateway: TrustedGateway | undefined;
  /** The directory vouches for the gateway anew: from now on by this, and everything open is asked for again. */
  renew(gateway: TrustedGateway): void;
  start(): void;
  /** Ends the session and stays stopped. */
  stop(): void;
  /** Asks at once whether the other side is there, or tries at once if it is waiting: after sleep or a new network. */
  probe(): void;
  /** Nothing is sent where there is no session. */
  send<T extends ClientType>(type: T, body: ClientBody<T>): void;
  /** @throws CountersignError `E_CLI_OFFLINE` when there is no session; otherwise as `Wire.call` */
  call<T extends ClientType, A extends GatewayType>(
    type: T,
    body: ClientBody<T>,
    answer: A,
    deadlineMs: number,
  ): Promise<IncomingOf<A>>;
}

/** Nothing changes by itself after these: no further attempt until the person unlocks again. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "E_VERSION",
  "E_AUTH_CRED",
  "E_KEY_UNKNOWN",
  "E_KEY_REVOKED",
  "E_KEY_VALIDITY",
  "E_KEY_SUBJECT",
  "E_KEY_DEVICE",
  "E_FORBIDDEN",
]);
/**
 * The other side is not who it should be, or the directory has suspended my key: refused and shown, but looked at again in
 * case IT mends it or the directory reinstates the key.
 */
const MENDED: ReadonlySet<ErrorCode> = new Set(["E_GW_CRED", "E_AUTH_PROOF", "E_CLI_TLS", "E_KEY_SUSPENDED"]);
/**
 * What counts before the other side has proved itself: what was found out here, and that no version is common, which a
 * gateway can say no later (protocol.md 3.4.3). SECURITY: nothing else that a stranger says stops the link or is repeated to
 * a person (docs/decisions/0017).
 */
const UNPROVED: ReadonlySet<ErrorCode> = new Set(["E_VERSION", "E_GW_CRED", "E_AUTH_PROOF", "E_CLI_TLS"]);
const CLOSE_CODES: Readonly<Record<number, ErrorCode>> = {
  [CLOSE.forbidden]: "E_FORBIDDEN",
  [CLOSE.sameKeyElsewhere]: "E_KEY_DEVICE",
  [CLOSE.version]: "E_VERSION",
};
const MENDED_RETRY_MS = 30_000;
/** A session that lived this long was a good one: the next trouble starts the backoff anew. */
const STABLE_MS = 30_000;
const MAX_DRAIN_JITTER_MS = 5_000;

type Phase =
  | { readonly kind: "stopped" }
  | { readonly kind: "open"; readonly session: Session; readonly since: number }
  | { readonly kind: "waiting"; readonly cancel: () => void };

export function makeLink(parts: SessionParts, events: LinkEvents): Link {
  const { clock, time } = parts;
  let phase: Phase = { kind: "stopped" };
  let status: ConnectionStatus = { kind: "offline", since: time.nowS(), retry_at: time.nowS() };
  let gateway: TrustedGateway | undefined;
  let cursor: Cursor | undefined;
  let attempt = 0;
  let offlineSince = time.nowS();

  function say(next: ConnectionStatus): void {
    if (JSON.stringify(next) === JSON.stringify(status)) return;
    status = next;
    events.onStatus(status);
  }

  function open(): void {
    attempt++;
    // A refusal stays on the screen until an attempt succeeds.
    if (status.kind !== "refused") say({ kind: "connecting", attempt });
    // Callbacks of an earlier socket find another session here and are dropped.
    const isCurrent = () => phase.kind === "open" && phase.session === session;
    const session = openSession(parts, cursor, {
      onReady(ready) {
        if (!isCurrent()) return;
        gateway = ready.gateway;
        events.onReady(ready);
      },
      onProgress(progress) {
        if (isCurrent()) say(statusOf(progress));
      },
      onSnapshot(which) {
        if (isCurrent()) events.onSnapshot(which);
      },
      onFeed: (message) =>
        isCurrent() ? events.onFeed(message) : Promise.reject(new CountersignError("E_CLI_OFFLINE")),
      onCursor(next) {
        if (isCurrent()) cursor = next;
      },
      onEnd(end) {
        if (isCurrent()) ended(end);
      },
    });
    phase = { kind: "open", session, since: clock.elapsedMs() };
  }

  function statusOf(progress: Progress): ConnectionStatus {
    const now = time.nowS();
    switch (progress) {
      case "catching_up":
        return { kind: "catching_up" };
      case "live":
        return { kind: "live", since: now };
      case "stale":
        return { kind: "stale", since: now };
      case "draining":
        return { kind: "offline", since: now, retry_at: now };
      default:
        return progress satisfies never;
    }
  }

  function ended(end: SessionEnd): void {
    const lived = phase.kind === "open" ? clock.elapsedMs() - phase.since : 0;
    if (end.wasReady) {
      offlineSince = time.nowS();
      if (lived >= STABLE_MS) attempt = 0;
    }
    const code = codeOf(end);
    if (code && FINAL.has(code) && end.wasProved) {
      phase = { kind: "stopped" };
      say({ kind: "refused", code });
    } else if (code) {
      say({ kind: "refused", code });
      wait(MENDED_RETRY_MS);
    } else {
      const delay = delayMs(end);
      // A lost connection takes a refusal off the screen: it is no longer what is wrong.
      say({ kind: "offline", since: offlineSince, retry_at: time.nowS() + Math.ceil(delay / 1000) });
      wait(delay);
    }
  }

  function delayMs(end: SessionEnd): number {
    if (end.drainMs !== undefined) {
      return end.drainMs + Math.round(fraction(parts.random) * Math.min(end.drainMs, MAX_DRAIN_JITTER_MS));
    }
    return backoffMs(Math.max(attempt, 1), parts.random);
  }

  function wait(delayForMs: number): void {
    // Locked: a session needs the person's key. Unlocking starts the link again.
    if (!parts.key()) {
      phase = { kind: "stopped" };
      return;
    }
    phase = { kind: "waiting", cancel: clock.after(delayForMs, open) };
  }

  return {
    get status() {
      return status;
    },
    get gateway() {
      return gateway;
    },
    renew(next) {
      gateway = next;
      if (phase.kind === "open") phase.session.askAnew();
    },
    start() {
      if (phase.kind === "stopped") open();
    },
    stop() {
      const old = phase;
      phase = { kind: "stopped" };
      if (old.kind === "waiting") old.cancel();
      if (old.kind === "open") old.session.close();
      say({ kind: "offline", since: time.nowS(), retry_at: time.nowS() });
    },
    probe() {
      if (phase.kind === "open") phase.session.probe();
      if (phase.kind === "waiting") {
        phase.cancel();
        open();
      }
    },
    send(type, body) {
      if (phase.kind === "open" && phase.session.isReady) phase.session.wire.send(type, body);
    },
    call(type, body, answer, deadlineMs) {
      if (phase.kind !== "open" || !phase.session.isReady) return Promise.reject(new CountersignError("E_CLI_OFFLINE"));
      return phase.session.wire.call(type, body, answer, deadlineMs);
    },
  };
}

/** What ended a session, as a code that decides whether to try again: one of {@link FINAL} or {@link MENDED}. */
function codeOf(end: SessionEnd): ErrorCode | undefined {
  const code = codeSaid(end);
  return code && (end.wasProved || UNPROVED.has(code)) && (FINAL.has(code) || MENDED.has(code)) ? code : undefined;
}

function codeSaid({ closed, fault, wasReady }: SessionEnd): ErrorCode | undefined {
  if (closed.kind === "tls") return "E_CLI_TLS";
  if (closed.kind === "code") {
    const named = CLOSE_CODES[closed.code];
    if (named) return fault && FINAL.has(fault) ? fault : named;
    // After `ready`, 4401 is the end of a session; before it, the gateway does not accept us.
    if (closed.code === CLOSE.unauthenticated && !wasReady) return fault ?? "E_AUTH_PROOF";
  }
  return fault !== undefined && (FINAL.has(fault) || MENDED.has(fault)) ? fault : undefined;
}
