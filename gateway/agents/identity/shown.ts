import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";

import { certificateOf, type ShownCertificate } from "./certificate.ts";

/** What a request shows of who sends it. Nothing in it is believed yet. */
export interface Shown {
  readonly authorization?: string | undefined;
  /** The `DPoP` header (RFC 9449). */
  readonly dpop?: string | undefined;
  /** Client certificate of the TLS connection. */
  readonly certificate?: ShownCertificate | undefined;
}

/** The request that credentials may be bound to. */
export interface BoundRequest {
  readonly method: string;
  /** Path as it was asked for, without its query. */
  readonly path: string;
  /** RFC 9530 digest of the body. */
  readonly content_digest: string;
}

export function shownBy(req: IncomingMessage): Shown {
  const { authorization, dpop } = req.headers;
  return {
    authorization,
    // Two headers become one text with a comma, which is no JWS (RFC 9449 4.3, 1).
    dpop: Array.isArray(dpop) ? dpop.join(",") : dpop,
    certificate: req.socket instanceof TLSSocket ? certificateOf(req.socket) : undefined,
  };
}

export const boundBy = (req: IncomingMessage, content_digest: string): BoundRequest => ({
  method: req.method ?? "",
  path: (req.url ?? "").split("?")[0] ?? "",
  content_digest,
});
