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
