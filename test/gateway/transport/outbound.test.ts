import { expect, it } from "vitest";

import { LIMITS } from "#shared/protocol/names.ts";

import { Admission } from "../../../gateway/transport/admission.ts";
import { Heartbeat } from "../../../gateway/transport/heartbeat.ts";
import { DEFAULT_LIMITS } from "../../../gateway/transport/limits.ts";
import { Outbound } from "../../../gateway/transport/outbound.ts";
import { manualClock } from "./manual-clock.ts";

function makeOutbound() {
  const waiting: { bytes: number; done: () => void }[] = [];
  const socket = {
    get bufferedAmount() {
      return waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    send: (data: string | Buffer, _: object, done: () => void) => void waiting.push({ bytes: data.length, done }),
  };
  const seen: string[] = [];
  const out = new Outbound(
    socket,
    { softBufferBytes: 100, hardBufferBytes: 300 },
    {
      onLagging: () => void seen.push("lagging"),
      onDrained: () => void seen.push("drained"),
      onOverflow: () => void seen.push("overflow"),
      onOversize: () => void seen.push("oversize"),
    },
  );
  const drain = (): void => waiting.shift()?.done();
  return { out, seen, drain };
}

it("lags above the soft limit and says once when that is over", () => {
  const { out, seen, drain } = makeOutbound();
  out.send("x".repeat(80));
  expect(out.lagging()).toBe(false);
  out.send("x".repeat(80));
  expect(out.lagging()).toBe(true);
  drain();
  expect(seen).toEqual(["lagging", "drained"]);
  expect(out.lagging()).toBe(false);
  drain();
  expect(seen).toEqual(["lagging", "drained"]);
});

it("overflows above the hard limit and sends nothing more", () => {
  const { out, seen } = makeOutbound();
  expect([out.send("x".repeat(200)), out.send("x".repeat(101)), out.send("x")]).toEqual([true, false, false]);
  expect(seen).toEqual(["overflow"]);
  expect(out.lagging()).toBe(true);
});

it("has room for what overtakes until half of the hard limit is taken", () => {
  const { out, drain } = makeOutbound();
  out.send("x".repeat(149));
  expect(out.room()).toBe(true);
  out.send("x");
  expect(out.room()).toBe(false);
  drain();
  expect(out.room()).toBe(true);
  out.stop();
  expect(out.room()).toBe(false);
});

it("never sends a frame that a client would refuse", () => {
  const { out, seen } = makeOutbound();
  expect(out.send("x".repeat(LIMITS.frameToClient + 1))).toBe(false);
  expect(seen).toEqual(["oversize"]);
  expect(out.send("x")).toBe(true);
});

it("tells when an answer was handed to the network", () => {
  const { out, seen, drain } = makeOutbound();
  out.send("x", () => void seen.push("flushed"));
  expect(seen).toEqual([]);
  drain();
  expect(seen).toEqual(["flushed"]);
});

it("pings first at its own part of the interval and calls a peer dead when two in a row stay unanswered (reliability.md B2)", () => {
  const clock = manualClock();
  const seen: string[] = [];
  const options = {
    intervalMs: 20_000,
    phase: 0.25,
    ping: () => void seen.push("ping"),
    dead: () => void seen.push("dead"),
  };
  const heartbeat = new Heartbeat(clock, options);
  clock.advance(4_999);
  expect(seen).toEqual([]);
  clock.advance(1);
  expect(seen).toEqual(["ping"]);
  heartbeat.alive();
  clock.advance(40_000);
  expect(seen).toEqual(["ping", "ping", "ping"]);
  clock.advance(4_999);
  expect(seen).toHaveLength(3);
  // 45 seconds after the last that was answered.
  clock.advance(1);
  expect(seen).toEqual(["ping", "ping", "ping", "dead"]);
  clock.advance(100_000);
  expect(seen).toHaveLength(4);
});

it("pings nobody after stop", () => {
  const clock = manualClock();
  let pings = 0;
  new Heartbeat(clock, { intervalMs: 10, phase: 0, ping: () => pings++, dead: () => undefined }).stop();
  clock.advance(1000);
  expect(pings).toBe(0);
});

it("admits as many sockets of one address, and as many handshakes, as the limits say", () => {
  const admission = new Admission({ ...DEFAULT_LIMITS, perAddress: 3, handshakesPerAddress: 2 });
  const first = admission.admit("a");
  const second = admission.admit("a");
  expect(admission.admit("a")).toBeUndefined();
  expect(admission.admit("b")).toBeDefined();
  first?.proved();
  expect(admission.admit("a")).toBeDefined();
  second?.proved();
  expect(admission.admit("a")).toBeUndefined();
  first?.left();
  first?.left();
  expect(admission.admit("a")).toBeDefined();
  expect(admission.admit("a")).toBeUndefined();
});

it("admits no more in all than the limits say", () => {
  const admission = new Admission({ ...DEFAULT_LIMITS, maxConnections: 2 });
  admission.admit("a")?.proved();
  admission.admit("b")?.proved();
  expect(admission.admit("c")).toBeUndefined();
});
