import { isMembers } from "../json-pointer.ts";
import type { FhirJson } from "../strict-json.ts";
import { checkSearch } from "./patient-in-url.ts";
import { inconsistent, type BoundPatient } from "./patient.ts";
import { parseHttpUrl, segmentsBelow, type HttpUrl } from "./http-url.ts";

/** Members that say whom a resource is about, whatever the resource (FHIR R4). */
const ABOUT = new Set(["subject", "patient", "for", "beneficiary"]);

const REFERENCE =
  /^(?:(https?:\/\/[^?#]+)\/)?([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;

type Members = Readonly<Record<string, FhirJson>>;
const isObject = (value: FhirJson | undefined): value is Members => isMembers(value);
const listOf = (value: FhirJson | undefined): readonly FhirJson[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

export interface BodyContext {
  readonly patient: BoundPatient | undefined;
  readonly locations: readonly HttpUrl[];
}

/**
 * C10 for one resource: every reference to a patient and every identifier of one is the request's patient (protocol.md
 * 3.5; approval-experience.md 3.4, rule 9).
 * @returns true when the resource names the patient at least once
 * @throws CountersignError `E_REQ_INCONSISTENT`
 */
export function checkPatientInBody(resource: FhirJson, context: BodyContext): boolean {
  let named = false;
  const saw = (): void => {
    named = true;
  };
  walk(resource, { ...context, saw, container: isObject(resource) ? resource : {}, bundle: resource });
  return named;
}

interface Walk extends BodyContext {
  readonly saw: () => void;
  /** The resource whose `contained` a `#id` means. */
  readonly container: Members;
  /** Where a `urn:uuid:` is looked up. */
  readonly bundle: FhirJson;
}

function walk(value: FhirJson, at: Walk): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, at);
    return;
  }
  if (typeof value === "string") {
    // A whole text that is a patient's address is a reference, whatever its member is called (uri, url, canonical).
    if (/(?:^|\/)Patient\/[A-Za-z0-9.-]+/.test(value) && REFERENCE.test(value)) checkReference(value, at, false);
    return;
  }
  if (!isObject(value)) return;
  const type = value["resourceType"];
  const isRoot = value === at.container;
  const isContained = listOf(at.container["contained"]).includes(value);
  const inside = type === undefined || isContained ? at : { ...at, container: value };
  if (type === "Patient") checkPatientResource(value, at, isContained && !isRoot);
  checkEntryRequest(value, at);
  for (const [name, member] of Object.entries(value)) {
    if (ABOUT.has(name) && typeof type === "string") for (const about of listOf(member)) checkAbout(about, inside);
    else if (name === "reference" && typeof member === "string") checkNamed(member, value, inside);
    walk(member, inside);
  }
  // A reference to a patient that says so by its type alone.
  if (value["type"] === "Patient" && value["reference"] === undefined && isReference(value)) checkAbout(value, inside);
}

const isReference = (value: Members): boolean => value["identifier"] !== undefined || value["display"] !== undefined;

/** `subject` and its like: must be this patient, by reference or by identifier. */
function checkAbout(about: FhirJson, at: Walk): void {
  if (!isObject(about)) inconsistent("A member that says whom the resource is about is not a reference.");
  const { reference, identifier } = about;
  if (at.patient === undefined) return;
  if (reference === undefined && identifier === undefined) {
    inconsistent("The resource is about someone it names neither by reference nor by identifier.");
  }
  if (reference !== undefined) {
    if (typeof reference !== "string") inconsistent("A reference is not a text.");
    checkReference(reference, at, true);
  }
  if (identifier !== undefined) checkIdentifiers([identifier], at);
  checkDisplay(about, at);
}

/** A reference anywhere else: free to name other things, but no other patient. */
function checkNamed(reference: string, holder: Members, at: Walk): void {
  const isPatient = checkReference(reference, at, holder["type"] === "Patient");
  if (!isPatient) return;
  if (holder["identifier"] !== undefined) checkIdentifiers([holder["identifier"]], at);
  checkDisplay(holder, at);
}

function checkDisplay({ display }: Members, { patient }: Walk): void {
  if (typeof display === "string" && patient && !patient.mayBeCalled(display)) {
    inconsistent("A reference to the patient is labelled with another name.");
  }
}

/** @returns true when the reference is to the patient */
function checkReference(reference: string, at: Walk, mustBePatient: boolean): boolean {
  const found = at.patient;
  if (reference.startsWith("#")) return checkLocal(containedOf(at.container, reference.slice(1)), at, mustBePatient);
  if (/^urn:(?:uuid|oid):/.test(reference)) return checkLocal(entryOf(at.bundle, reference), at, mustBePatient);
  const [, base, type, id] = REFERENCE.exec(reference) ?? [];
  if (type === "Patient" && id !== undefined) {
    const here = base === undefined || at.locations.some((location) => isSame(base, location));
    if (!found || !here || `Patient/${id}` !== found.ref) inconsistent("A reference names another patient.");
    at.saw();
    return true;
  }
  if (type === undefined && /patient/i.test(reference)) {
    if (!checkConditional(reference, at)) inconsistent("A reference to a patient cannot be read.");
    return true;
  }
  if (mustBePatient && found) inconsistent("The resource is about something that is not the patient.");
  return false;
}

const isSame = (base: string, location: HttpUrl): boolean => {
  const url = parseHttpUrl(base);
  return url !== undefined && segmentsBelow(url, location)?.length === 0;
};

/** `Patient?identifier=system|value` in a bundle. */
function checkConditional(reference: string, at: Walk): boolean {
  const url = reference.startsWith("Patient?") ? parseHttpUrl(`https://local.invalid/${reference}`) : undefined;
  if (!url) return false;
  if (checkSearch("Patient", url.query, at.patient)) at.saw();
  return true;
}

/** A resource beside this one: as a patient it must prove itself by its identifiers, which `walk` checks where it stands. */
function checkLocal(target: FhirJson | undefined, at: Walk, mustBePatient: boolean): boolean {
  const isPatient = isObject(target) && target["resourceType"] === "Patient";
  if (!isPatient && mustBePatient && at.patient)
    inconsistent("The resource is about something that is not the patient.");
  return isPatient;
}

const containedOf = (container: Members, id: string): FhirJson | undefined =>
  listOf(container["contained"]).find((resource) => isObject(resource) && resource["id"] === id);

function entryOf(bundle: FhirJson, fullUrl: string): FhirJson | undefined {
  const entries = isObject(bundle) ? listOf(bundle["entry"]) : [];
  const entry = entries.find((e) => isObject(e) && e["fullUrl"] === fullUrl);
  return isObject(entry) ? entry["resource"] : undefined;
}

/** A Patient resource: by its own id where that is the server's, and always by every identifier it carries. */
function checkPatientResource(resource: Members, at: Walk, local: boolean): void {
  if (!at.patient) inconsistent("The body holds a patient, and the request names none.");
  const { id } = resource;
  const identifiers = listOf(resource["identifier"]);
  if (!local && id !== undefined && id !== at.patient.id) inconsistent("The body is another patient.");
  if ((local || id === undefined) && identifiers.length === 0) {
    inconsistent("The body holds a patient without an identifier.");
  }
  checkIdentifiers(identifiers, at);
  at.saw();
}

function checkIdentifiers(identifiers: readonly FhirJson[], at: Walk): void {
  for (const identifier of identifiers.flatMap(listOf)) {
    const { system, value } = isObject(identifier) ? identifier : {};
    const known =
      typeof value === "string" &&
      (system === undefined || typeof system === "string") &&
      at.patient?.hasIdentifier(system, value) === true;
    if (!known) inconsistent("An identifier in the body is not one of the patient's.");
    at.saw();
  }
}

/** What an entry of a bundle would do: its address is an address of the request. */
function checkEntryRequest({ request }: Members, at: Walk): void {
  if (!isObject(request) || request["method"] === undefined) return;
  const { url, ifNoneExist } = request;
  const parsed = typeof url === "string" ? parseHttpUrl(`https://local.invalid/${url}`) : undefined;
  if (!parsed) inconsistent("An entry's address cannot be read.");
  const [type = "", id] = parsed.path;
  if (type === "Patient" && id !== undefined && id !== at.patient?.id) inconsistent("An entry names another patient.");
  if (checkSearch(type, parsed.query, at.patient)) at.saw();
  if (ifNoneExist === undefined) return;
  const condition =
    typeof ifNoneExist === "string" ? parseHttpUrl(`https://local.invalid/${type}?${ifNoneExist}`) : undefined;
  if (!condition) inconsistent("An entry's condition cannot be read.");
  if (checkSearch(type, condition.query, at.patient)) at.saw();
}
