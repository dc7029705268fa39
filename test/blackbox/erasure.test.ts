import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { Agent } from "./agent.ts";
import { answer, run } from "./command.ts";
import { ISS, open, orderFor, type Hospital } from "./hospital.ts";
import type { Live, Person } from "./person.ts";
import { newKey, type Members } from "./signed.ts";

/** Holds and erasure by command (docs/operations.md, "Retention, erasure and legal hold"). */

const other = new Agent("urn:stranger:other", ISS, newKey());
let hospital: Hospital;
let auditor: Person;
let live: Live;

beforeAll(async () => {
  hospital = await open(undefined, { agents: [other] });
  hospital.record.copy("evans-gareth", "evans-a");
  auditor = await hospital.enrol("aud", { roles: "auditor" });
  live = await hospital.connect(auditor);
  return async () => await hospital.close();
});

async function poll(agent: Agent, rid: string) {
  const headers = { authorization: `Bearer ${agent.assertion("GET", "")}` };
  const reply = await fetch(`${hospital.url}/countersign/v1/tasks/${rid}`, { headers });
  const { issue } = (await reply.json()) as { issue?: { details: { coding: { code: string }[] } }[] };
  return [reply.status, issue?.[0]?.details.coding[0]?.code];
}

async function rowOf(rid: string): Promise<Members> {
  const query = { name: "history", purpose: { code: "HLEGAL" }, filter: {} };
  const { body } = await live.socket.ask("report.query", query);
  const row = (body["items"] as Members[]).find((one) => one["rid"] === rid);
  return row ?? { code: body["code"] };
}

describe("a patient who is to be erased", () => {
  const retention = (...args: readonly string[]) => ["gateway", "retention", ...args];
  const erase = (): string[] => retention("erase", "--patient-file", who(), "--order", "2026/17");
  const who = (): string => path.join(hospital.folder, "who");

  it("is kept by a hold, and erased after it: row, answer and log say so, and nobody reads it", async () => {
    writeFileSync(who(), "Patient/evans-a\n", { mode: 0o600 });
    const rid = await hospital.raise(orderFor("evans-a"));
    const message = await live.socket.next("action.pending");
    const denial = auditor.decide(auditor.request(message).jws, "deny");
    expect((await auditor.submit(live.socket, denial)).receipt?.outcome).toBe("denied");

    const hold = retention("hold", "--request", rid, "--reason", "Claim 4711");
    const { hold: name } = await answer<{ hold: string }>(hold, hospital.env);
    const refused = await run(erase(), hospital.env);
    expect([refused.status === 0, refused.out, /E_[A-Z_]+/.exec(refused.err)?.[0]]).toEqual([
      false,
      "",
      "E_STORE_HELD",
    ]);
    expect((await rowOf(rid))["withheld"]).not.toMatchObject({ reason: "erased" });
    expect(await poll(hospital.agent, rid)).toEqual([200, undefined]);
    expect(await answer(retention("release", "--hold", name, "--reason", "Settled"), hospital.env)).toEqual({
      released: name,
    });

    const erased = await answer<{ erased: number; entry: number }>(erase(), hospital.env);
    expect(erased).toEqual({ erased: 1, entry: expect.any(Number) as number });
    expect(await rowOf(rid)).toMatchObject({ state: "denied", decisions: [null], withheld: { reason: "erased" } });
    expect(await poll(hospital.agent, rid)).toEqual([410, "E_STORE_ERASED"]);
    // Evidence is there once the log's next checkpoint is signed.
    const file = path.join(hospital.folder, "erased.json");
    const left = ["gateway", "bundle", rid, "--out", file];
    await expect.poll(async () => (await run(left, hospital.env)).status).toBe(0);
    expect(readFileSync(file, "utf8")).not.toMatch(/evans|Evans|2026\/17/);
    const verify = ["verify", file, "--directory-key", JSON.stringify(auditor.pinned.directory)];
    const found = { ok: true, outcome: "denied", erased: { why: "order", index: erased.entry } };
    expect(await answer(verify, hospital.env)).toMatchObject(found);
    expect((await run(["gateway", "bundle", "nobody"], hospital.env)).err).toContain("E_REQ_UNKNOWN");
    // No oracle: of what was another's, not even that it was there.
    expect(await poll(other, rid)).toEqual([404, "E_REQ_UNKNOWN"]);
    expect(await answer(retention("run", "--dry-run"), hospital.env)).toEqual({
      ...{ erased: 0, held: 0, open: 0, dry_run: true },
    });

    expect((await hospital.serving.stop()).status).toBe(0);
    const status = await answer(retention("status"), hospital.env);
    expect(status).toMatchObject({ years: 10, erased: 1, holds: [] });
    expect(await answer(["log", "verify"], hospital.env)).toMatchObject({ ok: true });
    expect(hospital.serving.log()).not.toMatch(/evans|4711/);
  });
});
