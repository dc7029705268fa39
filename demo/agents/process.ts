import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

import { identities } from "./identities.ts";
import type { AgentName } from "../scenarios/scenario.ts";

export interface AgentProcessOptions {
  readonly name: AgentName;
  readonly gateway: string;
  readonly iss: string;
  readonly fhirBase: string;
  readonly keyFile: string;
}

/** A sample agent as a process of its own: it has its key and the gateway's address, and nothing else. */
export interface AgentProcess {
  /** Starts a scenario; what comes of it is told line by line. */
  run(scenario: string): void;
  /** Sends the second version of a scenario's open request. */
  revise(scenario: string): void;
  stop(): void;
}

/** `onLine` gets what the agent says, one line each. */
export function startAgent(options: AgentProcessOptions, onLine: (line: string) => void): AgentProcess {
  const { name, gateway, iss, fhirBase, keyFile } = options;
  const args = [
    path.join(import.meta.dirname, "agent.ts"),
    ...["--name", name, "--sub", identities[name].sub, "--gateway", gateway, "--iss", iss],
    ...["--fhir", fhirBase, "--key", keyFile],
  ];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  createInterface({ input: child.stdout }).on("line", onLine);
  child.stdin.on("error", () => undefined);
  return {
    run: (scenario) => void child.stdin.write(`run ${scenario}\n`),
    revise: (scenario) => void child.stdin.write(`revise ${scenario}\n`),
    stop: () => void child.kill(),
  };
}
