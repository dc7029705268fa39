import type { RarElement } from "../claims/primitives.ts";
import type { RequestClaims } from "../claims/request.ts";
import { CountersignError } from "../error.ts";
import { applyPatch } from "../json-patch.ts";
import { isMembers } from "../json-pointer.ts";
import { actionType, RAR } from "../names.ts";
import { parseFhir, type FhirJson } from "../strict-json.ts";
import { parseHttpUrl, segmentsBelow, type HttpUrl } from "./http-url.ts";
import { checkPatientInBody, type BodyContext } from "./patient-in-body.ts";
import { checkSearch } from "./patient-in-url.ts";
import { boundPatient, inconsistent, type BoundPatient } from "./patient.ts";

/** What an operation holds, parsed from the exact bytes. */
export interface Inspected {
  readonly body?: FhirJson;
  readonly before?: FhirJson;
  /** What the resource will be: the body of a create or update, the patched result of a patch; absent for the rest. */
  readonly after?: FhirJson;
}

const PATCH_MEDIA = "application/json-patch+json";
const JSON_MEDIA = new Set(["application/fhir+json", "application/json"]);

/** FHIR interactions an element may be granted for, per method. */
const INTERACTIONS = {
  POST: ["create", "operation", "batch", "transaction", "search"],
  PUT: ["update", "create"],
  PATCH: ["patch", "update"],
  DELETE: ["delete"],
  GET: ["read", "vread", "search", "history", "operation"],
} as const;

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((v) => typeof v === "string") : [];

/**
 * The one element that stands for the operation itself. One of a type not known here is taken by its digest: C13 says
 * that it is unknown.
 * @throws CountersignError `E_REQ_INCONSISTENT`
 */
function operationElement({ authorization_details: elements, action }: RequestClaims): RarElement {
  const type = action.op.method === "tools/call" ? RAR.mcpTool : RAR.fhirOp;
  const known: readonly string[] = Object.values(RAR);
  const operations = elements.filter(
    (e) => e.type === RAR.fhirOp || e.type === RAR.mcpTool || (!known.includes(e.type) && "content_digest" in e),
  );
  const [element, second] = operations;
  // SECURITY: exactly what is shown is what is granted (T-24): a second operation would be approved unseen.
  if (!element || second !== undefined) inconsistent("The scope does not hold exactly this operation.");
  if (known.includes(element.type) && element.type !== type)
    inconsistent("The scope is for another kind of operation.");
  return element;
}

/**
 * C10: the bytes, the patient, the address and the scope agree (protocol.md 3.5).
 * @throws CountersignError `E_REQ_INCONSISTENT`
 */
export function inspectOperation(claims: RequestClaims): Inspected {
  const { op, type } = claims.action;
  const element = operationElement(claims);
  const patient = boundPatient(claims.patient);
  for (const { id, patient: about } of claims.authorization_details) {
    if (about !== undefined && about !== patient?.ref) inconsistent(`The scope "${id}" is about another patient.`);
  }
  if (op.if_match !== undefined && element["if_match"] !== undefined && element["if_match"] !== op.if_match) {
    inconsistent("The scope names another version of the resource.");
  }
  if ((type === actionType("tool.call")) !== (op.method === "tools/call")) {
    inconsistent("The kind of action and the operation do not agree.");
  }
  return op.method === "tools/call" ? inspectToolCall(op, element) : inspectFhir(claims, element, patient, op.method);
}

/** A tool call is checked on `tools` and `content_digest` only (C9 has compared the digest). */
function inspectToolCall(op: RequestClaims["action"]["op"], element: RarElement): Inspected {
  const [, tool] = /^mcp:[^/]+\/(.+)$/.exec(op.url) ?? [];
  if (tool === undefined || !strings(element["tools"]).includes(tool)) inconsistent("The scope names another tool.");
  return { body: parsed(op.body, "The tool's arguments") };
}

function inspectFhir(
  { action: { op } }: RequestClaims,
  element: RarElement,
  patient: BoundPatient | undefined,
  method: keyof typeof INTERACTIONS,
): Inspected {
  const actions = strings(element["actions"]);
  if (!INTERACTIONS[method].some((interaction) => actions.includes(interaction))) {
    inconsistent("The scope grants another interaction than the operation.");
  }
  const locations = strings(element["locations"]).flatMap((location) => parseHttpUrl(location) ?? []);
  const url = parseHttpUrl(op.url) ?? inconsistent("The address cannot be read.");
  const address = addressBelow(url, locations);
  const inspected = parsedOperation(op, method);
  const context: Context = { patient, locations, datatypes: strings(element["datatypes"]), address };
  const inUrl = checkAddress(url, context);
  const bodies = [inspected.before, inspected.after].filter((body) => body !== undefined);
  const inBody = bodies.map((body) => checkResource(body, context, method));
  // What is shown as this patient's must be this patient's: something in the bytes or the address has to say so.
  if (patient && !inUrl && !inBody.some(Boolean)) inconsistent("Nothing in the operation names the patient.");
  if (inspected.before !== undefined && inspected.after !== undefined && patient && !inBody.every(Boolean)) {
    inconsistent("The change would move the resource from or to the patient.");
  }
  return inspected;
}

interface Address {
  /** Resource type, absent for the server itself or an operation on it. */
  readonly type?: string;
  readonly id?: string;
}
interface Context extends BodyContext {
  readonly datatypes: readonly string[];
  readonly address: Address;
}

function addressBelow(url: HttpUrl, locations: readonly HttpUrl[]): Address {
  for (const location of locations) {
    const segments = segmentsBelow(url, location);
    if (!segments) continue;
    const [type, id] = segments;
    if (type === undefined || type.startsWith("$")) return {};
    if (!/^[A-Z][A-Za-z]{1,63}$/.test(type)) inconsistent("The address names no resource type.");
    return id === undefined || /^[$_]/.test(id) ? { type } : { type, id };
  }
  return inconsistent("The address is outside the scope's locations.");
}

function checkAddress(url: HttpUrl, { address, datatypes, patient }: Context): boolean {
  const { type = "", id } = address;
  if (type !== "" && !datatypes.includes(type)) inconsistent("The scope does not hold the address's resource type.");
  if (type === "Patient" && id !== undefined && id !== patient?.id) inconsistent("The address is another patient's.");
  const named = checkSearch(type, url.query, patient);
  return named || (type === "Patient" && id !== undefined);
}

function parsedOperation(op: RequestClaims["action"]["op"], method: keyof typeof INTERACTIONS): Inspected {
  const before = op.before === undefined ? {} : { before: parsed(op.before, "The current resource") };
  const changes = method === "PATCH" || method === "DELETE" || (method === "PUT" && op.if_match !== undefined);
  if (changes && op.before === undefined) inconsistent("The current resource is missing: the change cannot be shown.");
  // SECURITY: a version that is shown and not bound may be another by the time it is changed, protocol.md T-08.
  if (method !== "POST" && method !== "GET" && op.before !== undefined && op.if_match === undefined)
    inconsistent("The change is not bound to the version that is shown.");
  // SECURITY: it would be drawn as a change of that resource, and make another one beside it (T-20).
  if (method === "POST" && op.before !== undefined) inconsistent("What is made anew has no earlier form.");
  if (method === "GET" || method === "DELETE") {
    if (op.body !== "") inconsistent("An operation without a body has one.");
    return before;
  }
  const media = op.media.split(";")[0]?.trim().toLowerCase() ?? "";
  const body = parsed(op.body, "The body");
  if (method === "PATCH") {
    if (media !== PATCH_MEDIA) inconsistent("The patch is of a kind that cannot be shown.");
    return { ...before, body, after: applyPatch(before.before ?? null, body) };
  }
  if (!JSON_MEDIA.has(media)) inconsistent("The body is of a kind that cannot be shown.");
  return { ...before, body, after: body };
}

function parsed(text: string, what: string): FhirJson {
  try {
    return parseFhir(text);
  } catch (cause) {
    if (cause instanceof CountersignError) inconsistent(`${what} is not well-formed JSON.`, cause);
    throw cause;
  }
}

/** @returns true when the resource names the patient */
function checkResource(resource: FhirJson, context: Context, method: keyof typeof INTERACTIONS): boolean {
  const { address, datatypes } = context;
  if (!isMembers(resource)) inconsistent("The body is not a resource.");
  const { resourceType: type, id } = resource;
  if (typeof type !== "string" || !datatypes.includes(type)) {
    inconsistent("The scope does not hold the body's resource type.");
  }
  // An operation (`$…`) takes Parameters, a bundle goes to the server itself: their address has no type or another.
  const plain = method !== "POST" || address.type !== undefined;
  if (plain && type !== "Parameters" && type !== address.type) {
    inconsistent("The body is of another type than the address.");
  }
  if (address.id !== undefined && method !== "POST" && id !== address.id) {
    inconsistent("The body is another resource than the address.");
  }
  if (type === "Bundle") checkEntries(resource, datatypes);
  return checkPatientInBody(resource, context);
}

/** SECURITY: of an entry that replaces, changes or deletes nobody is shown what is there now, protocol.md 3.6(4). */
function checkEntries({ type, entry }: Readonly<Record<string, unknown>>, datatypes: readonly string[]): void {
  const acts = type === "transaction" || type === "batch";
  for (const one of Array.isArray(entry) ? entry.map(membersOf) : []) {
    const { resourceType: entryType } = membersOf(one["resource"]);
    if (typeof entryType !== "string" || !datatypes.includes(entryType)) {
      inconsistent("The scope does not hold the type of an entry of the bundle.");
    }
    const { method, url } = membersOf(one["request"]);
    if (acts && (method !== "POST" || url !== entryType)) inconsistent("An entry of the bundle does more than create.");
  }
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> => (isMembers(value) ? value : {});
