import type { IncomingMessage } from "node:http";

/**
 * The path a request asks for, without its query. Cut, not parsed: a request line can hold what `URL` throws at, and
 * nothing here needs more than a comparison.
 */
export function pathOf(req: Pick<IncomingMessage, "url">): string {
  const target = req.url ?? "/";
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}
