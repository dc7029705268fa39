import path from "node:path";

import { expect, vi } from "vitest";

import type { QueueRow, ReviewData } from "#shared/ipc/contract.ts";

import type { Clock } from "../../electron/clock.ts";
import { askUntilAnswered, type Agent } from "../blackbox/agent.ts";
import { serve, type Serving } from "../blackbox/command.ts";
import { ISS, open, orderFor, type Hospital } from "../blackbox/hospital.ts";
import type { Person } from "../blackbox/person.ts";
import type { Members } from "../blackbox/signed.ts";
import { startProxy, type Proxy } from "../chaos/proxy.ts";
import { approval, PIN } from "../electron/approval.ts";
import { makeHeadless, type Headless } from "../electron/headless-workstation.ts";
import { enrolAt, portOf } from "./enrol.ts";

const DENIAL = { kind: "deny", reason: { code: "not-needed" }, report_agent: false } as const;

/** A hospital whose workstation reaches its real gateway process through a network that a test spoils. */
export interface Site {
  readonly hospital: Hospital;
  readonly proxy: Proxy;
  readonly app: Headless;
  readonly kid: string;
  /** Somebody who looks and decides nothing, past the proxy. */
  readonly witness: Person;
  /** What every gateway process wrote to its log, of those that have ended. */
  readonly logs: string[];
  /** Every request that was raised and acknowledged. */
  readonly raised: string[];
  readonly serving: Serving;
  /** An agent asks for an order, each for another patient. */
  raise(): Promise<string>;
  /** The row of a request, once the workstation shows it in one of these states. */
  row(rid: string, ...kinds: readonly QueueRow["status"]["kind"][]): Promise<QueueRow>;
  review(rid: string): Promise<ReviewData>;
  approve(rid: string): ReturnType<Headless["ask"]>;
  deny(rid: string): ReturnType<Headless["ask"]>;
  connection(): string | undefined;
  /** Resolves once the connection is in one of these states. */
  is(kinds: readonly string[], timeoutMs?: number): Promise<void>;
  live(): Promise<void>;
  /** The gateway's process dies (SIGKILL). */
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
  /** Starts it again; the proxy leads there. */
  serveAgain(env?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly clock?: Clock;
  readonly change?: Parameters<typeof open>[0];
  /** Agents beside the one that asks. */
  readonly agents?: readonly Agent[];
  /** Members added to `gateway.json`. */
  readonly config?: Members;
  readonly env?: Readonly<Record<string, string>>;
  /** The workstation speaks TLS with what this puts before the gateway, and trusts this authority (PEM). */
  readonly tls?: { readonly siteCa: string; front(port: number): Promise<number> };
}

export async function openSite({
  clock,
  change,
  agents = [],
  config = {},
  env = {},
  tls,
}: SiteOptions = {}): Promise<Site> {
  const hospital = await open(
    (table) => {
      // What a person takes to read is of other tests.
      for (const tier of Object.values(table.tiers)) Object.assign(tier, { min_dwell_ms: 0 });
      change?.(table);
    },
    { agents, config, log: "info" },
  );
  const behind = portOf(hospital.wsUrl);
  const proxy = await startProxy(tls === undefined ? behind : await tls.front(behind));
  const app = makeHeadless(path.join(hospital.folder, "app"), {
    ...(clock === undefined ? {} : { clock }),
    ...(tls === undefined ? {} : { siteCa: tls.siteCa }),
  });
  await app.workstation.start();
  const kid = await enrolAt(
    hospital,
    `${tls === undefined ? "ws" : "wss"}://127.0.0.1:${String(proxy.port)}`,
    app,
    "okafor",
  );
  const witness = await hospital.enrol("witness");
  expect(await app.ask("unlock", { kid, pin: PIN })).toEqual({ ok: true, value: null });
  const logs: string[] = [];
  const raised: string[] = [];
  let serving = hospital.serving;

  const connection = () => app.snapshot().gateways[0]?.connection.kind;
  const is: Site["is"] = async (kinds, timeout = 30_000) => {
    // Also where a file opens its site before its tests.
    await vi.waitFor(() => expect(connection()).toBeOneOf([...kinds]), { timeout, interval: 25 });
  };
  const ended = async (): Promise<void> => void logs.push((await serving.ended).err);
  async function serveAgain(more: Readonly<Record<string, string>> = {}): Promise<void> {
    serving = await serve({ ...hospital.env, COUNTERSIGN_LOG: "info", ...env, ...more });
    proxy.to(portOf(String(serving.line["ws_url"])));
  }
  const review: Site["review"] = async (rid) => {
    const opened = await app.ask("open_review", { key: { iss: ISS, rid } });
    if (!opened.ok) throw new Error(opened.error.code);
    return opened.value;
  };
  if (Object.keys(env).length > 0) {
    await serving.stop();
    await ended();
    await serveAgain();
  }
  await is(["live"]);

  return {
    ...{ hospital, proxy, app, kid, witness, logs, raised, review, connection, is, serveAgain },
    get serving() {
      return serving;
    },
    live: () => is(["live"]),
    async raise() {
      const patient = `patient-${String(raised.length)}`;
      hospital.record.copy("evans-gareth", patient);
      const rid = await askUntilAnswered(hospital.agent, () => String(serving.line["url"]), orderFor(patient));
      raised.push(rid);
      return rid;
    },
    async row(rid, ...kinds) {
      const found = () => app.snapshot().rows.find(({ key }) => key.rid === rid);
      await expect.poll(() => found()?.status.kind, { interval: 25 }).toBeOneOf([...kinds]);
      return found()!;
    },
    async approve(rid) {
      return await app.ask("decide", approval(await review(rid)));
    },
    async deny(rid) {
      const { row } = await review(rid);
      return await app.ask("decide", { key: row.key, rev: row.rev, digest: row.digest, choice: DENIAL });
    },
    async kill() {
      process.kill(Number(serving.line["pid"]), "SIGKILL");
      await ended();
    },
    async stop() {
      await serving.stop();
      await ended();
    },
    async close() {
      await app.workstation.stop();
      await serving.stop();
      await proxy.close();
      await hospital.close();
    },
  };
}
