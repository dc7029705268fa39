import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { ReceiptClaims } from "#shared/protocol/claims/receipt.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { NAMESPACE } from "#shared/protocol/names.ts";

import { ENTITY, ROLE } from "./codes.ts";
import type { AuditDetail, AuditEntity, Identifier, Reference } from "./resources.ts";

/** What is said of a gateway: its issuer, and its name for people. */
export interface NamedGateway {
  readonly iss: string;
  readonly name?: string;
}

/** A request whose signature was verified. */
export interface VerifiedRequest {
  readonly claims: RequestClaims;
  /** `jdig` of its JWS. */
  readonly digest: string;
}

/** What an execution's event needs of what was carried out: a request, or what policy allowed without one. */
export interface ExecutedAct {
  readonly claims: Pick<RequestClaims, "rid" | "rev"> & {
    readonly agent: Pick<RequestClaims["agent"], "sub" | "name">;
    readonly patient?: { readonly ref: string } | undefined;
    readonly action: Pick<RequestClaims["action"], "type"> & {
      readonly op: Pick<RequestClaims["action"]["op"], "method" | "url" | "body_dig">;
    };
  };
  /** Digest of the request, or of the record of what was allowed. */
  readonly digest: string;
}

/** A decision that was verified and counted. */
export interface VerifiedDecision {
  readonly claims: DecisionClaims;
  /** `jdig` of {@link jws}. */
  readonly digest: string;
  readonly jws: string;
  /** Its signer as the directory knows them; without it, the signer's id stands alone. */
  readonly approver?: Pick<ApproverClaims, "name" | "reg_no" | "roles">;
  /** The gateway's answer: when it was recorded, and where in the log. */
  readonly receipt?: Pick<ReceiptClaims, "iat" | "log">;
}

/**
 * `without-patient`: no reference to the patient or to a resource of theirs, for exports that say so. The identifiers of
 * the request stay; whoever may read that request can join them again.
 */
export type AuditForm = "full" | "without-patient";

/** A whole second as FHIR's `instant`. */
export const instant = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Absent, or text that FHIR takes as a `string`: not empty, no control characters but tab and line ends. */
export function fhirText(text: string | undefined): string | undefined {
  // eslint-disable-next-line no-control-regex -- these are what FHIR's string refuses
  const kept = text?.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd").trim();
  return kept === undefined || kept === "" ? undefined : kept;
}

/** `{[name]: text}` where FHIR can hold the text, nothing where not. */
export function maybe<K extends string>(name: K, text: string | undefined): Partial<Record<K, string>> {
  const kept = fhirText(text);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- one member of that name
  return (kept === undefined ? {} : { [name]: kept }) as Partial<Record<K, string>>;
}

/** An id that is a URI is named as one (RFC 3986). */
const identifierOf = (value: string): Identifier =>
  /^[A-Za-z][A-Za-z0-9+.-]*:/.test(value) ? { system: "urn:ietf:rfc:3986", value } : { value };

const named = (type: string, id: string, display?: string): Reference => ({
  type,
  identifier: identifierOf(id),
  ...maybe("display", display),
});

export const gatewayReference = ({ iss, name }: NamedGateway): Reference => named("Device", iss, name);

/** The agent, as the registry and never itself names it. */
export const agentReference = (agent: Pick<RequestClaims["agent"], "sub" | "name">): Reference =>
  named("Device", agent.sub, agent.name);

export const deviceReference = (id: string): Reference => named("Device", id);

export const personReference = (sub: string, name?: string): Reference => named("Practitioner", sub, name);

export const serverReference = (base: string): Reference => named("Device", base);

/** Anything that has an id of its own and is no resource. */
export const objectReference = (id: string): Reference => ({ identifier: identifierOf(id) });

/** A signed or logged object by its digest. */
export const digestReference = (value: string): Reference => ({ identifier: { system: `${NAMESPACE}digest`, value } });

export const requestReference = (rid: string): Reference => objectReference(`urn:uuid:${rid}`);

export function patientEntity(ref: string | undefined, form: AuditForm): readonly AuditEntity[] {
  if (ref === undefined || form === "without-patient") return [];
  return [{ what: { reference: ref }, type: ENTITY.person, role: ROLE.patient }];
}

/** Members of `entity.detail`, absent ones left out. */
export const details = (members: Readonly<Record<string, string | number | undefined>>): readonly AuditDetail[] =>
  Object.entries(members).flatMap(([type, value]) => {
    const valueString = fhirText(value === undefined ? undefined : String(value));
    return valueString === undefined ? [] : [{ type, valueString }];
  });
