import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { HostedScenario } from "#shared/ipc/scenarios.ts";

import type { Demo } from "./compose.ts";
import type { Line } from "./line.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { scenarios } from "./scenarios/scenarios.ts";

/** How long a person reads before something happens to a request, and how long a line stays cut. */
export interface Pace {
  readonly readingMs: number;
  readonly cutMs: number;
}
const UNHURRIED: Pace = { readingMs: 6_000, cutMs: 12_000 };

/** What stands behind the app's menu of scenarios. */
export interface Host {
  /** For the app alone: nobody who does not know it gets in. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the scenarios to the app on this computer: `GET scenarios`, `POST run/ID` and, when a request of it is on the
 * screen, `POST opened/ID`.
 */
export async function startHost(demo: Demo, line: Line, pace = UNHURRIED): Promise<Host> {
  const context = { fhirBase: demo.fhir.baseUrl, today: new Date().toISOString().slice(0, 10) };
  const list = JSON.stringify(scenarios.map((scenario) => hosted(scenario, context)));
  // SECURITY: any page in a browser here can send to a port of this computer; none can guess 128 bits.
  const secret = `/${randomBytes(16).toString("base64url")}/`;
  const waiting = new Set<NodeJS.Timeout>();
  /** Asked for and not read yet: what happens while it is read happens once. */
  const unread = new Set<Scenario>();

  function run(scenario: Scenario): void {
    unread.add(scenario);
    demo.agents.get(scenario.agent)?.run(scenario.id);
  }

  function opened(scenario: Scenario): void {
    if (!unread.delete(scenario) || (scenario.isCutOff !== true && scenario.revision === undefined)) return;
    const happen = (): void => {
      if (scenario.isCutOff === true) line.cut(pace.cutMs);
      else demo.agents.get(scenario.agent)?.revise(scenario.id);
    };
    waiting.add(setTimeout(happen, pace.readingMs));
  }

  const server = createServer(({ method, url = "" }, response) => {
    const [event, id] = url.startsWith(secret) ? url.slice(secret.length).split("/") : [];
    const scenario = scenarios.find((one) => one.id === id);
    if (method === "GET" && event === "scenarios") {
      response.setHeader("Content-Type", "application/json");
      response.end(list);
    } else if (method === "POST" && event !== undefined && scenario !== undefined) {
      if (event === "run") run(scenario);
      else if (event === "opened") opened(scenario);
      response.writeHead(204).end();
    } else response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}${secret}`,
    async close() {
      for (const timer of waiting) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function hosted(scenario: Scenario, context: Parameters<Scenario["asks"]>[0]): HostedScenario {
  const { id, title, answer, why } = scenario;
  const tasks = scenario.asks(context).flatMap(({ task }) => task?.id ?? []);
  return { id, title, answer, why, tasks: [...new Set(tasks)] };
}
