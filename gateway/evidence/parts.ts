import { accessAudit } from "#shared/fhir/access-audit.ts";
import { decisionAudit } from "#shared/fhir/decision-audit.ts";
import { executionAudit, type Executed } from "#shared/fhir/execution-audit.ts";
import { provenance } from "#shared/fhir/provenance.ts";
import type { VerifiedDecision, VerifiedRequest } from "#shared/fhir/references.ts";
import type { AuditEvent, Provenance } from "#shared/fhir/resources.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { eventUri } from "#shared/protocol/names.ts";
import type { Leaf } from "#shared/ledger/leaf.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { ACCESS_FORMAT, type AccessRecord } from "../agents/access-log.ts";
import type { RegisteredAgent } from "../ports.ts";
import type { AllowedRow } from "../store/allowed.ts";
import type { LeafRow, RequestRow } from "../store/rows.ts";
import type { StoreReads } from "../store/store.ts";

export interface PartsContext {
  readonly gateway: { readonly iss: string; readonly name?: string };
  readonly logOrigin: string;
  readonly fhirBase: string;
  readonly store: StoreReads;
  /** The signer's credential, as the directory has it. */
  readonly approver: (kid: string) => ApproverClaims | undefined;
  readonly agent: (sub: string) => RegisteredAgent | undefined;
}

/**
 * What the hospital's record is to hold about one entry of the log (protocol.md 3.17), made anew from what was signed and
 * stored; nothing for an entry that is not about the record. The same entry always gives the same resources.
 */
export function partsOf(context: PartsContext, row: LeafRow): readonly (AuditEvent | Provenance)[] {
  try {
    return madeOf(context, row);
  } catch (error) {
    // What was erased meanwhile is told to nobody any more.
    if (error instanceof CountersignError && error.code === "E_STORE_ERASED") return [];
    throw error;
  }
}

function madeOf(context: PartsContext, row: LeafRow): readonly (AuditEvent | Provenance)[] {
  switch (row.type) {
    case "decision":
      return ofDecision(context, row);
    case "outcome":
      return ofOutcome(context, row);
    case "access":
      return ofAccess(context, row);
    default:
      return [];
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- `leafText` of this gateway made it
const leafOf = ({ entry }: LeafRow): Leaf => JSON.parse(entry) as Leaf;

const requestOf = ({ jws, dig }: RequestRow): VerifiedRequest => ({ claims: readStored("request", jws), digest: dig });

/** A stored decision: it was verified when it was recorded. */
function decisionOf({ store, approver, logOrigin }: PartsContext, dig: string): VerifiedDecision | undefined {
  const row = store.decisionByDigest(dig);
  const leaf = store.leafOf(dig, "decision");
  if (row === undefined || leaf === undefined) return undefined;
  const known = approver(row.kid);
  return {
    ...{ claims: readStored("decision", row.jws), digest: dig, jws: row.jws },
    ...(known === undefined ? {} : { approver: known }),
    receipt: { iat: leafOf(leaf).ts, log: { origin: logOrigin, index: leaf.index, mmd: 60 } },
  };
}

function ofDecision(context: PartsContext, { obj }: LeafRow): readonly AuditEvent[] {
  const row = context.store.decisionByDigest(obj);
  const request = row && context.store.request(row.rid, row.rev);
  const decision = decisionOf(context, obj);
  if (request === undefined || decision === undefined) return [];
  return [decisionAudit({ gateway: context.gateway, request: requestOf(request), decision })];
}

/** The end of an execution; every other outcome changed nothing in the record. */
function ofOutcome(context: PartsContext, row: LeafRow): readonly (AuditEvent | Provenance)[] {
  const { store, gateway, fhirBase, logOrigin } = context;
  const { rid, rev, out, ts } = leafOf(row);
  if (rid === undefined || rev === undefined || (out !== "completed" && out !== "failed")) return [];
  const allowed = store.allowedAct(rid);
  if (allowed !== undefined) return [ofAllowed(context, row, allowed)];
  const request = store.request(rid, rev);
  const execution = store.execution(`${rid}.${String(rev)}`);
  if (request === undefined || execution?.outcome === undefined) return [];
  const verified = requestOf(request);
  const approvals = store
    .decisions(rid, rev)
    .filter(({ live, decision }) => live && decision === "approve")
    .flatMap(({ dig }) => decisionOf(context, dig) ?? []);
  const token = store.tokensOf(rid).findLast((one) => one.rev === rev && one.uses_left === 0);
  const { outcome } = execution;
  const resource = outcome.kind === "done" ? resourceOf(store, rid, row.obj, outcome.location) : undefined;
  const executed: Executed = {
    ...{ at: ts, result: outcome.kind, log: { origin: logOrigin, index: row.index } },
    ...(resource === undefined ? {} : { resource }),
    ...(token === undefined ? {} : { token: token.jti }),
  };
  const server = serverOf(verified.claims.action.op.url, fhirBase);
  const audit = executionAudit({ gateway, request: verified, approvals, executed, server });
  const [first, ...more] = approvals;
  if (resource === undefined || first === undefined) return [audit];
  const made = provenance({ request: verified, approvals: [first, ...more], resource, at: ts });
  return made === undefined ? [audit] : [made, audit];
}

/** What policy allowed without a person: there is nobody who approved, and the policy's id stands in the log. */
function ofAllowed(
  { store, gateway, fhirBase, logOrigin }: PartsContext,
  row: LeafRow,
  allowed: AllowedRow,
): AuditEvent {
  const { act, dig, outcome } = allowed;
  const token = store.tokensOf(act.id).findLast(({ uses_left }) => uses_left === 0);
  const place = outcome?.kind === "done" ? (outcome.location ?? act.op.url) : "";
  const resource = resourceIn(place);
  return executionAudit({
    ...{ gateway, approvals: [], server: serverOf(act.op.url, fhirBase) },
    request: {
      claims: {
        ...{ rid: act.id, rev: 1, agent: act.agent, action: { type: act.type, op: act.op } },
        ...(act.patient === undefined ? {} : { patient: { ref: act.patient } }),
      },
      digest: dig,
    },
    executed: {
      ...{ at: leafOf(row).ts, result: outcome?.kind ?? "unknown", log: { origin: logOrigin, index: row.index } },
      ...(resource === undefined ? {} : { resource }),
      ...(token === undefined ? {} : { token: token.jti }),
    },
  });
}

const resourceIn = (place: string): string | undefined =>
  /\/([A-Z][A-Za-z]{1,63}\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?)\/?$/.exec(place)?.[1];

const serverOf = (url: string, fhirBase: string): string =>
  url.startsWith("mcp:") ? url.slice(0, url.indexOf("/")) : fhirBase;

/** `Type/id` as the signed event says it, with the version where the hospital's answer named one. */
function resourceOf(store: StoreReads, rid: string, set: string, location: string | undefined): string | undefined {
  const event = store.events(rid).find(({ dig }) => dig === set);
  const claims = event && readStored("event", event.jws);
  const named = claims?.events[eventUri("task-completed")]?.["resource"];
  if (typeof named !== "string") return undefined;
  const [, version] = /\/_history\/([A-Za-z0-9.-]{1,64})$/.exec(location ?? "") ?? [];
  return version === undefined ? named : `${named}/_history/${version}`;
}

function ofAccess({ store, gateway, fhirBase, logOrigin, agent }: PartsContext, row: LeafRow): readonly AuditEvent[] {
  const kept = store.published(row.obj);
  const record = kept?.kind === "access" ? accessRecord(kept.text) : undefined;
  if (record === undefined) return [];
  const { at, target, patient } = record;
  const server = serverOf(target, fhirBase);
  return [
    accessAudit({
      ...{ gateway, at, server, target, record: row.obj, log: { origin: logOrigin, index: row.index } },
      agent: { sub: record.agent, name: agent(record.agent)?.name ?? record.agent },
      ...(patient === undefined ? {} : { patient }),
    }),
  ];
}

/** Other `access` entries, of exports and reports for people, have records of their own. */
function accessRecord(text: string): AccessRecord | undefined {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- this gateway wrote it
  const record = JSON.parse(text) as Partial<AccessRecord>;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the format says which
  return record.format === ACCESS_FORMAT ? (record as AccessRecord) : undefined;
}
