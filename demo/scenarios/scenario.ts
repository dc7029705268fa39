import type { AgentRequest } from "../../gateway/agent.ts";

/** The three sample agents, each a process of its own with an identity of its own. */
export const AGENT_NAMES = ["medication-reconciliation", "note-tidier", "intake-referral"] as const;
export type AgentName = (typeof AGENT_NAMES)[number];

/** What an agent sends: the gateway adds who it is from how it authenticated. */
export type AgentAsk = AgentRequest & { readonly operation: { readonly media: string } };

export interface ScenarioContext {
  /** FHIR base URL as the gateway executes against it, e.g. `http://127.0.0.1:8103/fhir`. */
  readonly fhirBase: string;
  /** ISO date of today, used as `authoredOn`. */
  readonly today: string;
}

/** How several asks follow each other: after what became of the one before, or all at once. */
export const ORDERS = { one: undefined, chain: "completed", insist: "denied", flood: undefined } as const;

/**
 * One thing an agent wants to do, with the answer a careful clinician gives. `asks` are sent one after the other: a later
 * step of a chain once the earlier one was carried out, an insistent one once the same was denied.
 */
export interface Scenario {
  readonly id: string;
  readonly agent: AgentName;
  readonly title: string;
  readonly answer: "approve" | "deny" | "cannot-approve";
  /** Told after the decision. */
  readonly why: string;
  readonly order: keyof typeof ORDERS;
  asks(context: ScenarioContext): readonly AgentAsk[];
  /** A second version that the agent sends for the same request while it is open. */
  revision?(context: ScenarioContext): AgentAsk;
  /** The network fails while it is read. */
  readonly isCutOff?: boolean;
}

const AI_ASSERTED = {
  security: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", code: "AIAST" }],
} as const;

/** A FHIR decimal exactly as written: `2.50` stays `2.50` on the wire. */
export const decimal = (text: string): unknown => (JSON as unknown as { rawJSON(t: string): unknown }).rawJSON(text);

/** Exact body text of a resource that says it was asserted by an AI (protocol.md 3.17). */
export function bodyText(resource: Readonly<Record<string, unknown>> & { readonly resourceType: string }): string {
  const { resourceType, ...rest } = resource;
  return JSON.stringify({ resourceType, meta: AI_ASSERTED, ...rest });
}

export const FHIR_JSON = "application/fhir+json";
export const JSON_PATCH = "application/json-patch+json";
