import { balpProfile, ENTITY, EVENT, interaction, PART, ROLE, SOURCE } from "./codes.ts";
import { interactionOf } from "./interactions.ts";
import {
  agentReference,
  details,
  gatewayReference,
  instant,
  maybe,
  objectReference,
  patientEntity,
  personReference,
  requestReference,
  serverReference,
  type AuditForm,
  type ExecutedAct,
  type NamedGateway,
  type VerifiedDecision,
} from "./references.ts";
import type { AuditAgent, AuditEntity, AuditEvent, Coding, Reference } from "./resources.ts";

/** What became of one execution. */
export interface Executed {
  /** Unix seconds. */
  readonly at: number;
  readonly result: "done" | "refused" | "unknown";
  /** `Type/id`, with `/_history/version` where that is known. */
  readonly resource?: string;
  /** `jti` of the task's token. */
  readonly token?: string;
  /** Place of its `outcome` entry in the log. */
  readonly log?: { readonly origin: string; readonly index?: number };
}

export interface ExecutionAuditInput {
  readonly gateway: NamedGateway;
  readonly request: ExecutedAct;
  /** The approvals it rests on, first one first; none where policy allowed it without a person. */
  readonly approvals: readonly VerifiedDecision[];
  readonly executed: Executed;
  /** Where it was sent: the FHIR base or `mcp:<server>`. */
  readonly server: string;
  /** `full` unless given. */
  readonly form?: AuditForm;
}

/**
 * One event per execution after BALP's patterns Create, Update, Delete with or without a patient, together with its
 * pattern for the use of an OAuth token (protocol.md 3.17): the client is the agent by its `client_id`, the user is who
 * approved, with the token's `jti` as policy. The profiles are for what succeeded, so only that claims them.
 */
export function executionAudit(input: ExecutionAuditInput): AuditEvent {
  const { gateway, request, executed, server, form = "full" } = input;
  const { action, agent, patient, rid } = request.claims;
  const known = interactionOf(action.op.method);
  const isDelete = known?.code === "delete";
  const persons = patientEntity(patient?.ref, form);
  const done = executed.result === "done";
  const [clientPart, serverPart] = isDelete
    ? [[PART.application], PART.custodian]
    : [[PART.source, PART.application], PART.destination];
  const profiles = [
    ...(known === undefined ? [] : [balpProfile(`${persons.length > 0 ? "Patient" : ""}${known.pattern}`)]),
    ...(executed.token === undefined ? [] : [balpProfile("OAUTHaccessTokenUse.Comprehensive")]),
  ];
  return {
    resourceType: "AuditEvent",
    ...(done && profiles.length > 0 ? { meta: { profile: profiles } } : {}),
    type: known === undefined ? EVENT.application : EVENT.rest,
    subtype: [known === undefined ? toolCall(action.type) : interaction(known.code)],
    action: known?.action ?? "E",
    recorded: instant(executed.at),
    outcome: done ? "0" : "8",
    ...(done ? {} : { outcomeDesc: WORDS[executed.result] }),
    agent: [
      party(agentReference(agent), clientPart, agent.sub),
      party(serverReference(server), [serverPart], server),
      ...users(input),
    ],
    source: { ...maybe("site", gateway.name), observer: gatewayReference(gateway), type: [SOURCE.securityServer] },
    entity: [...persons, dataOf(input, form), taskOf(rid, input)],
  };
}

const WORDS = {
  done: "",
  refused: "The hospital system refused it. Nothing was done.",
  unknown: "The hospital system did not say whether it was done.",
} as const;

const toolCall = (type: string): Coding => ({
  system: type.slice(0, type.lastIndexOf(":")),
  code: type.slice(type.lastIndexOf(":") + 1),
  display: "Call of a tool",
});

const party = (who: Reference, parts: readonly Coding[], address: string): AuditAgent => ({
  type: { coding: parts },
  who,
  requestor: false,
  network: { address, type: "5" },
});

/** Who approved. BALP's user of a token is its requestor; there is one such, so further approvers are not marked. */
function users({ approvals, executed }: ExecutionAuditInput): readonly AuditAgent[] {
  const { token } = executed;
  return approvals.map(({ claims, approver }, i) => ({
    type: { coding: i === 0 && token !== undefined ? [PART.recipient, PART.verifier] : [PART.verifier] },
    who: personReference(claims.sub, approver?.name),
    ...maybe("name", approver?.name),
    ...maybe("altId", approver?.reg_no),
    requestor: i === 0,
    ...(i === 0 && token !== undefined ? { policy: [`urn:ietf:params:oauth:jti:${token}`] } : {}),
  }));
}

function dataOf({ request, executed }: ExecutionAuditInput, form: AuditForm): AuditEntity {
  const { op } = request.claims.action;
  const data = { type: ENTITY.systemObject, role: ROLE.domainResource };
  if (op.method === "tools/call") return { what: objectReference(op.url), ...data };
  if (form === "without-patient") {
    const [type] = executed.resource?.split("/") ?? [];
    return { what: { ...maybe("type", type), display: "left out of this form" }, ...data };
  }
  const what = executed.resource === undefined ? objectReference(op.url) : { reference: executed.resource };
  return { what, ...data, detail: details({ "content-digest": op.body_dig }) };
}

const taskOf = (rid: string, { request, approvals, executed }: ExecutionAuditInput): AuditEntity => ({
  what: requestReference(rid),
  type: ENTITY.other,
  role: ROLE.job,
  detail: details({
    revision: request.claims.rev,
    "request-digest": request.digest,
    ...Object.fromEntries(
      approvals.map(({ digest }, i) => [i === 0 ? "decision-digest" : `decision-digest-${String(i + 1)}`, digest]),
    ),
    "log-origin": executed.log?.origin,
    "log-index": executed.log?.index,
  }),
});
