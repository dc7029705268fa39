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

it("a gateway whose disk failed says so where balancers ask, and not before", async () => {
  const hospital = await open();
  onTestFinished(async () => await hospital.close());
  await hospital.serving.stop();
  const preload = `data:text/javascript,${encodeURIComponent(FAILING_DISK)}`;
  const serving = await serve({ ...hospital.env, NODE_OPTIONS: `--import ${preload}` });
  onTestFinished(async () => {
    await serving.stop();
  });
  const url = String(serving.line["url"]);
  const ready = async (): Promise<number> => (await fetch(`${url}/readyz`)).status;
  const { agent: _, ...draft } = sample("order");
  expect(await ready()).toBe(200);
  process.kill(Number(serving.line["pid"]), "SIGUSR2");
  await expect.poll(async () => await hospital.agent.ask(url, draft).catch(() => "refused")).toBe("refused");
  expect(await ready()).toBe(503);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});
