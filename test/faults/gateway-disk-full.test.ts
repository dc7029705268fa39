import { cpSync, existsSync, readFileSync, renameSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { answer, serve, type Serving } from "../blackbox/command.ts";
import { open, orderFor, type Hospital } from "../blackbox/hospital.ts";
import type { Person } from "../blackbox/person.ts";
import { payloadOf } from "../blackbox/signed.ts";
import { readNote } from "../blackbox/log.ts";
import { smallDisk } from "../blackbox/small-disk.ts";

/** D1 of the fault matrix (reliability.md 7): the real gateway process on a real small disk that fills up. */

let hospital: Hospital;
let lee: Person;
let disk: ReturnType<typeof smallDisk>;
let serving: Serving | undefined;

const at = (name: string): string => path.join(hospital.folder, name);

beforeEach(async () => {
  hospital = await open();
  lee = await hospital.enrol("lee");
  await hospital.serving.stop();
  renameSync(at("gateway"), at("moved"));
  disk = smallDisk(at("gateway"), 24 * 1024 * 1024);
  cpSync(at("moved"), at("gateway"), { recursive: true });
});
afterEach(async () => {
  await serving?.stop();
  disk?.unmount();
  await hospital.close();
});

const url = (): string => String(serving?.line["url"]);
const ready = async () => {
  const response = await fetch(`${url()}/readyz`);
  return { status: response.status, ...((await response.json()) as object) };
};
/** Leaves this many bytes free. */
function fillDisk(left: number): void {
  const { bavail, bsize } = statfsSync(at("gateway"));
  writeFileSync(at("gateway/filler"), Buffer.alloc(bavail * bsize - left, 1));
}

describe("D1 the gateway's disk is full", () => {
  it("nothing is acknowledged that is not kept, what was is read and signed for, and it goes on by itself when there is room", async (context) => {
    context.skip(disk === undefined, "a small disk cannot be mounted here");
    serving = await serve(hospital.env);
    expect(await ready()).toEqual({ status: 200, ok: true });
    const first = await hospital.raise("order");
    const { socket } = await lee.connect(String(serving.line["ws_url"]));
    await socket.ask("subscribe", { feeds: ["pool:clinicians", "me"], cursor: null, credit: 256 });
    const pending = await socket.next("action.pending");
    const decision = lee.decide(String(pending.body["jws"]), "deny");

    fillDisk(256 * 1024);
    const acknowledged: string[] = [first];
    let refused = "";
    for (let i = 0; refused === "" && i < 500; i++) {
      try {
        acknowledged.push(await hospital.agent.ask(url(), orderFor("evans-gareth")));
      } catch (error) {
        refused = String(error);
      }
    }
    // The agent, the app and whoever watches are told the same.
    expect(refused).toMatch(/503 .*E_STORE_FULL/);
    expect(await ready()).toMatchObject({ status: 503, ok: false, code: "E_STORE_FULL" });
    const { body } = await socket.ask("decision.submit", { jws: decision });
    expect(body["code"]).toBe("E_STORE_FULL");
    expect(existsSync(at("gateway/reserve"))).toBe(false);
    // Reads go on, and the last entries are signed for.
    for (const rid of acknowledged) expect(await hospital.state(rid)).toBe("open");
    const { vkey } = lee.pinned.gateway.log;
    const size = () => readNote(readFileSync(at("gateway/checkpoint"), "utf8"), vkey).size;
    await expect.poll(size).toBeGreaterThanOrEqual(acknowledged.length);

    rmSync(at("gateway/filler"));
    await expect.poll(ready).toEqual({ status: 200, ok: true });
    expect(statSync(at("gateway/reserve")).size).toBe(4 * 1024 * 1024);
    const recorded = await socket.ask("decision.submit", { jws: decision });
    expect(payloadOf(recorded.body["jws"])).toMatchObject({ result: "recorded", outcome: "denied" });
    socket.close();
    expect((await serving.stop()).err).toMatch(/store\.full[\s\S]*store\.room/);

    expect(await answer(["log", "verify"], hospital.env)).toMatchObject({ ok: true });
    serving = await serve(hospital.env);
    const states = [];
    for (const rid of acknowledged) states.push(await hospital.state(rid));
    expect(states).toEqual(["denied", ...acknowledged.slice(1).map(() => "open")]);
  });
});
