// A WebSocket server of the `ws` package and nothing else, as a process of its own: what the gateway's feed is compared
// with. It is told to send to everybody at once, and says where it listens.
import process from "node:process";
import type { AddressInfo } from "node:net";

import { WebSocketServer } from "ws";

const server = new WebSocketServer({
  ...{ host: "127.0.0.1", port: Number(process.argv[2] ?? 0), backlog: 16_384 },
  ...{ perMessageDeflate: false, maxPayload: 64 * 1024 },
});
server.on("listening", () => process.send?.({ port: (server.address() as AddressInfo).port }));
server.on("connection", (socket) => socket.on("error", () => undefined));
process.on("message", (bytes: number) => {
  const text = "x".repeat(bytes);
  for (const socket of server.clients) socket.send(text);
});
process.once("disconnect", () => process.exit(0));
