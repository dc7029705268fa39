import { expect, it, onTestFinished } from "vitest";

import { serve } from "../blackbox/command.ts";
import { open, sample } from "../blackbox/hospital.ts";

/** Preloaded: from SIGUSR2 on, the disk fails under every commit. */
const FAILING_DISK = `
  import { DatabaseSync } from "node:sqlite";
  let isFailing = false;
  process.once("SIGUSR2", () => { isFailing = true; });
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function (text) {
    const statement = prepare.call(this, text);
    const run = statement.run.bind(statement);
    return Object.assign(statement, { run(...values) {
      if (text === "COMMIT" && isFailing)
        throw Object.assign(new Error("disk I/O error"), { code: "ERR_SQLITE_ERROR", errcode: 1034 });
      return run(...values);
    } });
  };`;

it("D3 after an I/O error of a flush nothing more is acknowledged, /readyz says so, the process ends with status 1, and the next start has all that was acknowledged", async () => {
  const hospital = await open();
  onTestFinished(async () => await hospital.close());
  const lee = await hospital.enrol("lee");
  await hospital.serving.stop();
  const preload = `data:text/javascript,${encodeURIComponent(FAILING_DISK)}`;
  const serving = await serve({ ...hospital.env, NODE_OPTIONS: `--import ${preload}` });
  onTestFinished(async () => {
    await serving.stop();
  });
  const url = String(serving.line["url"]);
  const ready = async () => {
    const response = await fetch(`${url}/readyz`);
    return { status: response.status, ...((await response.json()) as object) };
  };
  const { agent: _, ...draft } = sample("order");
  const kept = await hospital.agent.ask(url, draft);
  const { socket } = await lee.connect(String(serving.line["ws_url"]));
  await socket.ask("subscribe", { feeds: ["pool:clinicians", "me"], cursor: null, credit: 256 });
  const pending = await socket.next("action.pending");
  const decision = lee.decide(String(pending.body["jws"]), "deny");
  expect(await ready()).toEqual({ status: 200, ok: true });

  process.kill(Number(serving.line["pid"]), "SIGUSR2");
  await expect.poll(async () => await hospital.agent.ask(url, draft).catch(() => "refused")).toBe("refused");
  expect(await socket.ask("decision.submit", { jws: decision })).toMatchObject({ type: "error" });
  expect(await ready()).toMatchObject({ status: 503, ok: false, code: "E_STORE_CORRUPT" });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const { status, err } = await serving.ended;
  expect([status, err]).toEqual([1, expect.stringContaining("store.failed")]);

  const again = await serve(hospital.env);
  onTestFinished(async () => {
    await again.stop();
  });
  expect(await hospital.state(kept)).toBe("open");
  const { socket: next } = await lee.connect(String(again.line["ws_url"]));
  const { receipt } = await lee.submit(next, decision);
  expect(receipt).toMatchObject({ result: "recorded", outcome: "denied" });
});
