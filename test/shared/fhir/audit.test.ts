import { validateResource } from "@medplum/core";
import { beforeAll, describe, expect, it } from "vitest";

import { accessAudit, type AccessAuditInput } from "#shared/fhir/access-audit.ts";
import { auditBundle } from "#shared/fhir/audit-bundle.ts";
import { decisionAudit } from "#shared/fhir/decision-audit.ts";
import { executionAudit, type ExecutionAuditInput } from "#shared/fhir/execution-audit.ts";
import { provenance } from "#shared/fhir/provenance.ts";
import type { AuditEvent, Coding } from "#shared/fhir/resources.ts";

import { loadDefinitions } from "../../../demo/fhir/definitions.ts";
import type { Resource } from "../../../demo/fhir/repository.ts";
import { NOW } from "../presentation/fixtures/request.ts";
import { agentsBy, decisionOf, displaysOf, digest, gateway, requestOf, uuid } from "./fixtures.ts";

/** Through JSON, as a server gets it. Throws what is wrong. */
const validate = (resource: object): void => {
  validateResource(JSON.parse(JSON.stringify(resource)) as Resource);
};

const executed = (over: Partial<ExecutionAuditInput> = {}): ExecutionAuditInput => ({
  ...{ gateway, request: requestOf(), approvals: [decisionOf()], server: "https://fhir.example/r4" },
  executed: {
    at: NOW + 70,
    result: "done",
    resource: "MedicationRequest/m-1/_history/1",
    token: uuid(30),
    log: { origin: "gw.example/log", index: 88_216 },
  },
  ...over,
});

const access = (over: Partial<AccessAuditInput> = {}): AccessAuditInput => ({
  ...{ gateway, at: NOW, agent: { sub: "spiffe://example/agents/medrec-2", name: "MedRec-2" } },
  ...{ server: "https://fhir.example/r4", target: "Observation/o-1", patient: "Patient/waters", record: digest("A") },
  log: { origin: "gw.example/log", index: 7 },
  ...over,
});

const update = requestOf({ action: "record.update", method: "PATCH", body: "[]", before: "{}" });
const removal = requestOf({ action: "order.discontinue", method: "DELETE", body: "", before: "{}" });
const tool = requestOf({ action: "tool.call", method: "tools/call", url: "mcp:ward/send", body: "{}" });
const { patient: _nobody, ...ofNobody } = tool.claims;
const toolOfNobody = { ...tool, claims: ofNobody };

const everything: readonly [string, () => object | undefined][] = [
  ["an approval", () => decisionAudit({ gateway, request: requestOf(), decision: decisionOf(), purpose: "TREAT" })],
  ["a denial", () => decisionAudit({ gateway, request: requestOf(), decision: denial })],
  [
    "an approval without its patient",
    () => decisionAudit({ gateway, request: requestOf(), decision: decisionOf(), form: "without-patient" }),
  ],
  ["a created resource", () => executionAudit(executed())],
  ["an update", () => executionAudit(executed({ request: update }))],
  ["a delete", () => executionAudit(executed({ request: removal }))],
  ["a tool's call", () => executionAudit(executed({ request: toolOfNobody, server: "mcp:ward" }))],
  [
    "an execution that nobody knows about",
    () => executionAudit(executed({ executed: { at: NOW, result: "unknown" } })),
  ],
  ["an execution without its patient", () => executionAudit(executed({ form: "without-patient" }))],
  ["a read", () => accessAudit(access())],
  ["a search", () => accessAudit(access({ target: "Observation?patient=waters&code=718-7" }))],
  ["an allowed call of a tool", () => accessAudit(access({ server: "mcp:ward", target: "mcp:ward/list_beds" }))],
  [
    "a provenance",
    () => provenance({ request: requestOf(), approvals: [decisionOf()], resource: "MedicationRequest/m-1", at: NOW }),
  ],
];

const denial = decisionOf({ decision: "deny", reason: { code: "wrong-patient", text: "Not Mrs Waters" } });

describe("evidence in FHIR R4", () => {
  let display: (system: string, code: string) => string | undefined;
  beforeAll(() => {
    loadDefinitions();
    display = displaysOf();
  });

  it.each(everything)("passes the validator: %s", (_name, make) => {
    expect(() => validate(make() ?? {})).not.toThrow();
  });

  it("is refused by the same validator when a member is missing, misspelt or of another type", () => {
    const good = decisionAudit({ gateway, request: requestOf(), decision: decisionOf() });
    const { recorded: _recorded, ...untimed } = good;
    const signed = provenance({ request: requestOf(), approvals: [decisionOf()], resource: "X/1", at: NOW })!;
    const { who: _who, ...unsigned } = signed.signature[0]!;
    const broken = [
      untimed,
      { ...good, agent: [] },
      { ...good, agents: good.agent },
      { ...good, outcome: 0 },
      { ...good, recorded: "yesterday" },
      { ...good, agent: [{ ...good.agent[0]!, requestor: undefined }] },
      { ...signed, target: [] },
      { ...signed, signature: [unsigned] },
      { ...signed, signature: [{ ...signed.signature[0]!, data: "not base64!" }] },
    ];
    for (const resource of broken) expect(() => validate(resource)).toThrow(/./);
  });

  it("names every code as HL7's tables name it", () => {
    const codings: Coding[] = [];
    const collect = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      if ("system" in value && "code" in value) codings.push(value as Coding);
      Object.values(value).forEach(collect);
    };
    for (const [, make] of everything) collect(make());
    const told = codings.flatMap((one) => {
      const known = display(one.system, one.code);
      return known === undefined || one.display === undefined ? [] : [[one.code, one.display, known]];
    });
    expect(told.length).toBeGreaterThan(20);
    for (const [code, ours, theirs] of told) expect([code, ours?.toLowerCase()]).toEqual([code, theirs?.toLowerCase()]);
  });

  it("turns an approval into a permit and a denial into a deny with its code and without its words", () => {
    const permit = decisionAudit({ gateway, request: requestOf(), decision: decisionOf() });
    const deny = decisionAudit({ gateway, request: requestOf(), decision: denial });
    const revoke = decisionAudit({ gateway, request: requestOf(), decision: decisionOf({ decision: "revoke" }) });
    expect([permit, deny, revoke].map(({ outcome, outcomeDesc }) => [outcome, outcomeDesc])).toEqual([
      ["0", "permit"],
      ["8", "deny: wrong-patient"],
      ["8", "deny (approval revoked)"],
    ]);
    expect(JSON.stringify(deny)).not.toContain("Not Mrs Waters");
    expect(permit).toMatchObject({
      type: { code: "110113" },
      subtype: [{ code: "AuthZ-Role" }],
      action: "E",
      recorded: new Date((NOW + 61) * 1000).toISOString(),
      period: { start: new Date((NOW + 60) * 1000).toISOString() },
    });
  });

  it("tells who signed, who asked, who decided that somebody is asked, and where it was signed", () => {
    const { agent, entity } = decisionAudit({ gateway, request: requestOf(), decision: decisionOf() });
    expect(agent.map(({ who, requestor }) => [who.identifier?.value, requestor])).toEqual([
      ["spiffe://example/agents/medrec-2", true],
      ["https://directory.example/approvers/okafor", false],
      ["https://gw.example", false],
      ["https://directory.example/devices/ws-4", false],
    ]);
    expect(agent[1]).toMatchObject({ altId: "0000001", name: "Amara OKAFOR", role: [{ text: "attending" }] });
    expect(agent[0]?.policy).toEqual(["urn:policy:ward", "urn:countersign:risk:moderate"]);
    expect(
      entity.map(({ what, securityLabel }) => what?.reference ?? what?.identifier?.value ?? securityLabel),
    ).toEqual(["Patient/waters", `urn:uuid:${uuid(2)}`, `urn:uuid:${uuid(2)}#rationale`, digest("V")]);
    expect(entity[1]?.detail).toContainEqual({ type: "log-index", valueString: "88214" });
    expect(entity[2]?.securityLabel).toMatchObject([{ code: "UNCERTREL" }]);
  });

  it("never copies what the agent said, nor what the order says", () => {
    for (const [, make] of everything) {
      expect(JSON.stringify(make())).not.toMatch(/Pain score|Control pain|hydromorphone/i);
    }
  });

  it("leaves patient and resource out where that form is asked for", () => {
    const form = "without-patient";
    const events = [
      decisionAudit({ gateway, request: requestOf(), decision: decisionOf(), form }),
      executionAudit(executed({ form })),
    ];
    for (const event of events) expect(JSON.stringify(event)).not.toMatch(/waters|m-1|content-digest/i);
    expect(events[1]?.meta?.profile[0]).toMatch(/IHE\.BasicAudit\.Create$/);
  });

  it("claims BALP's profiles for what they are about, and only for a success", () => {
    const profilesOf = ({ meta }: AuditEvent) => meta?.profile.map((url) => url.replace(/^.*BasicAudit\./, "")) ?? [];
    const token = "OAUTHaccessTokenUse.Comprehensive";
    expect(profilesOf(executionAudit(executed()))).toEqual(["PatientCreate", token]);
    expect(profilesOf(executionAudit(executed({ request: update })))).toEqual(["PatientUpdate", token]);
    expect(profilesOf(executionAudit(executed({ request: removal })))).toEqual(["PatientDelete", token]);
    expect(profilesOf(executionAudit(executed({ request: toolOfNobody })))).toEqual([token]);
    expect(profilesOf(executionAudit(executed({ executed: { at: NOW, result: "refused" } })))).toEqual([]);
    expect(profilesOf(accessAudit(access()))).toEqual(["PatientRead"]);
    expect(profilesOf(accessAudit(access({ target: "Patient?patient=x" })))).toEqual(["PatientQuery"]);
    expect(decisionAudit({ gateway, request: requestOf(), decision: decisionOf() }).meta).toBeUndefined();
  });

  // The rules of the profiles' FSH sources (IHE ITI BALP 1.1.3), which the offline validator does not have.
  it("keeps BALP's slices: client, server, user, data and patient", () => {
    const created = executionAudit(executed());
    const [client, server, user] = [
      agentsBy(created, "110153"),
      agentsBy(created, "110152"),
      agentsBy(created, "IRCP"),
    ];
    expect([client.length, server.length, user.length]).toEqual([1, 1, 1]);
    expect(client[0]).toMatchObject({ who: { identifier: { value: "spiffe://example/agents/medrec-2" } } });
    expect(client[0]?.network?.address).toBe("spiffe://example/agents/medrec-2");
    expect(agentsBy(created, "110150")).toEqual(client);
    expect(server[0]?.network?.address).toBe("https://fhir.example/r4");
    expect(user[0]).toMatchObject({ requestor: true, policy: [`urn:ietf:params:oauth:jti:${uuid(30)}`] });
    expect(user[0]?.network).toBeUndefined();
    expect(created.entity.map(({ type, role, what }) => [type.code, role?.code, what?.reference])).toEqual([
      ["1", "1", "Patient/waters"],
      ["2", "4", "MedicationRequest/m-1/_history/1"],
      ["4", "20", undefined],
    ]);
    const gone = executionAudit(executed({ request: removal }));
    expect([
      agentsBy(gone, "110150").length,
      agentsBy(gone, "custodian").length,
      agentsBy(gone, "110153").length,
    ]).toEqual([1, 1, 0]);
    const read = accessAudit(access());
    expect(
      [agentsBy(read, "110152")[0]?.who, agentsBy(read, "110153")[0]?.who].map((who) => who?.identifier?.value),
    ).toEqual(["spiffe://example/agents/medrec-2", "https://fhir.example/r4"]);
  });

  it("holds a search as it was sent, in base64 and nowhere else", () => {
    const target = "Observation?patient=waters&_sort=-date";
    const { entity } = accessAudit(access({ target }));
    const query = entity.find(({ role }) => role?.code === "24");
    expect(Buffer.from(query?.query ?? "", "base64").toString()).toBe(target);
    expect([query?.what, query?.detail]).toEqual([undefined, undefined]);
  });

  it("marks one person alone as who asked, however many approved", () => {
    const second = decisionOf({ sub: "https://directory.example/approvers/lee", decision: "approve" });
    const event = executionAudit(executed({ approvals: [decisionOf(), second] }));
    expect(event.agent.filter(({ requestor }) => requestor)).toHaveLength(1);
    expect(agentsBy(event, "VRF")).toHaveLength(2);
  });

  it("signs provenance with the decision itself, over the request's digest", () => {
    const request = requestOf({
      claims: { initiator: { kind: "human", person: "https://directory.example/people/rn" } },
    });
    const made = provenance({
      request,
      approvals: [decisionOf()],
      resource: "MedicationRequest/m-1/_history/1",
      at: NOW,
    })!;
    expect(made).toMatchObject({
      target: [{ reference: "MedicationRequest/m-1/_history/1" }],
      activity: { coding: [{ code: "CREATE" }] },
      agent: [
        {
          type: { coding: [{ code: "author" }] },
          onBehalfOf: { identifier: { value: "https://directory.example/people/rn" } },
        },
        { type: { coding: [{ code: "verifier" }] }, who: { display: "Amara OKAFOR" } },
      ],
      entity: [{ role: "source", what: { identifier: { value: digest("R") } } }],
      signature: [{ type: [{ code: "1.2.840.10065.1.12.1.5" }], sigFormat: "application/jose" }],
    });
    expect(Buffer.from(made.signature[0]!.data, "base64").toString()).toBe(decisionOf().jws);
    expect(provenance({ request: tool, approvals: [decisionOf()], resource: "X/1", at: NOW })).toBeUndefined();
  });

  it("stays valid whatever names a registry holds", () => {
    const name = "  \u0000Robot\u0007 ";
    const request = requestOf({ claims: { agent: { sub: "agent", name } } });
    const event = decisionAudit({ gateway: { iss: gateway.iss, name: "" }, request, decision: decisionOf() });
    expect(() => validate(event)).not.toThrow();
    expect(event.source.site).toBeUndefined();
  });

  it("goes on as one bundle", () => {
    const resource = decisionAudit({ gateway, request: requestOf(), decision: decisionOf() });
    const bundle = auditBundle([{ uuid: uuid(20), resource }], NOW);
    expect(() => validate(bundle)).not.toThrow();
    expect(bundle.entry[0]?.fullUrl).toBe(`urn:uuid:${uuid(20)}`);
  });
});
