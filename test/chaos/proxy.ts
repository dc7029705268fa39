import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";

import { makeDice } from "../fuzz/mutate.ts";
import { FrameFaults, type FrameRule } from "./frame-fault.ts";
import { FrameReader } from "./frames.ts";
import { FAIR, OneWay, type Ending, type Weather } from "./one-way.ts";

/** `up` is from the client to the gateway. */
export type Direction = "up" | "down";
const BOTH: readonly Direction[] = ["up", "down"];

/** A TCP proxy that does to a WebSocket connection what networks do, when a test says so. */
export interface Proxy {
  /** Where new connections go. */
  readonly target: number;
  readonly port: number;
  /** Connections that are open on the client's side, and all there ever were. */
  readonly open: number;
  readonly accepted: number;
  /** New connections go to this port of the loopback address. */
  to(port: number): void;
  weather(change: Partial<Weather>, directions?: readonly Direction[]): void;
  /** Half-open: nothing goes through any more and neither side is told, not even of an end. */
  freeze(directions?: readonly Direction[]): void;
  /** What was held is delivered, late. */
  thaw(): void;
  /** Ends every connection, on both sides. */
  cut(how: Ending): void;
  /** Lets so many bytes more through, and ends each connection there; resolves once one was cut. */
  cutAfter(how: Ending, direction: Direction, bytes: number): Promise<void>;
  /** Faults of frames, also on later connections, until each is spent. */
  frames(direction: Direction, ...rules: readonly FrameRule[]): void;
  /** Rewrites the HTTP head of the upgrade, as meddling proxies do. */
  heads(rewrite: (direction: Direction, head: string) => string): void;
  /** New connections are reset at once, until told otherwise. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly ways: Readonly<Record<Direction, OneWay>>;
}

/** @param seed of what is random: jitter and where the stream is cut */
export async function startProxy(target: number, seed = 1): Promise<Proxy> {
  const dice = makeDice(seed);
  const weather: Record<Direction, Weather> = { up: FAIR, down: FAIR };
  const rules: Record<Direction, FrameRule[]> = { up: [], down: [] };
  const spent = new Map<FrameRule, number>();
  const pairs = new Set<Pair>();
  let rewriteHead = (_direction: Direction, head: string): string => head;
  let port = target;
  let isRefusing = false;
  let frozen: readonly Direction[] = [];
  let accepted = 0;

  /** Bytes of one direction of one connection; untouched as long as nothing is asked of frames or heads. */
  function rewriter(direction: Direction): (chunk: Buffer) => Buffer {
    const reader = new FrameReader();
    const faults = new FrameFaults(rules[direction], spent);
    return (chunk) => {
      const out: Buffer[] = [];
      for (const piece of reader.push(chunk)) {
        if (piece.kind === "head") out.push(Buffer.from(rewriteHead(direction, piece.text), "latin1"));
        else if (piece.kind === "raw") out.push(piece.bytes);
        else out.push(...faults.pass(piece).map(({ bytes }) => bytes));
      }
      return Buffer.concat(out);
    };
  }

  const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    accepted++;
    client.on("error", () => undefined);
    if (isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const server = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    server.on("error", () => undefined);
    const way = (direction: Direction, from: Socket, to: Socket): OneWay =>
      new OneWay(from, to, { weather: () => weather[direction], dice, rewrite: rewriter(direction) });
    const pair: Pair = { client, server, ways: { up: way("up", client, server), down: way("down", server, client) } };
    for (const direction of frozen) pair.ways[direction].freeze();
    pairs.add(pair);
    client.on("close", () => pairs.delete(pair));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");

  function end({ client, server }: Pair, how: Ending): void {
    for (const socket of [client, server]) {
      if (how === "rst") socket.resetAndDestroy();
      else socket.resume().end();
    }
  }

  return {
    port: (listener.address() as AddressInfo).port,
    get target() {
      return port;
    },
    get open() {
      return pairs.size;
    },
    get accepted() {
      return accepted;
    },
    to(next) {
      port = next;
    },
    weather(change, directions = BOTH) {
      for (const direction of directions) weather[direction] = { ...weather[direction], ...change };
    },
    freeze(directions = BOTH) {
      frozen = directions;
      for (const { ways } of pairs) for (const direction of directions) ways[direction].freeze();
    },
    thaw() {
      frozen = [];
      for (const { ways } of pairs) for (const direction of BOTH) ways[direction].thaw();
    },
    cut(how) {
      for (const pair of pairs) end(pair, how);
    },
    async cutAfter(how, direction, bytes) {
      await new Promise<void>((done) => {
        for (const pair of pairs) {
          pair.ways[direction].cutAfter(bytes, () => {
            end(pair, how);
            done();
          });
        }
      });
    },
    frames(direction, ...more) {
      rules[direction].push(...more);
    },
    heads(rewrite) {
      rewriteHead = rewrite;
    },
    refuse(next) {
      isRefusing = next;
    },
    async close() {
      for (const pair of pairs) end(pair, "rst");
      listener.close();
      await once(listener, "close");
    },
  };
}
