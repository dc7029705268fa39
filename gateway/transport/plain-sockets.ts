import type { Server } from "node:http";
import type { Socket } from "node:net";

import { Counter, once } from "./admission.ts";
import type { TransportLimits } from "./limits.ts";
import { networkOf } from "./network.ts";

/** Part of all places that one IPv6 network may hold with sockets that are no WebSocket. */
const OF_ONE_NETWORK = 1 / 2;

/** A socket by its other end: of one under TLS, the plain one below it has the same. */
type Named = Pick<Socket, "remoteAddress" | "remotePort">;

/**
 * Bounds the sockets of one network address that are no WebSocket: silent ones, those in a TLS handshake, and HTTP. They hold
 * places of the whole server (`maxConnections`) for seconds each before anybody has said a word, so that one address could
 * have taken them all, again and again (T-34, reliability.md B6). A WebSocket is bounded by {@link Admission}.
 * @returns takes a socket out of the count, because it has become a WebSocket
 */
export function boundPlainSockets(server: Server, limits: TransportLimits): (upgraded: Named) => void {
  const byAddress = new Counter();
  const byNetwork = new Counter();
  const counted = new Map<string, () => void>();

  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const network = networkOf(address);
    const hasRoom =
      byAddress.of(address) < limits.perAddress &&
      (network === address || byNetwork.of(network) < limits.maxConnections * OF_ONE_NETWORK);
    if (!hasRoom) {
      // SECURITY: without an answer, which would cost more than it is worth, and without a line in the log for each.
      socket.destroy();
      return;
    }
    const name = nameOf(socket);
    byAddress.add(address, 1);
    byNetwork.add(network, 1);
    const leave = once(() => {
      byAddress.add(address, -1);
      byNetwork.add(network, -1);
      counted.delete(name);
    });
    counted.set(name, leave);
    socket.once("close", leave);
  });
  return (upgraded) => counted.get(nameOf(upgraded))?.();
}

const nameOf = ({ remoteAddress = "", remotePort = 0 }: Named): string => `${remoteAddress} ${String(remotePort)}`;
