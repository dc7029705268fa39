import type { IncomingMessage, ServerResponse } from "node:http";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { hostsOf } from "../agents/hosts.ts";
import { makeDpop } from "../agents/identity/dpop.ts";
import { DEFAULT_LIMITS } from "../transport/limits.ts";
import { listen, type TlsFiles } from "../transport/listen.ts";
import type { Logger } from "../transport/logger.ts";
import { makeAdapter, refuse, type AdapterOptions } from "./adapter.ts";

export interface ServeAdapterOptions extends Omit<AdapterOptions, "dpop"> {
  readonly crypto: Crypto;
  readonly logger: Logger;
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
  const underWay = new Set<Promise<void>>();
  server.on("request", (req: IncomingMessage, res: ServerResponse) => {
    const job: Promise<void> = adapter(req, res)
      .catch((error: unknown) => {
        // A sender that went away has no answer to get.
        if (req.destroyed && !req.complete) return;
        const code = error instanceof CountersignError ? error.code : undefined;
        const cause = error instanceof Error && error.cause !== undefined ? { cause: nameOf(error.cause) } : {};
        logger.error("adapter.fault", { error: nameOf(error), ...cause });
        if (res.headersSent) res.destroy();
        else if (code === "E_EXEC_UNKNOWN") refuse(res, 502, code);
        // SECURITY: nothing was sent: what cannot be asked or written down is not carried out (fail closed).
        else refuse(res, 503, code ?? "E_INTERNAL");
      })
      .finally(() => underWay.delete(job));
    underWay.add(job);
  });
  return {
    url,
    async close() {
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      await Promise.all(underWay);
      server.closeIdleConnections();
      await closed;
    },
  };
}

/** A code or a kind: a fault's words may quote what was read (protocol.md 3.19). */
const nameOf = (fault: unknown): string =>
  fault instanceof CountersignError ? fault.code : fault instanceof Error ? fault.name : typeof fault;
