import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { ACTION_TYPES, type ActionName } from "#shared/protocol/names.ts";

import { SHIPPED_FILES, type PolicyFiles } from "../../../gateway/policy/cedar/load.ts";
import { cedarPolicy, type CedarPolicy } from "../../../gateway/policy/cedar/policy.ts";
import type { Gathered, Operation, PolicyInput, PolicyPort, PolicyVerdict } from "../../../gateway/ports.ts";
import { actionOf } from "../../../gateway/requests/facts-action.ts";

export const crypto = makeNodeCrypto();
export const BASE = "https://fhir.hospital.example/r4";

/** A set with other figures in its `policy.json`. */
export const withFigures = (
  change: (figures: Record<string, unknown> & { tiers: Record<string, Record<string, unknown>> }) => object,
  files: PolicyFiles = hospitalFiles,
): PolicyFiles => {
  const figures = JSON.parse(files["policy.json"] ?? "") as Parameters<typeof change>[0];
  return { ...files, "policy.json": JSON.stringify({ ...figures, ...change(figures) }, undefined, 2) };
};

/** The shipped set for one hospital. */
export const hospitalFiles: PolicyFiles = withFigures(() => ({ home: ["Organization/northgate"] }), SHIPPED_FILES);

/** The hospital's set and these policies of its own. */
export const withPolicies = (text: string, files: PolicyFiles = hospitalFiles): PolicyFiles => ({
  ...files,
  "own.cedar": text,
});

/** The hospital's set with a change in the text of every policy file. */
export const edited = (change: (text: string) => string, files: PolicyFiles = hospitalFiles): PolicyFiles =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, name.endsWith(".cedar") ? change(text) : text]),
  );

export const options = { crypto, templates: builtinTemplates };
export const policyOf = (files: PolicyFiles = hospitalFiles): CedarPolicy => cedarPolicy(files, options);
const hospitalPolicy = policyOf();

export const operation = (method: Operation["method"], path: string, body?: unknown): Operation => ({
  method,
  url: `${BASE}/${path}`,
  media: method === "PATCH" ? "application/json-patch+json" : "application/fhir+json",
  body: body === undefined ? "" : JSON.stringify(body),
});

export const order = (change: Readonly<Record<string, unknown>> = {}): Operation =>
  operation("POST", "MedicationRequest", {
    resourceType: "MedicationRequest",
    status: "active",
    intent: "order",
    medicationCodeableConcept: { text: "amlodipine 5 MG Oral Tablet" },
    subject: { reference: "Patient/p-1" },
    dosageInstruction: [{ doseAndRate: [{ doseQuantity: { value: 5, unit: "mg" } }] }],
    ...change,
  });

export const referral = (performer: unknown): Operation =>
  operation("POST", "ServiceRequest", {
    resourceType: "ServiceRequest",
    status: "active",
    intent: "order",
    category: [{ coding: [{ system: "http://snomed.info/sct", code: "3457005" }] }],
    subject: { reference: "Patient/p-1" },
    performer: [performer],
  });

/** A patch of a resource that stands in the record as `before`. */
export function patch(
  before: Readonly<Record<string, unknown>> & { resourceType: string; id: string },
  steps: unknown,
) {
  return {
    op: operation("PATCH", `${before.resourceType}/${before.id}`, steps),
    gathered: { before: { text: JSON.stringify(before), version: 'W/"1"' } },
  };
}

export interface InputChange extends Partial<Omit<PolicyInput, "gathered" | "operation">> {
  readonly gathered?: Partial<Gathered>;
}

export function makeInput(op: Operation, change: InputChange = {}): PolicyInput {
  let action: ActionName = "record.update";
  try {
    action = actionOf(op, BASE);
  } catch {
    // An operation that cannot be read has no action; the policy says so itself.
  }
  return {
    agent: {
      sub: "agent:test",
      name: "Test agent",
      model: "m",
      owner: "urn:team:pharmacy",
      keys: [],
      actions: [...ACTION_TYPES],
    },
    action,
    operation: op,
    initiator: { kind: "event" },
    attachments: [],
    scopes: [],
    history: { asked: 0, denied: 0 },
    ...change,
    gathered: { patient: { ref: "Patient/p-1", name: "WATERS, Shauna" }, facts: [], checks: [], ...change.gathered },
  };
}

export type Ask = Extract<PolicyVerdict, { kind: "ask" }>;

export function ask(op: Operation, change: InputChange = {}, policy: PolicyPort = hospitalPolicy): Ask {
  const verdict = policy.evaluate(makeInput(op, change));
  if (verdict.kind !== "ask") throw new Error(`${verdict.kind}: ${JSON.stringify(verdict)}`);
  return verdict;
}

export const conflict = {
  id: "f1",
  src: "gateway",
  sev: "critical",
  code: "conflict",
  text: "Agent says 82 kg. Record says 28 kg.",
  ack: true,
  override: true,
} as const;
