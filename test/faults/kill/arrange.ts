import { fork } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Agent, askUntilAnswered } from "../../blackbox/agent.ts";
import { serve } from "../../blackbox/command.ts";
import { ISS, open, orderFor, type Hospital } from "../../blackbox/hospital.ts";
import type { Members } from "../../blackbox/signed.ts";
import { startProxy, type Proxy } from "../../chaos/proxy.ts";
import { makeHeadless } from "../../electron/headless-workstation.ts";
import { enrolAt, portOf } from "../enrol.ts";
import { Prey, type Life } from "./prey.ts";
import type { Told } from "./workstation.ts";

const here = (name: string): string => path.join(import.meta.dirname, name);
const importing = (file: string): string => `--import=${file}`;
const PATIENTS = 40;
const AGENTS = 4;

const GATEWAY_FAILPOINTS = ["requests", "decisions", "executions", "tokens", "checkpoints"].flatMap((table) => [
  `before INSERT INTO ${table}`,
  `after INSERT INTO ${table}`,
]);
const CLIENT_FAILPOINTS = ["sync", "rename", "send"].flatMap((what) => [`before ${what}`, `after ${what}`]);

/** One workstation, in all its lives. */
export interface Workstation {
  readonly prey: Prey;
  readonly folder: string;
  readonly kid: string;
  /** What its last life said of itself. */
  told: Told;
  /** Everything that it ever showed, line by line. */
  shown(): readonly string[];
}

export interface Prison {
  readonly hospital: Hospital;
  /** Between the workstations and the gateway. */
  readonly proxy: Proxy;
  readonly gateway: Prey;
  readonly workstations: readonly Workstation[];
  /** Where the gateway's figures are, while it works. */
  metrics(): string | undefined;
  /** Raises an order that is like no other, as often as it takes. */
  raise(): Promise<string>;
  /** The body of every order that was asked for. */
  readonly bodies: Map<string, string>;
  close(): Promise<void>;
}

/**
 * @param onCrash a process ended that nobody killed
 * @param isForLong the workstations collect their garbage before they are looked at, and share the work among four
 */
export async function arrange(
  onCrash: (name: string, status: number, err: string) => void,
  config: Members = {},
  isForLong = false,
): Promise<Prison> {
  // Each may ask twice a second (protocol.md 3.15).
  const agents = Array.from({ length: AGENTS }, (_, i) => new Agent(`urn:stranger:agent-${String(i)}`, ISS));
  const hospital = await open(
    (table) => {
      for (const tier of Object.values(table.tiers)) Object.assign(tier, { min_dwell_ms: 0 });
    },
    { config, log: "info", agents },
  );
  hospital.record.forgetWhatIsCreated();
  for (let i = 0; i < PATIENTS; i++) hospital.record.copy("evans-gareth", `patient-${String(i)}`);
  const proxy = await startProxy(portOf(hospital.wsUrl));
  const agentsWay = await startProxy(portOf(hospital.wsUrl));
  const people = [];
  const denying = isForLong ? [3, 4, 5, 6] : [3, 4];
  for (const [i, denies] of denying.entries()) {
    const folder = path.join(hospital.folder, `app-${String(i)}`);
    const app = makeHeadless(folder);
    await app.workstation.start();
    const kid = await enrolAt(hospital, `ws://127.0.0.1:${String(proxy.port)}`, app, `person-${String(i)}`);
    await app.workstation.stop();
    const forLong = isForLong ? { collects: true, startsAt: i / denying.length } : {};
    people.push({ ...forLong, folder, kid, denies, shown: `${folder}.shown` });
  }
  await hospital.serving.stop();

  const armed = path.join(hospital.folder, "armed");
  writeFileSync(armed, "");
  let metrics: string | undefined;
  const gateway = new Prey({
    ...{ name: "gateway", failpoints: GATEWAY_FAILPOINTS, onCrash },
    async start(failpoint): Promise<Life | undefined> {
      const failing = {
        NODE_OPTIONS: importing(path.join(import.meta.dirname, "../failpoint.mjs")),
        COUNTERSIGN_TEST_DIE: failpoint ?? "",
        COUNTERSIGN_TEST_ARMED: armed,
      };
      try {
        const serving = await serve({ ...hospital.env, COUNTERSIGN_LOG: "info", ...(failpoint ? failing : {}) });
        for (const one of [proxy, agentsWay]) one.to(portOf(String(serving.line["ws_url"])));
        metrics = serving.line["metrics_url"];
        return { pid: Number(serving.line["pid"]), ended: serving.ended };
      } catch (error) {
        if (failpoint === undefined) throw error;
        return undefined;
      }
    },
  });
  const workstations = people.map((person, i): Workstation => {
    const one: Workstation = {
      ...{ folder: person.folder, kid: person.kid, told: { kind: "unlocked" } },
      prey: new Prey({
        ...{ name: `workstation ${String(i + 1)}`, failpoints: CLIENT_FAILPOINTS, onCrash },
        start: async (failpoint) => await startWorkstation(person, failpoint, (told) => (one.told = told)),
      }),
      shown: () => (existsSync(person.shown) ? readFileSync(person.shown, "utf8").split("\n").slice(0, -1) : []),
    };
    return one;
  });
  const preys = [gateway, ...workstations.map(({ prey }) => prey)];
  const abandon = (): void => preys.forEach((prey) => prey.abandon());
  process.once("exit", abandon);
  const bodies = new Map<string, string>();
  let asked = 0;
  return {
    ...{ hospital, proxy, gateway, workstations, bodies, metrics: () => metrics },
    async raise() {
      const n = asked++;
      const draft = orderFor(`patient-${String(n % PATIENTS)}`) as { operation: { body: string } } & Members;
      const body = draft.operation.body.replace(
        '"value":28,"unit":"tablet"',
        `"value":${String(28 + n)},"unit":"tablet"`,
      );
      const url = (): string => `http://127.0.0.1:${String(agentsWay.port)}`;
      const order = { ...draft, operation: { ...draft.operation, body } };
      const rid = await askUntilAnswered(agents[n % AGENTS]!, url, order);
      bodies.set(rid, body);
      return rid;
    },
    async close() {
      process.off("exit", abandon);
      abandon();
      await Promise.all([proxy.close(), agentsWay.close()]);
      await hospital.close();
    },
  };
}

async function startWorkstation(
  orders: object,
  failpoint: string | undefined,
  onTold: (told: Told) => void,
): Promise<Life | undefined> {
  const failing = { NODE_OPTIONS: importing(here("client-failpoint.mjs")), COUNTERSIGN_TEST_DIE: failpoint ?? "" };
  const child = fork(here("workstation.ts"), {
    env: {
      ...process.env,
      COUNTERSIGN_TEST_WORKSTATION: JSON.stringify(orders),
      ...(failpoint === undefined ? {} : failing),
    },
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let err = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text));
  const ended = new Promise<{ status: number | null; err: string }>((resolve) =>
    child.on("close", (status) => resolve({ status, err })),
  );
  const isUp = await new Promise<boolean>((resolve) => {
    child.on("message", (told: Told) => {
      onTold(told);
      resolve(true);
    });
    void ended.then(() => resolve(false));
  });
  if (!isUp && failpoint === undefined) throw new Error(`a workstation ended before it worked: ${err}`);
  return isUp ? { pid: child.pid ?? 0, ended } : undefined;
}
