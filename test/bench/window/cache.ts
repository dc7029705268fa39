import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A FHIR server's answers to reads, kept: the demonstration's server takes 100 ms for a search, and ten thousand requests
 * about one patient ask the same four things. Only reads pass.
 */
export async function startCache(upstream: string): Promise<{ readonly baseUrl: string; close(): Promise<void> }> {
  const kept = new Map<string, Promise<{ readonly status: number; readonly type: string; readonly body: string }>>();
  const origin = new URL(upstream).origin;
  const get = async (path: string) => {
    const answer = await fetch(origin + path, { headers: { accept: "application/fhir+json" } });
    return { status: answer.status, type: answer.headers.get("content-type") ?? "", body: await answer.text() };
  };
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    if (request.method !== "GET") {
      response.writeHead(405).end();
      return;
    }
    const answer = kept.get(path) ?? get(path);
    kept.set(path, answer);
    answer.then(
      ({ status, type, body }) => response.writeHead(status, { "content-type": type }).end(body),
      () => response.writeHead(502).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${String(port)}${new URL(upstream).pathname}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
