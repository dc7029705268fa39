import { CountersignError } from "#shared/protocol/error.ts";
import { envelope, type Envelope, type GatewayType } from "#shared/protocol/messages.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

/**
 * One text frame as an envelope (protocol.md 3.4.2): strict JSON, then the members the protocol requires. The body is
 * not looked at.
 * @throws CountersignError `E_FMT_*`
 */
export function parseFrame(text: string): Envelope {
  const parsed = envelope.safeParse(parseStrict(text));
  if (!parsed.success) throw new CountersignError("E_FMT_ENVELOPE");
  return parsed.data;
}

export interface FrameParts {
  readonly type: GatewayType | (string & {});
  readonly id: string;
  /** Unix milliseconds. */
  readonly tsMs: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Id of the message this answers. */
  readonly re?: string | undefined;
  /** Only a feed event in its place has them (protocol.md 3.4.4). */
  readonly place?: { readonly seq: number; readonly epoch: string } | undefined;
}

/** How long a frame may be sent to others as it is: its `ts` says when it was written. */
const FRESH_MS = 1000;

/**
 * Frames of feed events in their place. Who hears of one event is sent the same bytes, so they are written and encoded
 * once, not once for each: an envelope says nothing of whom it is for (protocol.md 3.4.2).
 */
export class EventFrames {
  readonly #written = new WeakMap<object, { readonly tsMs: number; readonly bytes: Buffer }>();

  /** @param parts `id` is the event's own: a client that is sent one twice is sent the same */
  frameOf(parts: Omit<FrameParts, "id" | "re"> & { readonly place: { readonly seq: number } }): Buffer {
    const { body, tsMs, place } = parts;
    const written = this.#written.get(body);
    if (written !== undefined && tsMs - written.tsMs < FRESH_MS && tsMs >= written.tsMs) return written.bytes;
    const bytes = Buffer.from(makeFrame({ ...parts, id: `e${String(place.seq)}` }));
    this.#written.set(body, { tsMs, bytes });
    return bytes;
  }
}

/** The text of an envelope. */
export function makeFrame(parts: FrameParts): string {
  return JSON.stringify({
    v: 1,
    type: parts.type,
    id: parts.id,
    re: parts.re,
    ts: new Date(parts.tsMs).toISOString(),
    seq: parts.place?.seq,
    epoch: parts.place?.epoch,
    body: parts.body,
  });
}
