import type { EventStore } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";

interface Kept {
  readonly id: string;
  readonly streamId: string;
  readonly message: JSONRPCMessage;
  readonly size: number;
}

/** Of one session: messages and characters that are kept for a client that comes back. */
const MOST = 256;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/**
 * What a session's streams were sent, so that a client whose connection broke while a person decided gets the rest with
 * `Last-Event-ID` (MCP "Resumability and redelivery"). In memory, for one session of one agent, the newest alone: who was
 * away for longer asks again under its key.
 */
export function makeEventStore(): EventStore {
  const kept: Kept[] = [];
  let size = 0;
  let count = 0;
  return {
    storeEvent(streamId, message) {
      const event = { id: String(++count), streamId, message, size: JSON.stringify(message).length };
      kept.push(event);
      size += event.size;
      while (kept.length > MOST || (size > MOST_CHARACTERS && kept.length > 1)) size -= kept.shift()?.size ?? 0;
      return Promise.resolve(event.id);
    },
    getStreamIdForEventId: (id) => Promise.resolve(kept.find((event) => event.id === id)?.streamId),
    async replayEventsAfter(lastId, { send }) {
      const at = kept.findIndex((event) => event.id === lastId);
      const last = kept[at];
      if (last === undefined) throw new Error("The event is not kept any more.");
      for (const { id, streamId, message } of kept.slice(at + 1)) {
        // What opens a stream is no message.
        if (streamId === last.streamId && "jsonrpc" in message) await send(id, message);
      }
      return last.streamId;
    },
  };
}
