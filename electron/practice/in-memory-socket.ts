import { envelope, type GatewayBody, type GatewayType } from "#shared/protocol/messages.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

import type { SocketFactory } from "../connection/socket.ts";

/** One message of the client, and the way back on the same connection. */
export type Speaker = (
  message: { readonly id: string; readonly type: string; readonly body: Readonly<Record<string, unknown>> },
  reply: <T extends GatewayType>(
    type: T,
    body: GatewayBody<T>,
    more?: { readonly re?: string; readonly seq?: number; readonly epoch?: string },
  ) => void,
) => void;

const CLOSED = { kind: "code", code: 1000 } as const;

/**
 * A socket whose other end is in this process. The practice puts it where the network is and leaves everything above as it
 * is: handshake, feed, delivery and receipts are the app's own, so what is practised is what is done at work.
 */
export function inMemorySockets(parts: { readonly newId: () => string; readonly speaker: Speaker }): SocketFactory {
  return (_endpoint, events) => {
    let isOpen = true;
    /** As over a wire: never inside the call that caused it, and always in order. */
    const soon = (run: () => void): void => {
      queueMicrotask(() => {
        if (isOpen) run();
      });
    };
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      queueMicrotask(() => {
        events.onClosed(CLOSED);
      });
    };
    const reply: Parameters<Speaker>[1] = (type, body, more = {}) => {
      const text = JSON.stringify({ v: 1, type, id: parts.newId(), ts: "", body, ...more });
      soon(() => {
        events.onText(text);
      });
    };
    soon(() => {
      events.onOpen();
    });
    return {
      send(text) {
        const { id, type, body } = envelope.parse(parseStrict(text));
        soon(() => {
          parts.speaker({ id, type, body }, reply);
        });
      },
      ping() {
        soon(() => {
          events.onPong();
        });
      },
      close: end,
      terminate: end,
    };
  };
}
