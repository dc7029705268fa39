import type { Meters } from "../metrics/meters.ts";
import { pathOf } from "../transport/http/path.ts";
import { harden, sendError, sendText } from "../transport/http/respond.ts";
import { DEFAULT_LIMITS } from "../transport/limits.ts";
import { isLoopback, listen } from "../transport/listen.ts";

export interface MetricsOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The gateway's own pair, used where the address is not loopback. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
}

export const METRICS_PATH = "/metrics";
/** Prometheus scrapes with one; a person looks with another. */
const CONNECTIONS = 8;

/**
 * Serves `GET /metrics` on a socket of its own, so that the address that agents and apps reach shows nothing of it.
 * @throws CountersignError `E_TLS`, `E_PORT_IN_USE`, `E_CLI_INPUT` as `listen`
 */
export async function serveMetrics(
  meters: Pick<Meters, "expose">,
  { host, port, tls }: MetricsOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { server, url, secure } = await listen({
    ...{ host, port, tls: isLoopback(host) ? undefined : tls },
    limits: { ...DEFAULT_LIMITS, maxConnections: CONNECTIONS, handshakes: 0 },
  });
  server.on("request", (req, res) => {
    harden(res, secure);
    if (pathOf(req) !== METRICS_PATH) {
      sendError(res, 404, "E_NOT_FOUND");
    } else if (req.method !== "GET") {
      res.setHeader("Allow", "GET");
      sendError(res, 405, "E_METHOD");
    } else {
      meters.expose().then(
        ({ media, text }) => sendText(res, 200, media, text),
        () => sendError(res, 500, "E_INTERNAL"),
      );
    }
  });
  return {
    url: `${url}${METRICS_PATH}`,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}
