import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { generateKey, makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";

import {
  createGateway,
  openDirectory,
  systemClock,
  type Gateway,
  type GatewayOptions,
  type PolicyFiles,
  type RegisteredAgent,
} from "../gateway/index.ts";
import { startAgent, type AgentProcess } from "./agents/process.ts";
import { identities } from "./agents/identities.ts";
import { startFhirServer, type FhirServer } from "./fhir/server.ts";
import { demoPolicy } from "./policy.ts";
import { record } from "./record/record.ts";
import { AGENT_NAMES, type AgentName } from "./scenarios/scenario.ts";

/** The clinician of the demo, as the directory knows her. */
export const clinician = {
  sub: "https://directory.countersign.localhost/approvers/okafor-amara",
  name: "OKAFOR, Amara (Dr)",
  reg_no: "0000001",
  pools: ["clinicians"],
  roles: ["physician"],
  pin: "481526",
} as const;

/** Who decides second where policy asks for two (colleague.ts). */
export const colleague = {
  sub: "https://directory.countersign.localhost/approvers/lee-daniel",
  name: "LEE, Daniel (Dr)",
  reg_no: "0000002",
  pools: ["clinicians"],
  roles: ["physician"],
  pin: "730915",
} as const;

/** A clinician who also sees what her unit decided: its history, its measures, and the stops of agents. */
export const supervisor = {
  sub: "https://directory.countersign.localhost/approvers/price-gwen",
  name: "PRICE, Gwen (Dr)",
  reg_no: "0000003",
  pools: ["clinicians"],
  roles: ["physician", "supervisor"],
  pin: "264813",
} as const;

export type DemoPerson = typeof clinician | typeof colleague | typeof supervisor;

const ADMINISTRATOR = "https://directory.countersign.localhost/administrators/demo-1";
const SECOND_PERSON = "https://directory.countersign.localhost/administrators/demo-2";

/** A hospital in one process, but for the app and the agents, which are processes of their own. */
export interface Demo {
  readonly fhir: FhirServer;
  readonly gateway: Gateway;
  readonly agents: ReadonlyMap<AgentName, AgentProcess>;
  /** The directory's public key: all that a stranger needs to verify the bundles. */
  readonly directoryKey: Readonly<Record<string, string>>;
  /** Fresh ticket and code for one of the three; the code travels apart. `wsUrl` in place of the gateway's own address. */
  issueTicket(wsUrl?: string, person?: DemoPerson): { readonly ticket: string; readonly code: string };
  /** The second person: compares the words on the screen with the directory's own, and confirms. False when they differ. */
  confirm(wordsOnScreen: readonly string[]): boolean;
  /** Confirms whatever waits, for the window demo, where nobody else is there. False when nothing waits. */
  confirmPending(): boolean;
  close(): Promise<void>;
}

export interface ComposeOptions {
  /** Folder of everything the demo keeps. */
  readonly state: string;
  readonly onAgent: (name: AgentName, line: string) => void;
  /** In place of the demonstration's own policy. */
  readonly policy?: PolicyFiles;
  /** MCP servers behind the gateway, and agents beside the demonstration's own that may call their tools. */
  readonly mcp?: NonNullable<GatewayOptions["mcp"]>;
  readonly more?: readonly RegisteredAgent[];
}

export async function composeDemo(options: ComposeOptions): Promise<Demo> {
  const { state, onAgent, policy = demoPolicy, mcp, more = [] } = options;
  mkdirSync(state, { recursive: true, mode: 0o700 });
  // The record lives in memory and starts anew each time, so what the gateway remembers of it starts anew too.
  const data = path.join(state, "gateway");
  rmSync(data, { recursive: true, force: true });
  const fhir = await startFhirServer({ port: 0, seed: [...record] as never });
  const keys = new Map(AGENT_NAMES.map((name) => [name, generateKey("ES256")] as const));
  const gateway = await createGateway({
    data,
    fhir: fhir.baseUrl,
    name: "Northgate Hospital",
    pools: ["clinicians"],
    policy: { files: policy },
    // Decisions, executions and reads as AuditEvent, approved changes with their signed decision as Provenance.
    evidence: {},
    agents: [...AGENT_NAMES.map((name) => registered(name, keys.get(name) ?? generateKey("ES256"))), ...more],
    ...(mcp === undefined ? {} : { mcp }),
  });
  const authority = gateway.authority;
  if (authority === undefined) throw new Error("The demo's directory has no root key.");
  for (const { sub, name, reg_no, pools, roles } of [clinician, colleague, supervisor]) {
    authority.putApprover({ sub, name, reg_no, pools: [...pools], roles: [...roles] });
  }
  const agents = new Map<AgentName, AgentProcess>();
  for (const [agent, key] of keys) {
    const keyFile = path.join(state, `${agent}.key.jwk`);
    writeFileSync(keyFile, JSON.stringify(key), { mode: 0o600 });
    const options = { name: agent, gateway: gateway.url, iss: gateway.iss, fhirBase: fhir.baseUrl, keyFile };
    agents.set(
      agent,
      startAgent(options, (line) => onAgent(agent, line)),
    );
  }
  const directory = openDirectory(path.join(data, "directory"), { clock: systemClock });
  const directoryKey = directory.jwk;
  directory.close();
  return {
    fhir,
    gateway,
    agents,
    directoryKey,
    issueTicket(wsUrl = gateway.wsUrl, person: DemoPerson = clinician) {
      const { ticket, code } = authority.issueTicket({ sub: person.sub, by: ADMINISTRATOR, ws_endpoint: wsUrl });
      return { ticket: JSON.stringify(ticket, undefined, 2), code };
    },
    confirm(wordsOnScreen) {
      const [waiting] = authority.pending();
      if (waiting?.words.join(" ") !== wordsOnScreen.join(" ")) return false;
      authority.confirm(waiting.ticket_id, SECOND_PERSON);
      return true;
    },
    confirmPending() {
      const [waiting] = authority.pending();
      if (waiting === undefined) return false;
      authority.confirm(waiting.ticket_id, SECOND_PERSON);
      return true;
    },
    async close() {
      for (const agent of agents.values()) agent.stop();
      await gateway.close();
      await fhir.close();
    },
  };
}

function registered(name: AgentName, key: PrivateJwk): RegisteredAgent {
  const { kid, jwk } = makeSigner(key);
  const { kty, crv, x, y, alg } = jwk;
  return { ...identities[name], keys: [{ kty, crv, x, ...(y === undefined ? {} : { y }), alg, kid }] };
}
