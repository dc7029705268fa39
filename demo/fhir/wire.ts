import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** One write as it came over the wire: the proof that the approved bytes, and no others, arrived. */
export interface RecordedWrite {
  readonly method: string;
  /** Below the base, with its query, e.g. `/MedicationRequest`. */
  readonly path: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The exact body. */
  readonly body: Buffer;
  /** Set when it was answered; absent where the connection was cut first. */
  status?: number;
}

export const WRITES: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** Reads a body of at most `max` bytes; undefined when it is larger. */
export async function readBody(request: IncomingMessage, max: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= max) chunks.push(chunk);
  }
  return size > max ? undefined : Buffer.concat(chunks);
}

/** True when there is no `Content-Digest`, or its sha-256 member fits the body (RFC 9530 section 2). */
export function digestFits(header: string | undefined, body: Buffer): boolean {
  if (header === undefined) return true;
  const stated = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(header)?.[1];
  return stated === createHash("sha256").update(body).digest("base64");
}
