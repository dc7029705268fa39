import { once } from "node:events";
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";

export type Members = Record<string, unknown>;

/** Stands between the app and a gateway as whoever runs that gateway could: it sees and changes what the gateway says. */
export interface LyingGateway {
  /** Where the app connects, in place of the gateway's own address. */
  readonly wsUrl: string;
  /** Changes the rows of each report before they leave; until it is set, everything goes through as it came. */
  lie: (item: Members) => void;
  close(): Promise<void>;
}

export async function lyingGateway(real: string): Promise<LyingGateway> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: ([first]) => first ?? false });
  await once(server, "listening");
  const url = new URL(real);
  url.port = String((server.address() as AddressInfo).port);
  const gateway: LyingGateway = {
    wsUrl: url.href,
    lie: () => undefined,
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((done) => server.close(done));
    },
  };
  server.on("connection", (app) => {
    const far = new WebSocket(real, app.protocol);
    const opened = once(far, "open");
    app.on("message", (data: Buffer) => {
      // In their order: each waits for the same.
      void opened.then(() => {
        far.send(data.toString());
      });
    });
    far.on("message", (data: Buffer) => {
      app.send(told(data.toString(), (item) => gateway.lie(item)));
    });
    app.on("close", () => far.terminate());
    far.on("close", () => app.terminate());
    // Either side may go at any time.
    far.on("error", () => app.terminate());
    app.on("error", () => far.terminate());
  });
  return gateway;
}

function told(frame: string, lie: (item: Members) => void): string {
  const message = JSON.parse(frame) as { readonly type: string; readonly body: { readonly items: Members[] } };
  if (message.type !== "report.page") return frame;
  message.body.items.forEach(lie);
  return JSON.stringify(message);
}
