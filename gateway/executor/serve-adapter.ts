import type { Crypto } from "#shared/protocol/crypto-port.ts";

import { hostsOf } from "../agents/hosts.ts";
import { makeDpop } from "../agents/identity/dpop.ts";
import type { Clock } from "../ports.ts";
import { DEFAULT_LIMITS } from "../transport/limits.ts";
import { listen, type TlsFiles } from "../transport/listen.ts";
import { makeAdapter, type AdapterOptions } from "./adapter.ts";

export interface ServeAdapterOptions extends Omit<AdapterOptions, "dpop"> {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls?: TlsFiles | undefined;
  /** Further names under which agents reach it (a proxy). */
  readonly hosts?: readonly string[];
}

/** The adapter on a socket of its own: where agents with a task's token send what was approved. @throws as `listen` */
export async function serveAdapter(
  options: ServeAdapterOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { host, port, tls, crypto, clock, logger } = options;
  const { server, url } = await listen({ host, port, tls, limits: DEFAULT_LIMITS });
  const hosts = hostsOf([url], options.hosts);
  const dpop = makeDpop({ crypto, hosts: () => hosts, now: () => Math.floor(clock.nowMs() / 1000) });
  const adapter = makeAdapter({ ...options, dpop });
  server.on("request", (req, res) => {
    adapter(req, res).catch((error: unknown) => {
      logger.error("adapter.fault", { error: error instanceof Error ? error.name : typeof error });
      if (res.headersSent) res.destroy();
      else res.writeHead(500).end();
    });
  });
  return {
    url,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeIdleConnections();
      }),
  };
}
