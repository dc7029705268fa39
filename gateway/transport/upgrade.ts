import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import { WebSocketServer } from "ws";

import { SUBPROTOCOL } from "#shared/protocol/names.ts";
import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";

import { Admission } from "./admission.ts";
import { pathOf } from "./http/path.ts";
import type { Hub } from "./hub.ts";
import type { TransportLimits } from "./limits.ts";
import type { Logger } from "./logger.ts";
import type { Traffic } from "./traffic.ts";

/** Path of the feed; the rest of `ws_endpoint` is the gateway's public address. */
export const FEED_PATH = "/countersign/v1/feed";

export interface UpgradeOptions {
  readonly limits: TransportLimits;
  readonly logger: Logger;
  /** Exact `Origin` values that may connect. Native clients send none. */
  readonly allowedOrigins: readonly string[];
  /** The hub once the gateway is up; undefined before and while draining. */
  readonly hub: () => Hub | undefined;
  readonly traffic?: Traffic | undefined;
  /** Told of a socket that {@link Admission} counts from now on. */
  readonly onUpgraded?: ((socket: Socket) => void) | undefined;
}

interface Refusal {
  readonly status: 400 | 403 | 404 | 429 | 503;
  readonly code: ErrorCode;
}

const STATUS_TEXT = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  503: "Service Unavailable",
} as const satisfies Record<Refusal["status"], string>;

/** The `upgrade` listener: everything that can be refused is refused before there is a WebSocket (protocol.md 3.4.1). */
export function makeUpgrade(options: UpgradeOptions): (req: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const { limits } = options;
  const admission = new Admission(limits);
  const wss = new WebSocketServer(serverOptions(limits));

  return (req, socket, head) => {
    socket.on("error", () => socket.destroy());
    const hub = options.hub();
    const refusal = judge(req, options) ?? (hub === undefined ? { status: 503, code: "E_DRAINING" } : undefined);
    if (refusal !== undefined || hub === undefined) {
      refuse(socket, refusal ?? { status: 503, code: "E_DRAINING" }, options);
      return;
    }
    const admitted = admission.admit(req.socket.remoteAddress ?? "");
    if (admitted === undefined) {
      refuse(socket, { status: 429, code: "E_RATE" }, options);
      return;
    }
    options.onUpgraded?.(req.socket);
    socket.once("close", () => admitted.left());
    wss.handleUpgrade(req, socket, head, (ws) => {
      hub.add(ws, { onProved: () => admitted.proved(), onClosed: () => admitted.left() });
    });
  };
}

/** `ws` 8.23 knows these; its types (8.18) do not name the last three. */
function serverOptions(limits: TransportLimits) {
  return {
    noServer: true,
    clientTracking: false,
    // SECURITY: no compression: neither bombs nor secrets beside attacker text (protocol.md 3.4.1, T-34).
    perMessageDeflate: false,
    maxPayload: limits.frameBytes,
    handleProtocols: () => SUBPROTOCOL,
    // SECURITY: tiny fragments must not pin memory (CVE-2026-48779; reliability.md 2.2).
    maxFragments: limits.fragments,
    maxBufferedChunks: limits.bufferedChunks,
    closeTimeout: limits.closeMs,
  };
}

function judge(req: IncomingMessage, options: UpgradeOptions): Refusal | undefined {
  if (pathOf(req) !== FEED_PATH) return { status: 404, code: "E_NOT_FOUND" };
  // SECURITY: cross-site WebSocket hijacking: a browser always sends Origin, a native client never does; cookies are
  // neither set nor read (protocol.md 3.4.1, T-02).
  for (const origin of [req.headers.origin, req.headers["sec-websocket-origin"]].flat()) {
    if (origin !== undefined && !options.allowedOrigins.includes(origin)) return { status: 403, code: "E_ORIGIN" };
  }
  const offered = (req.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  return offered.includes(SUBPROTOCOL) ? undefined : { status: 400, code: "E_VERSION" };
}

function refuse(socket: Duplex, { status, code }: Refusal, { logger, traffic }: UpgradeOptions): void {
  logger.warn("ws.refused", { status, code });
  traffic?.refused("upgrade", code);
  const body = JSON.stringify({ code, title: CODES[code].text });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_TEXT[status]}`,
      "Connection: close",
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "X-Content-Type-Options: nosniff",
      "Cache-Control: no-store",
      ...(status === 429 || status === 503 ? ["Retry-After: 5"] : []),
      "",
      body,
    ].join("\r\n"),
    () => socket.destroy(),
  );
}
