import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "vitest";

import { makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";

import { startFhirServer, type FhirServer } from "../../demo/fhir/server.ts";
import { record } from "../../demo/record/record.ts";
import type { TestClient } from "../gateway/transport/client.ts";
import { Device, payloadOf, type Ticket } from "./device.ts";
import { runHere, startCli } from "./gateway-process.ts";

export const ISS = "https://gw.northgate.example";

/** A body weight of a patient of the demonstration's record: a new entry, which one person approves. */
export const weight = (patient = "evans-gareth", value = "81.50"): string =>
  '{"resourceType":"Observation","status":"final","code":{"text":"Body weight"},' +
  `"subject":{"reference":"Patient/${patient}"},"valueQuantity":{"value":${value},"unit":"kg"}}`;

/** What of a key stands in the agents' file. */
export function publicOf({ d: _d, ...jwk }: PrivateJwk): Record<string, string> {
  const { kid } = makeSigner({ d: _d, ...jwk });
  return Object.fromEntries(Object.entries({ ...jwk, kid }).map(([name, value]) => [name, String(value)]));
}

export interface SiteOptions {
  /** `from` → `to` in files of the policy set. */
  readonly policy?: readonly (readonly [file: string, from: RegExp, to: string])[];
  /** Options of `gateway init`, and members of `gateway.json`. */
  readonly init?: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly agents: readonly Readonly<Record<string, unknown>>[];
}

/** A hospital in a folder: its record, and what a gateway is started from. Processes end with the suite. */
export async function makeSite() {
  const fhir: FhirServer = await startFhirServer({
    port: 0,
    seed: record as Parameters<typeof startFhirServer>[0]["seed"],
  });
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-site-"));
  const env = { COUNTERSIGN_DIRECTORY: path.join(folder, "directory"), COUNTERSIGN_DATA: path.join(folder, "gateway") };
  const kills: (() => void)[] = [];
  const run = async (args: readonly string[], typed?: string) => await runHere(args, env, typed);
  const start = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    startCli(args, { ...env, ...more }, (kill) => void kills.push(kill));

  /** Directory, policy without a hold, configuration and agents. */
  async function init({ policy = [], init: options = [], config = {}, agents }: SiteOptions): Promise<void> {
    await run(["directory", "init", "--iss", "https://directory.northgate.example", "--demo"]);
    const policies = path.join(folder, "policy");
    await run(["policy", "new", policies]);
    for (const [name, from, to] of [["policy.json", /"hold_s": 10/g, '"hold_s": 0'] as const, ...policy]) {
      const file = path.join(policies, name);
      writeFileSync(file, readFileSync(file, "utf8").replaceAll(from, to));
    }
    const command = ["gateway", "init", "--iss", ISS, "--fhir-base", fhir.baseUrl, "--port", "0", ...options];
    const made = await run([...command, "--policy", policies]);
    expect(made.status, made.err).toBe(0);
    const at = (name: string): string => path.join(folder, "gateway", name);
    const before = JSON.parse(readFileSync(at("gateway.json"), "utf8")) as object;
    writeFileSync(at("gateway.json"), JSON.stringify({ ...before, ...config }));
    writeFileSync(at("agents.json"), JSON.stringify(agents));
  }

  async function enrol(name: string): Promise<Device> {
    const issued = await run(["directory", "ticket", "--approver", name, "--pools", "clinicians"]);
    const device = new Device();
    const ticket = JSON.parse(issued.out) as Ticket;
    const code = /: (\S+-\S+-\S+-\S+)/.exec(issued.err)?.[1] ?? "";
    await device.enrol(ticket, code, async () => {
      const confirmed = await run(["directory", "confirm", ticket.ticket_id, "--by", "second"], "yes");
      expect(confirmed.status, confirmed.err).toBe(0);
    });
    return device;
  }

  return {
    ...{ fhir, folder, run, start, init, enrol },
    async close(): Promise<void> {
      for (const kill of kills) kill();
      await fhir.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A clinician at the gateway's feed. */
export class Clinician {
  readonly #device: Device;
  readonly #client: TestClient;

  private constructor(device: Device, client: TestClient) {
    this.#device = device;
    this.#client = client;
  }

  static async signIn(device: Device, wsUrl: string): Promise<Clinician> {
    const { client } = await device.signIn(wsUrl, ISS);
    await client.ask("subscribe", { feeds: ["pool:clinicians", "me"], cursor: null, credit: 256 });
    return new Clinician(device, client);
  }

  /** Waits for a request and signs the answer to it. */
  async decide(rid: string, decision: "approve" | "deny"): Promise<void> {
    const shown = await this.#client.until(
      ({ type, body }) => type === "action.pending" && JSON.stringify(payloadOf(body["jws"])).includes(rid),
    );
    const jws = this.#device.decide(String(shown.body["jws"]), decision);
    const receipt = await this.#client.ask("decision.submit", { jws });
    expect(receipt.body["jws"], JSON.stringify(receipt.body)).toBeDefined();
    expect(payloadOf(receipt.body["jws"])).toMatchObject({ outcome: decision === "approve" ? "approved" : "denied" });
    this.#device.recorded(jws);
  }

  /** Resolves with the event of this name about this request. */
  told(rid: string, name: string): Promise<unknown> {
    return this.#client.until(({ type, body }) => {
      const set = type === "task.event" ? JSON.stringify(payloadOf(body["set"])) : "";
      return set.includes(name) && set.includes(rid);
    });
  }
}
