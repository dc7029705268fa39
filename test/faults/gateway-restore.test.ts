import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { answer, run, serve, type Serving } from "../blackbox/command.ts";
import { checkBundle, type Bundle } from "../blackbox/evidence.ts";
import { open, type Hospital } from "../blackbox/hospital.ts";
import type { Person } from "../blackbox/person.ts";

/** A gateway that is restored from a backup made in the middle of something: nothing of that is ever carried out. */

const FAILPOINT = path.join(import.meta.dirname, "failpoint.mjs");

let hospital: Hospital;
let lee: Person;
let serving: Serving | undefined;

beforeEach(async () => {
  hospital = await open();
  lee = await hospital.enrol("lee");
  await hospital.serving.stop();
});
afterEach(async () => {
  await serving?.stop();
  await hospital.close();
});

const at = (name: string): string => path.join(hospital.folder, name);

/** An order that is approved; the gateway dies at `dieAt`, with the decision stored. */
async function approvedUntil(dieAt: string): Promise<string> {
  const failing = {
    NODE_OPTIONS: `--import=${FAILPOINT}`,
    COUNTERSIGN_TEST_DIE: dieAt,
    COUNTERSIGN_TEST_ARMED: at("armed"),
  };
  serving = await serve({ ...hospital.env, ...failing });
  const rid = await hospital.raise("order");
  const { socket } = await lee.connect(String(serving.line["ws_url"]));
  await socket.ask("subscribe", { feeds: ["pool:clinicians", "me"], cursor: null, credit: 256 });
  const { body } = await socket.next("action.pending");
  writeFileSync(at("armed"), "");
  socket.say("decision.submit", { jws: lee.decide(String(body["jws"]), "approve") });
  expect((await serving.ended).status).toBeNull();
  return rid;
}

describe("D4 a backup is restored", () => {
  it.each([
    ["approved and not begun", "after INSERT INTO decisions"],
    ["begun", "after INSERT INTO executions"],
  ])("in which an order was %s: it is never sent, ends as unknown, and its evidence says so", async (_state, dieAt) => {
    const rid = await approvedUntil(dieAt);
    await answer(["gateway", "backup", "--to", at("copy"), "--with-keys"], hospital.env);
    const env = { ...hospital.env, COUNTERSIGN_DATA: at("restored") };
    copyFileSync(at("gateway/checkpoint"), at("newest"));
    await answer(["gateway", "restore", "--from", at("copy"), "--newest-checkpoint", at("newest")], env);
    serving = await serve(env);
    expect(await answer(["gateway", "state", rid], env)).toMatchObject({ state: "failed" });
    await expect
      .poll(async () => (await run(["gateway", "bundle", rid, "--out", at("bundle.json")], env)).status)
      .toBe(0);
    const bundle = JSON.parse(readFileSync(at("bundle.json"), "utf8")) as Bundle;
    expect(checkBundle(bundle, lee.pinned.directory)).toContain("task-failed");
    await serving.stop();
    expect(hospital.record.writes).toEqual([]);
    expect(await answer(["log", "verify", "--checkpoint", at("newest")], env)).toMatchObject({ ok: true });
  });
});

describe("D4 the database is changed under the gateway", () => {
  it("swapped with an older one that is whole: ROLLBACK DETECTED, and nothing is served or signed", async () => {
    await answer(["gateway", "backup", "--to", at("copy")], hospital.env);
    serving = await serve(hospital.env);
    await hospital.raise("order");
    await serving.stop();
    const newest = readFileSync(at("gateway/checkpoint"), "utf8");
    copyFileSync(at("copy/gateway.sqlite"), at("gateway/gateway.sqlite"));
    const { status, err } = await run(["gateway", "serve"], hospital.env);
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(/E_STORE_CORRUPT: ROLLBACK DETECTED: the log has \d+ entries/),
    ]);
    expect(readFileSync(at("gateway/checkpoint"), "utf8")).toBe(newest);
    serving = undefined;
  });
});
