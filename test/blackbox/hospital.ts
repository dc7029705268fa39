import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { Agent } from "./agent.ts";
import { answer, run, SAMPLES, serve, WORDS, type Ran, type Serving } from "./command.ts";
import { Person, type Live, type Ticket } from "./person.ts";
import { startRecord, type RecordServer } from "./record-server.ts";
import type { Alg, Members } from "./signed.ts";

export const ISS = "https://gw.stranger.example";
/** The sample of a referral names a person of this directory as the one who asked for it. */
export const DIRECTORY = "https://directory.northgate.example";

/** The policy of a hospital before it is published: its figures, and its policies by id. */
interface Policy {
  readonly tiers: Record<string, { hold_s: number; need: number }>;
  /** Adds annotations to a policy. */
  readonly annotate: (id: string, more: string) => void;
  /** Says whom a policy asks. */
  readonly ask: (id: string, pools: string) => void;
  /** Adds policies of its own. */
  readonly add: (cedar: string) => void;
}

export interface Hospital {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly record: RecordServer;
  readonly serving: Serving;
  /** Where clients connect, as the ready line says. */
  readonly wsUrl: string;
  readonly url: string;
  enrol(name: string, how?: { pools?: string; roles?: string; alg?: Alg; webauthn?: Members }): Promise<Person>;
  ticket(name: string, more?: readonly string[]): Promise<{ ticket: Ticket; code: string; ran: Ran }>;
  connect(person: Person, feeds?: readonly string[]): Promise<Live>;
  /** A sample by its name through the command line, or a draft of one's own through the agents' door. */
  raise(sample: string | Members): Promise<string>;
  readonly agent: Agent;
  state(rid: string): Promise<string>;
  close(): Promise<void>;
}

/** New medicines need two here, and nothing is held, unless `change` says otherwise. */
function changePolicy(folder: string, change: (policy: Policy) => void): void {
  const figures = path.join(folder, "policy.json");
  // Strangers ask and deny more in a minute than people are asked in a day.
  const {
    tiers,
    budgets: _budgets,
    ...rest
  } = JSON.parse(readFileSync(figures, "utf8")) as Pick<Policy, "tiers"> & Members;
  for (const tier of Object.values(tiers)) tier.hold_s = 0;
  const added = new Map([["medication-order", '@need("2")']]);
  const pools = new Map([["medication-order", "clinicians, pharmacists"]]);
  change({
    tiers,
    annotate: (id, more) => void added.set(id, more),
    ask: (id, names) => void pools.set(id, names),
    add: (cedar) => {
      writeFileSync(path.join(folder, "own.cedar"), cedar);
    },
  });
  writeFileSync(figures, JSON.stringify({ ...rest, tiers }));
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".cedar"))) {
    const file = path.join(folder, name);
    const text = readFileSync(file, "utf8").replaceAll(
      /^@id\("(.+)"\)$([^;]*?)@pools\("(.+)"\)/gm,
      (_all, id: string, between: string, names: string) =>
        `@id("${id}") ${added.get(id) ?? ""}${between}@pools("${pools.get(id) ?? names}")`,
    );
    writeFileSync(file, text);
  }
}
/** Every policy that asks. */
export const ASKING = [
  ...["medication-repeat", "medication-order", "referral", "other-order", "order-change"],
  ...["deletion", "allergy-list", "problem-list", "record-change", "record-entry", "data-release", "otherwise"],
];

export const words = JSON.parse(readFileSync(WORDS, "utf8")) as string[];
export const sample = (name: string): Members =>
  JSON.parse(readFileSync(path.join(SAMPLES, `${name}.json`), "utf8")) as Members;

/** A directory and a gateway of their own in a temporary folder, made and served by the command line. */
export async function open(
  change: (policy: Policy) => void = () => undefined,
  {
    agents = [],
    init: options = [],
    config = {},
    log,
  }: {
    readonly agents?: readonly Agent[];
    readonly init?: readonly string[];
    /** Members added to `gateway.json`. */
    readonly config?: Members;
    /** Least level that the gateway logs. */
    readonly log?: string;
  } = {},
): Promise<Hospital> {
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-blackbox-"));
  const env = { COUNTERSIGN_DIRECTORY: path.join(folder, "directory"), COUNTERSIGN_DATA: path.join(folder, "gateway") };
  const record = await startRecord();
  const policy = path.join(folder, "policy");
  await answer(["policy", "new", policy], env);
  changePolicy(policy, change);
  await answer(["directory", "init", "--iss", DIRECTORY, "--demo"], env);
  const init = ["gateway", "init", "--iss", ISS, "--fhir-base", record.base, "--port", "0", "--policy", policy];
  await answer([...init, ...options], env);
  const agent = new Agent("urn:stranger:agent", ISS);
  const file = path.join(folder, "gateway", "agents.json");
  const own = JSON.parse(readFileSync(file, "utf8")) as Members[];
  const all = [...own, ...[agent, ...agents].map((one) => one.registration())];
  writeFileSync(file, JSON.stringify(all));
  const configFile = path.join(folder, "gateway", "gateway.json");
  writeFileSync(
    configFile,
    JSON.stringify({ ...(JSON.parse(readFileSync(configFile, "utf8")) as Members), ...config }),
  );
  const serving = await serve({ ...env, ...(log === undefined ? {} : { COUNTERSIGN_LOG: log }) });
  const wsUrl = String(serving.line["ws_url"]);

  async function ticket(name: string, more: readonly string[] = []) {
    const ran = await run(["directory", "ticket", "--approver", name, "--by", "first.admin", ...more], env);
    if (ran.status !== 0) throw new Error(ran.err);
    const code = /[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}/.exec(ran.err)?.[0] ?? "";
    return { ticket: JSON.parse(ran.out) as Ticket, code, ran };
  }

  const hospital: Hospital = {
    ...{ folder, env, record, serving, wsUrl, url: String(serving.line["url"]), ticket, agent },
    async enrol(name, { pools = "clinicians", roles, alg, webauthn } = {}) {
      const asked = ["--pools", pools, ...(roles === undefined ? [] : ["--roles", roles])];
      const issued = await ticket(name, asked);
      const how = { ...(alg === undefined ? {} : { alg }), ...(webauthn === undefined ? {} : { more: { webauthn } }) };
      return await Person.enrol({ ...issued, words, ...how }, async (read) => {
        await answer(["directory", "confirm", issued.ticket.ticket_id, "--by", "second.admin", "--words", read], env);
      });
    },
    async connect(person, feeds = ["pool:clinicians", "me"]) {
      const live = await person.connect(wsUrl);
      const { type, body } = await live.socket.ask("subscribe", { feeds, cursor: null, credit: 256 });
      if (type !== "subscribed") throw new Error(JSON.stringify(body));
      await live.socket.next("snapshot.end");
      return live;
    },
    async raise(what) {
      if (typeof what !== "string") return await agent.ask(String(serving.line["url"]), what);
      return String((await answer(["gateway", "raise", path.join(SAMPLES, `${what}.json`)], env))["rid"]);
    },
    state: async (rid) => String((await answer(["gateway", "state", rid], env))["state"]),
    async close() {
      await serving.stop();
      record.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return hospital;
}

/** The sample order for somebody else's copy of the record, as an agent asks for it. */
export function orderFor(patient: string): Members {
  const { agent: _agent, ...draft } = sample("order") as { operation: { body: string }; task?: Members } & Members;
  const body = draft.operation.body.replaceAll("evans-gareth", patient);
  // A task of its own: ten orders of one task would be for two people.
  const task = { ...draft.task, id: `order-${randomUUID()}` };
  return { ...draft, task, operation: { ...draft.operation, body } };
}
