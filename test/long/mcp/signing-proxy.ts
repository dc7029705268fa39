import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import { text } from "node:stream/consumers";

import type { Agent } from "../../blackbox/agent.ts";

export interface SigningProxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Adds an agent's assertion to each request, for MCP clients that cannot sign, and passes on everything else as it is: a
 * `Host` that is not the proxy's own among it.
 */
export async function startSigningProxy(agent: Agent, gateway: string): Promise<SigningProxy> {
  const target = new URL("/countersign/v1/mcp", gateway);
  const server = createServer((req, res) => {
    void text(req).then((body) => {
      const own = `localhost:${String((server.address() as AddressInfo).port)}`;
      const { host, origin, ...rest } = req.headers;
      const moved = (value: string | undefined): string | undefined => value?.replace(own, target.host);
      const headers = {
        ...rest,
        host: moved(host),
        ...(origin === undefined ? {} : { origin: moved(origin) }),
        authorization: `Bearer ${agent.assertion(String(req.method), body)}`,
      };
      const onward = request(target, { method: req.method ?? "GET", headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        res.flushHeaders();
        // A client that has what it wants hangs up.
        pipeline(answer, res, () => onward.destroy());
      });
      onward.on("error", () => res.destroy());
      onward.end(body);
    });
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  return {
    url: `http://localhost:${String((server.address() as AddressInfo).port)}/mcp`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
