import type { IncomingMessage } from "node:http";

import { readBody } from "../transport/http/body.ts";

/** The longest body an agent may send: with `before`, escapes and base64 it must still fit a 192 KiB request. */
const MAX_BODY_BYTES = 128 * 1024;

/**
 * The exact text of a body: strict UTF-8, so that the text made into bytes again is what came.
 * @throws CountersignError `E_FMT_SIZE`, `E_FMT_UTF8`
 */
export async function bodyText(req: IncomingMessage): Promise<string> {
  return await readBody(req, MAX_BODY_BYTES);
}
