import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";

import { readStored } from "#shared/protocol/verify/stored.ts";

import { openAuthority } from "../../../gateway/directory/directory.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { askUntilAnswered } from "../../blackbox/agent.ts";
import { serve, type Serving } from "../../blackbox/command.ts";
import { DIRECTORY, ISS, open, orderFor, type Hospital } from "../../blackbox/hospital.ts";
import { enrol } from "../../gateway/device.ts";
import { spread, type Spread } from "../measure/interleaved.ts";
import { report, type Bar, type Figure } from "../measure/report.ts";
import { LightClient, type Visitor } from "./light-client.ts";

/** `COUNTERSIGN_BENCH_CLIENTS` takes another number for a quick look; each is two sockets of this process. */
const CLIENTS = Number(process.env["COUNTERSIGN_BENCH_CLIENTS"] ?? 8_000);
const FANS = 10;
/** Opened at the same time; more than that only fills the kernel's queue. */
const AT_ONCE = 256;
const SETTLE_MS = 2_000;

const each = `${String(CLIENTS)} clients`;
const R4: Bar = {
  id: "R4",
  what: `Memory of a connection that is idle, over one of raw ws; ${each}.`,
  bar: 1.5,
  aim: 1.2,
  sense: "max",
};
const R5: Bar = {
  id: "R5",
  what: `Memory of a connection after ${String(FANS)} broadcasts, over before.`,
  bar: 1.3,
  aim: 1.1,
  sense: "max",
};
const R6: Bar = {
  id: "R6",
  what: `From the first to the last of ${each} that hears of a request, over raw sends of as many bytes.`,
  bar: 1.3,
  aim: 1.1,
  sense: "max",
};
const R11: Bar = {
  id: "R11",
  what: `Until ${each} have resumed after a kill, over raw ws reconnects.`,
  bar: 2,
  aim: 1.4,
  sense: "max",
};

/** One side of the comparison: where it is, and how much memory its process has. */
interface Side {
  readonly url: () => string;
  readonly pid: () => number;
  readonly clients: readonly LightClient[];
}

const rss = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1]) * 1024;
const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** R4, R5, R6 and R11: the real gateway process beside a process of raw `ws`, both with as many clients, in one run. */
export async function connections(): Promise<readonly Figure[]> {
  const many = CLIENTS + 512;
  const limits = {
    connections: many,
    per_address: many,
    per_person: 16,
    handshakes: many,
    handshakes_per_address: many,
  };
  const hospital = await open(undefined, { config: { limits } });
  const raw = await startRaw();
  let serving: Serving = hospital.serving;
  let rawChild = raw.child;
  try {
    const gateway: Side = {
      url: () => String(serving.line["ws_url"]),
      pid: () => Number(serving.line["pid"]),
      clients: enrolAll(hospital).map((visitor) => new LightClient(ISS, visitor)),
    };
    const plain: Side = {
      url: () => `ws://127.0.0.1:${String(raw.port)}/`,
      pid: () => rawChild.pid ?? 0,
      clients: gateway.clients.map(() => new LightClient(ISS)),
    };
    say(`${each} at each server`);
    // What the first request costs the process (policy, facts, the hospital system's client) is no connection's.
    await raise(hospital, serving, "patient-first");
    const idle = { gateway: await perConnection(gateway), plain: await perConnection(plain) };
    const fans = await fanOut(hospital, serving, gateway, plain, rawChild);
    await rest(SETTLE_MS);
    const after = (rss(gateway.pid()) - idle.gateway.base) / CLIENTS;
    const figures = [
      report(R4, one(idle.gateway.bytes / idle.plain.bytes)),
      report(R5, one(after / idle.gateway.bytes)),
      report(R6, spread(fans)),
    ];
    say(`${kib(idle.gateway.bytes)} a connection, raw ws ${kib(idle.plain.bytes)}, after the broadcasts ${kib(after)}`);

    process.kill(gateway.pid(), "SIGKILL");
    await serving.ended;
    serving = await serve(hospital.env);
    const resumed = await reopen(gateway);
    rawChild.kill("SIGKILL");
    await once(rawChild, "close");
    rawChild = (await startRaw(raw.port)).child;
    const reconnected = await reopen(plain);
    say(`resumed in ${resumed.toFixed(0)} ms, raw reconnects in ${reconnected.toFixed(0)} ms`);
    for (const { clients } of [gateway, plain]) for (const client of clients) client.close();
    return [...figures, report(R11, one(resumed / reconnected))];
  } finally {
    await serving.stop();
    rawChild.disconnect();
    await hospital.close();
  }
}

const one = (value: number): Spread => ({ median: value, iqr: [value, value] });
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function startRaw(port = 0): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(path.join(import.meta.dirname, "raw-server.ts"), [String(port)], { execArgv: [] });
  const [told] = (await once(child, "message")) as [{ port: number }];
  return { child, port: told.port };
}

function enrolAll({ env }: Hospital): readonly Visitor[] {
  const authority = openAuthority(env["COUNTERSIGN_DIRECTORY"] ?? "", { clock: systemClock });
  try {
    return Array.from({ length: CLIENTS }, (_, i) => {
      const sub = `${DIRECTORY}/approvers/bench-${String(i)}`;
      const now = Math.floor(Date.now() / 1000);
      const { device, cred } = enrol(authority, authority.directory, { sub, pools: ["clinicians"] }, now);
      return { signer: device.signer, cred, sub, device: readStored("approver", cred).device };
    });
  } finally {
    authority.close();
  }
}

async function openAll({ clients, url }: Side): Promise<void> {
  for (let at = 0; at < clients.length; at += AT_ONCE) {
    await Promise.all(clients.slice(at, at + AT_ONCE).map((client) => client.open(url())));
  }
}

async function perConnection(side: Side): Promise<{ base: number; bytes: number }> {
  const base = rss(side.pid());
  await openAll(side);
  await rest(SETTLE_MS);
  return { base, bytes: (rss(side.pid()) - base) / CLIENTS };
}

async function reopen(side: Side): Promise<number> {
  for (const client of side.clients) client.close();
  const began = performance.now();
  await openAll(side);
  return performance.now() - began;
}

async function raise(hospital: Hospital, serving: Serving, patient: string): Promise<void> {
  hospital.record.copy("evans-gareth", patient);
  await askUntilAnswered(hospital.agent, () => String(serving.line["url"]), orderFor(patient));
}

/** Ratios of how long a request, and as many bytes by raw sends, need from the first client to the last, in turns. */
async function fanOut(
  hospital: Hospital,
  serving: Serving,
  gateway: Side,
  plain: Side,
  rawChild: ChildProcess,
): Promise<readonly number[]> {
  const ratios: number[] = [];
  for (let i = 0; i < FANS; i++) {
    await raise(hospital, serving, `patient-${String(i)}`);
    const ours = await everybody(gateway);
    rawChild.send(ours.bytes);
    const theirs = await everybody(plain);
    ratios.push(ours.ms / theirs.ms);
  }
  return ratios;
}

async function everybody({ clients }: Side): Promise<{ ms: number; bytes: number }> {
  while (!clients.every(({ arrived }) => arrived.length > 0)) await rest(5);
  const all = clients.map((client) => client.arrived.splice(0)[0]);
  const times = all.flatMap((heard) => (heard === undefined ? [] : [heard.at]));
  return { ms: Math.max(...times) - Math.min(...times), bytes: all[0]?.bytes ?? 0 };
}
