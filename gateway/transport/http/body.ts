import type { IncomingMessage } from "node:http";

import { CountersignError } from "#shared/protocol/error.ts";
import { decodeUtf8 } from "#shared/protocol/utf8.ts";

/** What a sender may still send after it was told that its body is too long, and for how long. */
const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 5_000;

/**
 * Reads a request's body as UTF-8 text of at most `maxBytes`.
 * @throws CountersignError `E_FMT_SIZE`, `E_FMT_UTF8`
 */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<string> {
  const stated = Number(req.headers["content-length"] ?? 0);
  const bytes = stated > maxBytes ? undefined : await collect(req, maxBytes);
  // SECURITY: a body is refused while it arrives, not after (T-34).
  if (bytes === undefined) {
    discard(req);
    throw new CountersignError("E_FMT_SIZE", `The body is longer than ${String(maxBytes / 1024)} KiB.`);
  }
  return decodeUtf8(bytes);
}

/** The whole body; undefined as soon as it is longer. A sender that goes away rejects. */
function collect(req: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((done, failed) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= maxBytes) return;
      req.off("data", onData);
      done(undefined);
    };
    req.on("data", onData);
    req.once("end", () => done(Buffer.concat(chunks)));
    req.once("error", failed);
  });
}

/**
 * The rest is read and thrown away: a socket that is closed with unread bytes is reset, and the answer with it.
 * SECURITY: nobody holds a connection by sending for ever (T-34).
 */
function discard(req: IncomingMessage): void {
  let size = 0;
  const timer = setTimeout(() => req.destroy(), DRAIN_MS).unref();
  req.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > DRAIN_BYTES) req.destroy();
  });
  req.on("error", () => undefined);
  req.once("close", () => {
    clearTimeout(timer);
  });
  req.resume();
}
