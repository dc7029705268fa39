import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** The network between the app and the gateway, which can be cut. */
export interface Line {
  /** Where the app connects, in place of the gateway's own address. */
  readonly wsUrl: string;
  /** Ends every connection, and each new one until the time is over. */
  cut(forMs: number): void;
  /** Nothing gets through any more and nobody is told; gives back what lets everything through that waited. */
  hold(): () => void;
  close(): Promise<void>;
}

export async function layLine(gateway: URL): Promise<Line> {
  const open = new Set<Socket>();
  let cut: NodeJS.Timeout | undefined;
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // Either side may go at any time: that is what a line is for.
    socket.on("error", () => socket.destroy());
  };
  const hangUp = (): void => {
    for (const socket of open) socket.destroy();
  };
  const server = createServer((app) => {
    keep(app);
    if (cut !== undefined) {
      app.destroy();
      return;
    }
    const far = connect(Number(gateway.port), gateway.hostname);
    keep(far);
    app.pipe(far).pipe(app);
    app.on("close", () => far.destroy());
    far.on("close", () => app.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(gateway);
  url.port = String((server.address() as AddressInfo).port);
  return {
    wsUrl: url.href,
    cut(forMs) {
      clearTimeout(cut);
      cut = setTimeout(() => (cut = undefined), forMs);
      hangUp();
    },
    hold() {
      for (const socket of open) socket.pause();
      return () => {
        for (const socket of open) socket.resume();
      };
    },
    async close() {
      clearTimeout(cut);
      hangUp();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
