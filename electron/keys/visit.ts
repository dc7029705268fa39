import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock, RandomBytes } from "../clock.ts";
import { helloBody, verifyChallenge, type ClientInfo, type VerifiedChallenge } from "../connection/handshake.ts";
import type { SocketFactory } from "../connection/socket.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import { openWire, type Incoming, type Wire } from "../connection/wire.ts";

export const ANSWER_MS = 10_000;

/** One short connection of its own: for changes of keys, which happen outside any session. */
export interface Visit {
  readonly opened: Promise<void>;
  readonly wire: Wire;
  /** The next message nobody called for. @throws CountersignError `E_CLI_OFFLINE` when the socket closes first */
  next(): Promise<Incoming>;
  /** A reason that is better than "not connected", where there is one. */
  failure(): CountersignError | undefined;
}

/** What a visit needs to know of the gateway that a person is enrolled at. */
export interface VisitParts {
  readonly crypto: Crypto;
  readonly sockets: SocketFactory;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly client: ClientInfo;
  readonly endpoint: URL;
  readonly directory: PinnedDirectory;
  readonly iss: string;
}

/**
 * One visit to the gateway that a person is enrolled at: it proves itself as for a session, then `talk`. No session is opened.
 * @throws CountersignError `E_CLI_OFFLINE`, `E_CLI_TLS`, `E_GW_CRED`, `E_AUTH_PROOF`, or what `talk` throws
 */
export async function visitGateway<T>(
  parts: VisitParts,
  signal: AbortSignal,
  talk: (greeting: VerifiedChallenge, wire: Wire) => T | Promise<T>,
): Promise<T> {
  const { crypto, clock, directory, iss } = parts;
  const visit = openVisit(parts, parts.endpoint, signal);
  try {
    await visit.opened;
    const clientNonce = encodeBase64url(parts.random(24));
    const { body } = await visit.wire.call("hello", helloBody(parts.client, clientNonce), "challenge", ANSWER_MS);
    const localNow = Math.floor(clock.nowMs() / 1000);
    // SECURITY: the same proof as for a session: a stranger is told nothing.
    return await talk(verifyChallenge(crypto, body, { clientNonce, directory, iss, localNow }), visit.wire);
  } catch (error) {
    throw visit.failure() ?? (error instanceof CountersignError ? error : new CountersignError("E_INTERNAL"));
  } finally {
    visit.wire.terminate();
  }
}

export function openVisit(
  parts: { readonly sockets: SocketFactory; readonly clock: Clock; readonly newId: () => string },
  endpoint: URL,
  signal: AbortSignal,
): Visit {
  const queue: Incoming[] = [];
  let wake: (() => void) | undefined;
  let closed = false;
  let failure: CountersignError | undefined;
  let hasOpened: () => void = () => undefined;
  let hasFailed: (error: CountersignError) => void = () => undefined;
  const opened = new Promise<void>((resolve, reject) => {
    hasOpened = resolve;
    hasFailed = reject;
  });
  opened.catch(() => undefined);
  const wire = openWire(endpoint, parts, {
    onOpen() {
      hasOpened();
    },
    onPong: () => undefined,
    onMessage(message) {
      queue.push(message);
      wake?.();
    },
    onClosed(how) {
      closed = true;
      signal.removeEventListener("abort", onAbort);
      if (how.kind === "tls") failure = new CountersignError("E_CLI_TLS");
      hasFailed(new CountersignError("E_CLI_OFFLINE"));
      wake?.();
    },
  });
  function onAbort(): void {
    wire.terminate();
  }
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    opened,
    wire,
    failure: () => failure,
    async next() {
      for (;;) {
        const message = queue.shift();
        if (message) return message;
        if (closed) throw new CountersignError("E_CLI_OFFLINE");
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** @throws CountersignError `E_CLI_OFFLINE` when `signal` is aborted first */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new CountersignError("E_CLI_OFFLINE"));
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(new CountersignError("E_CLI_OFFLINE"));
    };
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
