import { rootCertificates } from "node:tls";

import WebSocket from "ws";

import { CLOSE } from "#shared/protocol/messages.ts";
import { LIMITS, SUBPROTOCOL } from "#shared/protocol/names.ts";

import type { Closed, SocketFactory } from "./socket.ts";

/** Opening, TLS included; the protocol's own handshake has its own deadline. */
const OPEN_TIMEOUT_MS = 10_000;

/**
 * Sockets of the `ws` package, in main.
 * @param siteCa PEM text of the site's own certificate authorities, trusted beside the built-in ones, or empty
 */
export function wsSockets(siteCa: string): SocketFactory {
  return (endpoint, events) => {
    const socket = new WebSocket(endpoint, SUBPROTOCOL, {
      // SECURITY: no compression (T-34; reliability.md finding 8); the client's default is on.
      perMessageDeflate: false,
      // SECURITY: frame limit towards the client, protocol.md 3.5 (T-34); the default is 100 MiB.
      maxPayload: LIMITS.frameToClient,
      // SECURITY: fragment limits, protocol.md 3.5: a storm of tiny fragments must not hold memory.
      maxFragments: 16,
      maxBufferedChunks: 1024,
      // SECURITY: a redirect could lead to another host or to plain text.
      followRedirects: false,
      skipUTF8Validation: false,
      handshakeTimeout: OPEN_TIMEOUT_MS,
      // SECURITY: certificates are always checked; a site CA is added, never a bypass (reliability.md B8).
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      ...(siteCa === "" ? {} : { ca: [...rootCertificates, siteCa] }),
    });
    let refused: Closed | undefined;
    socket.on("open", () => {
      events.onOpen();
    });
    socket.on("message", (data, isBinary) => {
      if (isBinary || !Buffer.isBuffer(data)) {
        socket.close(CLOSE.binary);
        return;
      }
      events.onText(data.toString("utf8"));
    });
    socket.on("pong", () => {
      events.onPong();
    });
    socket.on("unexpected-response", (_request, response) => {
      refused = { kind: "http", status: response.statusCode ?? 0 };
      response.destroy();
      socket.terminate();
    });
    socket.on("error", (error) => {
      refused ??= describe(error);
    });
    socket.on("close", (code) => {
      events.onClosed(refused ?? { kind: "code", code });
    });
    return {
      send(text) {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      ping() {
        if (socket.readyState === WebSocket.OPEN) socket.ping();
      },
      close(code) {
        socket.close(code);
      },
      terminate() {
        socket.terminate();
      },
    };
  };
}

function describe(error: Error): Closed {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.message;
  return /CERT|SSL|TLS|EPROTO|UNABLE_TO_(?:GET|VERIFY)|SELF_SIGNED/.test(code)
    ? { kind: "tls", detail: code }
    : { kind: "network", detail: code };
}
