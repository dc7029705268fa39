import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, expect, it } from "vitest";

import { processIo } from "../../gateway/cli/io.ts";
import { logVerify } from "../../gateway/cli/log-verify.ts";
import { run, serve, type Serving } from "../blackbox/command.ts";
import { open, type Hospital } from "../blackbox/hospital.ts";

/** The audit beside serving, in the real process (docs/decisions/0018). */

const LATE = path.join(import.meta.dirname, "late-clock.mjs");

let hospital: Hospital;
let serving: Serving | undefined;

beforeEach(async () => {
  hospital = await open();
  await hospital.enrol("lee");
  for (let i = 0; i < 3; i++) await hospital.raise("order");
  await hospital.serving.stop();
});
afterEach(async () => {
  await serving?.stop();
  await hospital.close();
});

const forever = (): Promise<string> => new Promise(() => undefined);
const at = (name: string): string => path.join(hospital.folder, name);

function tamper(sql: string): void {
  const db = new DatabaseSync(at("gateway/gateway.sqlite"));
  db.exec(sql);
  db.close();
}

const starts = async (): Promise<Serving> =>
  await serve({ ...hospital.env, NODE_OPTIONS: `--import=${LATE}`, COUNTERSIGN_LOG: "info" });

it("D4 an entry that was changed before the mark is found beside serving: nothing is proved or taken any more, the process ends with status 1, and the next start refuses before it serves", async () => {
  tamper("UPDATE leaves SET entry = entry || ' ' WHERE idx = 1");
  const newest = readFileSync(at("gateway/checkpoint"), "utf8");
  serving = await starts();
  const url = String(serving.line["url"]);
  await expect
    .poll(async () => {
      const response = await fetch(`${url}/readyz`).catch(() => undefined);
      return response && ((await response.json()) as Record<string, unknown>)["code"];
    })
    .toBe("E_STORE_CORRUPT");
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const { status, err } = await serving.ended;
  serving = undefined;
  expect(status).toBe(1);
  const damage = err.split("\n").filter((line) => line.includes('"log.damaged"'));
  expect(damage.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: "error", code: "E_STORE_CORRUPT", step: "entry", place: 1 },
  ]);
  const again = await run(["gateway", "serve"], { ...hospital.env, NODE_OPTIONS: `--import=${LATE}` });
  expect([again.status, again.err]).toEqual([1, expect.stringMatching(/E_STORE_CORRUPT: .*entry 1 of the log/)]);
  expect(readFileSync(at("gateway/checkpoint"), "utf8")).toBe(newest);
});

it("an audit of a stopped gateway by command says what it found, and ends when it is interrupted", async () => {
  const said: string[] = [];
  const io = { ...processIo(process), env: hospital.env, err: (line: string) => void said.push(line) };
  expect(await logVerify.run([], { ...io, out: (line) => void said.push(line), stopped: forever })).toBe(0);
  expect(said.splice(0)).toEqual([expect.stringMatching(/^{"ok":true,"entries":\d+,/)]);
  expect(await logVerify.run([], { ...io, stopped: () => Promise.resolve("SIGINT") })).toBe(1);
  expect(said.splice(0)).toEqual([expect.stringContaining("Interrupted")]);
  tamper("UPDATE leaves SET entry = entry || ' ' WHERE idx = 1");
  await expect(logVerify.run([], { ...io, stopped: forever })).rejects.toMatchObject({ code: "E_STORE_CORRUPT" });
});

it("D4 a gateway that is killed in the middle of its audit serves again at once, and its log is whole", async () => {
  serving = await starts();
  process.kill(Number(serving.line["pid"]), "SIGKILL");
  await serving.ended;
  serving = await starts();
  const rid = await hospital.raise("order");
  expect(await hospital.state(rid)).toBe("open");
  await serving.stop();
  serving = undefined;
  const { status, out } = await run(["log", "verify"], hospital.env);
  expect([status, out]).toEqual([0, expect.stringContaining('"ok":true')]);
});
