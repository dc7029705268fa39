import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import tls, { type TlsOptions } from "node:tls";

export interface Front {
  readonly port: number;
  close(): Promise<void>;
}

/** What ends TLS in front of a gateway and goes on in clear on this computer, as a hospital's reverse proxy does. */
export async function startTlsFront(target: number, options: TlsOptions): Promise<Front> {
  const server = tls.createServer(options, (client) => {
    const behind = net.connect(target, "127.0.0.1");
    for (const socket of [client, behind]) socket.on("error", () => undefined);
    client.pipe(behind).pipe(client);
  });
  return await listening(server);
}

/** A portal that answers everybody in clear, whatever they ask (RFC 8952 calls it captive). */
export const startPortal = (answer: string): Promise<Front> =>
  listening(
    net.createServer((client) => {
      client.on("error", () => undefined);
      client.once("data", () => client.end(answer));
    }),
  );

async function listening(server: net.Server): Promise<Front> {
  const open = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
