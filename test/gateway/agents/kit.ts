import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { generateKey, makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { contentDigest } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";

import type { FhirServer, FhirServerOptions } from "../../../demo/fhir/server.ts";
import { makeAccessLog } from "../../../gateway/agents/access-log.ts";
import { createAgent, type Agent } from "../../../gateway/agents/client.ts";
import { agentDoor, type AgentDoorOptions } from "../../../gateway/agents/intercept.ts";
import type { ReadSide } from "../../../gateway/agents/reads.ts";
import { makeAllowedChanges } from "../../../gateway/executor/allowed.ts";
import { fhirExecutor } from "../../../gateway/executor/fhir.ts";
import { runExecutions } from "../../../gateway/executor/run.ts";
import { SHIPPED_FILES, type PolicyFiles } from "../../../gateway/policy/cedar/load.ts";
import { cedarPolicy, type CedarPolicy } from "../../../gateway/policy/cedar/policy.ts";
import type { ReadPolicyPort, RegisteredAgent } from "../../../gateway/ports.ts";
import { fhirFacts } from "../../../gateway/requests/facts-fhir.ts";
import { makeTokens } from "../../../gateway/tokens/tokens.ts";
import type { Logger } from "../../../gateway/transport/logger.ts";
import { uuid7 } from "../../../gateway/uuid7.ts";
import { crypto } from "../device.ts";
import { makeAgent, makeWorld, type World } from "../world.ts";

export const AGENT_SUB = "urn:agent:reconciliation";

/** Time stands still in these tests, so no budget would ever be free again. */
function withoutBudgets(text: string): string {
  const { budgets: _budgets, ...figures } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify({ ...figures, home: ["Organization/northgate"] });
}

/** The shipped set, addressed to the pool of the test's people, with two types that agents read by themselves. */
export const policyFiles: PolicyFiles = {
  ...Object.fromEntries(
    Object.entries(SHIPPED_FILES).map(([name, text]) => [
      name,
      text.replaceAll('@pools("clinicians")', '@pools("cardiology")'),
    ]),
  ),
  "policy.json": withoutBudgets(SHIPPED_FILES["policy.json"] ?? ""),
  "own.cedar": `@id("test-reads") @says("Reads of the test.") @verdict("allow")
    permit (principal, action == Action::"read", resource)
    when { ["Observation", "Patient"].contains(resource.type) };`,
};
export const doorPolicy = cedarPolicy(policyFiles, { crypto, templates: builtinTemplates });

export interface DoorKit {
  readonly world: World;
  /** Base address of the gateway. */
  readonly url: string;
  readonly key: PrivateJwk;
  readonly other: PrivateJwk;
  readonly agent: Agent;
  /** Signs an assertion; members of `over` replace or add to the claims. */
  assertion(over?: Readonly<Record<string, unknown>>, key?: PrivateJwk, typ?: keyof typeof TYP): string;
  /** One HTTP request with a fresh assertion. */
  call(
    method: string,
    path: string,
    init?: { body?: string; headers?: Record<string, string>; as?: PrivateJwk; sub?: string },
  ): Promise<Response>;
  /** Lets the hold pass and the execution finish. */
  carryOut(): Promise<void>;
  close(): Promise<void>;
}

const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** How agents read, with the log that keeps what they read. */
export const readSide = (
  { core, clock, now, signer }: Pick<World, "core" | "clock" | "now" | "signer">,
  fhirBase: string,
  policy: ReadPolicyPort,
  logger: Logger = silent,
): ReadSide => ({
  ...{ policy, fhirBase, isPaused: (sub) => core.store.paused("agent").includes(sub) },
  note: makeAccessLog({
    ...{ crypto, store: core.store, records: core.records, kid: signer.kid, logger, now },
    uuid: () => uuid7(clock.nowMs(), randomBytes(10)),
  }),
});

/** A whole gateway behind real HTTP, in front of a real FHIR server, with time that stands still. */
export async function startDoorKit(
  fhir: Pick<FhirServer, "baseUrl">,
  over: Partial<Omit<AgentDoorOptions, "reads">> & { readonly fetch?: typeof globalThis.fetch } = {},
  policy: CedarPolicy = doorPolicy,
): Promise<DoorKit> {
  const [key, otherKey] = [generateKey("ES256"), generateKey("Ed25519")];
  const registered = (sub: string, jwk: PrivateJwk, more: Partial<RegisteredAgent> = {}): RegisteredAgent => {
    const { d: _d, ...publicHalf } = jwk;
    const keys = [Object.fromEntries(Object.entries(publicHalf).map(([name, value]) => [name, String(value)]))];
    return makeAgent({
      sub,
      keys,
      actions: ["order.create", "order.modify", "order.discontinue", "record.update"],
      ...more,
    });
  };
  const agents = [registered(AGENT_SUB, key), registered("urn:agent:other", otherKey)];
  const world = makeWorld({ fhirBase: fhir.baseUrl, facts: fhirFacts({ baseUrl: fhir.baseUrl }), policy, agents });
  const { core, clock, now } = world;
  const tokens = makeTokens({
    ...{ iss: core.iss, audience: fhir.baseUrl, crypto, signer: makeSigner(generateKey("Ed25519")) },
    ...{ store: core.store, records: core.records, now, uuid: () => uuid7(clock.nowMs(), randomBytes(10)) },
    statusUri: `${core.iss}/status/tokens`,
  });
  const runner = runExecutions({
    ...{ executions: core.executions, events: core.events, store: core.store, tokens, crypto, clock },
    executor: fhirExecutor({ baseUrl: fhir.baseUrl }),
    onFault: (code) => world.faults.push(code),
  });
  const allowed = makeAllowedChanges({
    ...{ store: core.store, records: core.records, tokens, crypto, kid: world.signer.kid, now },
    executor: fhirExecutor({ baseUrl: fhir.baseUrl }),
    randomText: (bytes) => randomBytes(bytes).toString("base64url"),
    logger: silent,
  });
  const door = agentDoor(core, {
    allowed: allowed.run,
    ...{ crypto, clock, fhirBase: fhir.baseUrl, random: (n: number) => randomBytes(n) },
    reads: { ...readSide(world, fhir.baseUrl, policy), ...(over.fetch === undefined ? {} : { fetch: over.fetch }) },
    agent: (sub) => agents.find((a) => a.sub === sub),
    ...over,
  });
  const faults: unknown[] = [];
  const server = createServer((req, res) => {
    door(req, res).then(
      (taken) => taken || res.writeHead(404).end("not the door's"),
      (fault: unknown) => {
        faults.push(fault);
        res.writeHead(500).end();
      },
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

  const assertion: DoorKit["assertion"] = (claims = {}, as = key, typ = "clientAssertion") =>
    makeSigner(as).sign(TYP[typ], {
      ...{ iss: AGENT_SUB, sub: AGENT_SUB, aud: core.iss, iat: now(), exp: now() + 60 },
      jti: randomBytes(12).toString("hex"),
      ...claims,
    });
  return {
    ...{ world, url, key, other: otherKey, assertion },
    agent: createAgent({ gateway: url, sub: AGENT_SUB, key, issuer: core.iss, nowMs: () => clock.nowMs() }),
    call(method, path, { body = "", headers = {}, as = key, sub = AGENT_SUB } = {}) {
      const token = assertion({ iss: sub, sub, htm: method, content_digest: contentDigest(crypto, body) }, as);
      return fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...(body === "" ? {} : { body }),
      });
    },
    async carryOut() {
      clock.advance(10_000);
      await runner.idle();
    },
    async close() {
      if (faults.length > 0) throw new Error("the door had faults of its own", { cause: faults[0] });
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await runner.close();
      await allowed.close();
      world.close();
    },
  };
}

export const seed = [
  {
    resourceType: "Patient",
    id: "p",
    name: [{ use: "official", family: "Waters", given: ["Shauna"] }],
    birthDate: "1945-07-14",
    gender: "female",
    identifier: [{ system: "https://hospital.example/mrn", value: "NG-1" }],
    telecom: [{ system: "phone", value: "07700 900118" }],
  },
  {
    resourceType: "Observation",
    id: "w",
    status: "final",
    code: { coding: [{ system: "http://loinc.org", code: "29463-7" }] },
    subject: { reference: "Patient/p" },
    effectiveDateTime: "2026-11-12T09:10:00Z",
    valueQuantity: { value: 58, unit: "kg" },
  },
] as FhirServerOptions["seed"];

/** A medication order whose text has a decimal and spacing of its own. */
export const orderBody = (more = ""): string =>
  `{ "resourceType":"MedicationRequest","status":"active", "intent":"order",` +
  `"medicationCodeableConcept":{"text":"bisoprolol 2.5 mg tablet"},"subject":{"reference":"Patient/p"},` +
  `"dosageInstruction":[{"text":"2.5 mg by mouth once a day","doseAndRate":[{"doseQuantity":{"value":2.50,"unit":"mg"}}]}]${more}}`;

export const FHIR_JSON = { "content-type": "application/fhir+json" };

/** The protocol's code in an OperationOutcome. */
export const codeOf = async (response: Response): Promise<string> => {
  const outcome = (await response.json()) as { issue: { details: { coding: { code: string }[] } }[] };
  return outcome.issue[0]?.details.coding[0]?.code ?? "none";
};

export const context = (value: unknown): Record<string, string> => ({
  "countersign-context": Buffer.from(JSON.stringify(value)).toString("base64url"),
});
