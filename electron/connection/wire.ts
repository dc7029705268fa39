import { CountersignError } from "#shared/protocol/error.ts";
import {
  clientBodies,
  CLOSE,
  envelope,
  gatewayBodies,
  type ClientBody,
  type ClientType,
  type GatewayBody,
  type GatewayType,
  type WireError,
} from "#shared/protocol/messages.ts";
import { isErrorCode } from "#shared/protocol/registry.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

import type { Clock } from "../clock.ts";
import type { Closed, Socket, SocketFactory } from "./socket.ts";

/** One message from the gateway, parsed. Nothing in it is signed except what is a JWS. */
export type Incoming = {
  [T in GatewayType]: {
    readonly type: T;
    readonly body: GatewayBody<T>;
    readonly id: string;
    readonly re?: string;
    readonly seq?: number;
    readonly epoch?: string;
  };
}[GatewayType];
export type IncomingOf<T extends GatewayType> = Extract<Incoming, { type: T }>;

/** An `error` message of the gateway as an exception, with what the wire said beside the code. */
export class GatewayRefusal extends CountersignError {
  readonly wire: WireError;
  constructor(wire: WireError) {
    super(isErrorCode(wire.code) ? wire.code : "E_INTERNAL", wire.title);
    this.wire = wire;
  }
}

/** One open socket speaking envelopes: strict parsing in, typed messages out, answers matched by `re`. */
export interface Wire {
  send<T extends ClientType>(type: T, body: ClientBody<T>): string;
  /**
   * Sends and waits for an answer of that type, or of one of those types.
   * @throws GatewayRefusal when the answer is an `error`; CountersignError `E_CLI_OFFLINE` when the socket closes or
   * the deadline passes first: then it is unknown whether the gateway has it
   */
  call<T extends ClientType, A extends GatewayType>(
    type: T,
    body: ClientBody<T>,
    answer: A | readonly A[],
    deadlineMs: number,
  ): Promise<IncomingOf<A>>;
  ping(): void;
  close(code: number): void;
  terminate(): void;
}

export interface WireEvents {
  onOpen(): void;
  /** Every message that no call was waiting for. */
  onMessage(message: Incoming): void;
  onPong(): void;
  onClosed(closed: Closed): void;
}

interface Pending {
  /** Takes the answer, or says that it is of a type nobody waits for. */
  readonly accept: (message: Incoming) => boolean;
  readonly reject: (error: CountersignError) => void;
  readonly cancel: () => void;
}

const MAX_MALFORMED = 3;
const isGatewayType = (type: string): type is GatewayType => Object.hasOwn(gatewayBodies, type);

export function openWire(
  endpoint: URL,
  parts: { readonly sockets: SocketFactory; readonly clock: Clock; readonly newId: () => string },
  events: WireEvents,
): Wire {
  const pending = new Map<string, Pending>();
  let malformed = 0;
  let closed = false;

  const settle = (re: string | undefined): Pending | undefined => {
    const waiting = re === undefined ? undefined : pending.get(re);
    if (!waiting || re === undefined) return undefined;
    pending.delete(re);
    waiting.cancel();
    return waiting;
  };

  const socket: Socket = parts.sockets(endpoint, {
    onOpen() {
      events.onOpen();
    },
    onPong() {
      events.onPong();
    },
    onText(text) {
      if (!closed) receive(text);
    },
    onClosed(how) {
      closed = true;
      for (const id of [...pending.keys()]) settle(id)?.reject(new CountersignError("E_CLI_OFFLINE"));
      events.onClosed(how);
    },
  });

  function receive(text: string): void {
    let message: Incoming | undefined;
    try {
      message = parseIncoming(text);
    } catch (error) {
      const code = error instanceof CountersignError ? error.code : "E_INTERNAL";
      refuse(code);
      if (code !== "E_TYPE_UNKNOWN" && code !== "E_CRIT_UNKNOWN" && ++malformed >= MAX_MALFORMED) {
        socket.close(CLOSE.malformed);
      }
      return;
    }
    if (!message) return;
    const waiting = settle(message.re);
    if (!waiting) {
      events.onMessage(message);
    } else if (message.type === "error") {
      waiting.reject(new GatewayRefusal(message.body));
    } else if (!waiting.accept(message)) {
      waiting.reject(new CountersignError("E_FMT_ENVELOPE"));
    }
  }

  function refuse(code: string): void {
    const body = { code, title: code, retry: "never" };
    socket.send(JSON.stringify({ v: 1, type: "error", id: parts.newId(), ts: timestamp(), body }));
  }

  function timestamp(): string {
    return new Date(parts.clock.nowMs()).toISOString();
  }

  const send: Wire["send"] = (type, body) => {
    const id = parts.newId();
    const parsed = clientBodies[type].parse(body);
    socket.send(JSON.stringify({ v: 1, type, id, ts: timestamp(), body: parsed }));
    return id;
  };

  return {
    send,
    call(type, body, answer, deadlineMs) {
      if (closed) return Promise.reject(new CountersignError("E_CLI_OFFLINE"));
      return new Promise((resolve, reject) => {
        const id = send(type, body);
        const cancel = parts.clock.after(deadlineMs, () => {
          pending.delete(id);
          reject(new CountersignError("E_CLI_OFFLINE", "The gateway did not answer in time."));
        });
        pending.set(id, {
          accept(message) {
            if (!isAnswer(message, answer)) return false;
            resolve(message);
            return true;
          },
          reject,
          cancel,
        });
      });
    },
    ping() {
      socket.ping();
    },
    close(code) {
      socket.close(code);
    },
    terminate() {
      socket.terminate();
    },
  };
}

function isAnswer<A extends GatewayType>(message: Incoming, answer: A | readonly A[]): message is IncomingOf<A> {
  return [answer].flat().some((type) => type === message.type);
}

/**
 * An envelope of the gateway (protocol.md 3.4.2), or undefined for an `x-` extension.
 * @throws CountersignError `E_FMT_*`, `E_FMT_ENVELOPE`, `E_CRIT_UNKNOWN`, `E_TYPE_UNKNOWN`, `E_CLM_SHAPE`
 */
export function parseIncoming(text: string): Incoming | undefined {
  const parsed = envelope.safeParse(parseStrict(text));
  if (!parsed.success) throw new CountersignError("E_FMT_ENVELOPE");
  const { type, id, re, seq, epoch, crit, body } = parsed.data;
  if (crit && crit.length > 0) throw new CountersignError("E_CRIT_UNKNOWN");
  if (!isGatewayType(type)) {
    if (type.startsWith("x-")) return undefined;
    throw new CountersignError("E_TYPE_UNKNOWN");
  }
  const checked = gatewayBodies[type].safeParse(body);
  if (!checked.success) throw new CountersignError("E_CLM_SHAPE", `${type}: ${checked.error.issues[0]?.message ?? ""}`);
  const message = {
    type,
    body: checked.data,
    id,
    ...(re === undefined ? {} : { re }),
    ...(seq === undefined ? {} : { seq }),
    ...(epoch === undefined ? {} : { epoch }),
  };
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the body was parsed by this type's schema
  return message as Incoming;
}
