import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import type { PrivateJwk } from "#shared/crypto/sign.ts";

import { AgentError, createAgent, type AgentTask } from "../../gateway/agent.ts";
import { ORDERS, type AgentAsk, type Scenario } from "../scenarios/scenario.ts";
import { scenarios } from "../scenarios/scenarios.ts";

/**
 * A sample agent. It reads `run <scenario>` and `revise <scenario>` from standard input, asks the gateway, waits for the
 * answers and says each in one line of JSON. It never writes to the hospital's record: it has no credential for that.
 */
const { values } = parseArgs({
  options: Object.fromEntries(
    ["name", "sub", "gateway", "iss", "fhir", "key"].map((name) => [name, { type: "string" as const, default: "" }]),
  ),
});
const option = (name: string): string => values[name] ?? "";

const agent = createAgent({
  gateway: option("gateway"),
  issuer: option("iss"),
  sub: option("sub"),
  key: JSON.parse(readFileSync(option("key"), "utf8")) as PrivateJwk,
});
const context = { fhirBase: option("fhir"), today: new Date().toISOString().slice(0, 10) };
const open = new Map<string, AgentTask>();
const turns = new Map<string, number>();

const say = (line: Readonly<Record<string, unknown>>): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function ask(scenario: Scenario, step: number, asked: AgentAsk): Promise<string> {
  try {
    const task = agent.request(asked);
    open.set(scenario.id, task);
    await task.submitted;
    say({ scenario: scenario.id, step, event: "asked" });
    const { status, reason } = await task.wait();
    say({ scenario: scenario.id, step, event: "answered", status, reason });
    return status;
  } catch (error) {
    const code = error instanceof AgentError ? error.code : "E_HTTP";
    say({ scenario: scenario.id, step, event: "refused", code, message: error instanceof Error ? error.message : "" });
    return "refused";
  }
}

async function run(scenario: Scenario): Promise<void> {
  const turn = (turns.get(scenario.id) ?? 0) + 1;
  turns.set(scenario.id, turn);
  // The same scenario once more is another request, not a retry of the first.
  const asks = scenario
    .asks(context)
    .map((asked) =>
      turn === 1 ? asked : { ...asked, idempotency_key: `${asked.idempotency_key ?? ""}-${String(turn)}` },
    );
  if (scenario.order === "flood") {
    await Promise.all(asks.map((asked, at) => ask(scenario, at + 1, asked)));
    return;
  }
  for (const [at, asked] of asks.entries()) {
    if ((await ask(scenario, at + 1, asked)) !== ORDERS[scenario.order]) return;
  }
}

async function revise(scenario: Scenario): Promise<void> {
  const next = scenario.revision?.(context);
  if (next === undefined) return;
  try {
    await open.get(scenario.id)?.revise(next);
    say({ scenario: scenario.id, event: "revised" });
  } catch (error) {
    say({ scenario: scenario.id, event: "refused", code: error instanceof AgentError ? error.code : "E_HTTP" });
  }
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const [verb, id] = line.split(" ");
  const scenario = scenarios.find((one) => one.id === id && one.agent === option("name"));
  if (scenario === undefined) say({ scenario: id, event: "unknown" });
  else void (verb === "revise" ? revise(scenario) : run(scenario));
});
