import { once } from "node:events";
import { connect } from "node:net";

import { afterAll, beforeAll, expect, it } from "vitest";

import { Agent } from "../blackbox/agent.ts";
import { ISS, orderFor } from "../blackbox/hospital.ts";
import { besiege, refusals, type Besieged } from "./besieged.ts";

/** Rows E5, E6 and E7 of the fault matrix (reliability.md 7): too many, too much, and what did not arrive. */

const MIB = 1024 * 1024;
const other = new Agent("urn:stranger:other-agent", ISS);

let target: Besieged;
beforeAll(async () => {
  target = await besiege({ agents: [other] });
});
afterAll(async () => await target.close());

it("E5 an agent that floods is slowed, counted and named in the gateway's log once; nobody's queue has anything of it, and another agent is answered", async () => {
  await target.withstands(
    async () => {
      const { site } = target;
      const { hospital } = site;
      const before = await target.figures();
      // None of them is an order: what is measured is how often an agent may ask at all.
      const said = await Promise.all(Array.from({ length: 300 }, async () => await target.ask("{")));
      const slowed = said.filter((one) => one === "429 E_RATE").length;
      expect(new Set(said)).toEqual(new Set(["400 E_FMT_JSON", "429 E_RATE"]));
      expect(slowed).toBeGreaterThanOrEqual(200);
      const figure = refusals("agent", "E_RATE");
      expect(((await target.figures()).get(figure) ?? 0) - (before.get(figure) ?? 0)).toBe(slowed);
      expect(site.app.snapshot().rows.filter(({ status }) => status.kind === "pending")).toHaveLength(1);
      const lines = site.serving.log().split("\n");
      const told = lines.filter((line) => line.includes('"event":"agent.slowed"'));
      expect(told).toEqual([expect.stringContaining(`"${hospital.agent.sub}"`)]);
      // Whoever does not flood is asked for at once.
      hospital.record.copy("evans-gareth", "evans-other");
      const rid = await other.ask(String(site.serving.line["url"]), orderFor("evans-other"));
      site.raised.push(rid);
      await site.row(rid, "pending");
      // Its request is another entry.
    },
    { entries: 1 },
  );
});

it("E6 5 MB are refused while they are still being sent, with the limit named, by body and by frame, and nothing is kept of them", async () => {
  await target.withstands(async ({ socket: feed }) => {
    const { agent } = target.site.hospital;
    const { hostname, port } = new URL(target.url("/"));
    const body = JSON.stringify({ ...orderFor("evans-gareth"), filler: "x".repeat(5 * MIB) });
    const socket = connect(Number(port), hostname);
    const head = [
      "POST /countersign/v1/requests HTTP/1.1",
      "Host: gateway",
      "Content-Type: application/json",
      `Authorization: Bearer ${agent.assertion("POST", body)}`,
      `Content-Length: ${String(body.length)}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${body.slice(0, 256 * 1024)}`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 [^]*E_FMT_SIZE/);
    expect(answer.toString()).toMatch(/128 KiB|131,?072/);
    socket.destroy();
    expect(await target.post("x".repeat(5 * MIB))).toBe("413 E_FMT_SIZE");
    feed.say("decision.submit", { jws: "x".repeat(5 * MIB) });
    expect(await feed.closed).toBe(1009);
  });
});

it("E7 an event that was sent and did not arrive before the connection ended is there when the next one is live, by the cursor", async () => {
  await target.withstands(
    async () => {
      const { site } = target;
      site.proxy.freeze(["down"]);
      const lost = await site.raise();
      site.proxy.cut("rst");
      site.proxy.thaw();
      await site.is(["offline", "connecting", "catching_up"]);
      await site.live();
      const began = performance.now();
      await site.row(lost, "pending");
      const took = performance.now() - began;
      console.log(`E7: a lost event was there ${took.toFixed(0)} ms after the connection was live again`);
      expect(took).toBeLessThan(2_000);
      expect(await site.deny(lost)).toMatchObject({ ok: true });
      await site.row(lost, "denied");
      // A request, a decision and its outcome.
    },
    { entries: 3 },
  );
});
