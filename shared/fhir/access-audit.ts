import { encodeBase64 } from "#shared/protocol/base64url.ts";
import { NAMESPACE } from "#shared/protocol/names.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { balpProfile, ENTITY, EVENT, interaction, PART, ROLE, SOURCE } from "./codes.ts";
import {
  agentReference,
  details,
  digestReference,
  gatewayReference,
  instant,
  maybe,
  objectReference,
  patientEntity,
  serverReference,
  type NamedGateway,
} from "./references.ts";
import type { AuditEntity, AuditEvent } from "./resources.ts";

export interface AccessAuditInput {
  readonly gateway: NamedGateway;
  /** Unix seconds. */
  readonly at: number;
  readonly agent: { readonly sub: string; readonly name: string };
  /** FHIR base or `mcp:<server>`. */
  readonly server: string;
  /** Below the FHIR base: `Observation/o-1`, `Observation?patient=p-1`; or a tool's whole address. */
  readonly target: string;
  /** `Patient/p-1`, where it is known whom it is about. */
  readonly patient?: string;
  /** Digest of the gateway's own record of it: what its `access` entry in the log holds. */
  readonly record: string;
  readonly log?: { readonly origin: string; readonly index?: number };
}

/**
 * A read that policy allowed without a person (BALP's patterns Read, Query and their Patient forms), or a call of a tool
 * that policy allowed. BALP calls the client the destination of a read and the source of a query.
 */
export function accessAudit(input: AccessAuditInput): AuditEvent {
  const { gateway, at, agent, server, target, patient } = input;
  const kind = kindOf(target);
  const [client, holder] = kind === "read" ? [PART.destination, PART.source] : [PART.source, PART.destination];
  const persons = patientEntity(patient, "full");
  const pattern = kind === "read" ? "Read" : "Query";
  return {
    resourceType: "AuditEvent",
    ...(kind === "tool"
      ? {}
      : { meta: { profile: [balpProfile(`${persons.length > 0 ? "Patient" : ""}${pattern}`)] } }),
    type: kind === "tool" ? EVENT.application : EVENT.rest,
    subtype: [kind === "tool" ? TOOL_CALL : interaction(kind)],
    action: kind === "read" ? "R" : "E",
    recorded: instant(at),
    outcome: "0",
    agent: [
      {
        type: { coding: [client, PART.application] },
        who: agentReference(agent),
        ...maybe("name", agent.name),
        requestor: true,
        network: { address: agent.sub, type: "5" },
      },
      {
        type: { coding: [holder] },
        who: serverReference(server),
        requestor: false,
        network: { address: server, type: "5" },
      },
    ],
    source: { ...maybe("site", gateway.name), observer: gatewayReference(gateway), type: [SOURCE.securityServer] },
    entity: [...persons, dataOf(kind, target), trace(input)],
  };
}

const TOOL_CALL = { system: `${NAMESPACE}action`, code: "tool.call", display: "Call of a tool" };

const kindOf = (target: string): "read" | "search" | "tool" =>
  target.startsWith("mcp:") ? "tool" : target.includes("?") ? "search" : "read";

/** BALP: the raw query, in base64, so that nothing in it is read as anything else. */
function dataOf(kind: ReturnType<typeof kindOf>, target: string): AuditEntity {
  if (kind === "search") {
    return { type: ENTITY.systemObject, role: ROLE.query, query: encodeBase64(encodeUtf8(target)) };
  }
  const what = kind === "tool" ? objectReference(target) : { reference: target };
  return { what, type: ENTITY.systemObject, role: ROLE.domainResource };
}

const trace = ({ record, log }: AccessAuditInput): AuditEntity => ({
  what: digestReference(record),
  type: ENTITY.other,
  role: ROLE.job,
  detail: details({ "log-origin": log?.origin, "log-index": log?.index }),
});
