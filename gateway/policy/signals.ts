import { valueOf } from "#shared/presentation/reentry.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { sameValue } from "#shared/protocol/json-patch.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { ActionName } from "#shared/protocol/names.ts";
import type { RiskReason } from "#shared/protocol/registry.ts";
import { parseFhir, type FhirJson } from "#shared/protocol/strict-json.ts";

import type { PolicyInput } from "../ports.ts";
import { actionOfParsed } from "../requests/facts-action.ts";
import { codingsOf, hasCode, isMembers, listAt, objectsIn, textAt, type Members } from "../requests/facts-json.ts";
import { parseOperation, patientReferences, resultOf, type ParsedOperation } from "../requests/facts-operation.ts";
import { readToolUrl } from "../requests/tool-url.ts";
import { leavesOrganisation } from "./recipients.ts";

/** What the operation is, read from its bytes: nothing here is the agent's word. */
export interface Signals {
  readonly kind: ParsedOperation["kind"] | "call";
  readonly action: ActionName;
  /** Resource type; of a tool call `server/tool`. */
  readonly type: string;
  readonly before: Members | undefined;
  readonly after: Members | undefined;
  readonly reasons: ReadonlySet<RiskReason>;
  readonly reach: NonNullable<RequestClaims["action"]["reach"]>;
  /** It holds a dose or one recipient's code: what an approver can type again (approval-experience.md 4). */
  readonly has_value: boolean;
}

/**
 * Reads the operation, the record and the gathered facts for everything that raises the risk (approval-experience.md 4,
 * "Raisers").
 * @throws CountersignError `E_OP_UNSUPPORTED`, `E_OP_BODY`
 */
export function signalsOf(input: PolicyInput, { home }: { readonly home: readonly string[] }): Signals {
  if (input.operation.method === "tools/call") return toolSignals(input);
  const base = baseOf(input.operation.url, input.operation.method);
  const operation = parseOperation(input.operation, base);
  const before = beforeOf(input);
  const after = resultOf(operation, before);
  const action = actionOfParsed(operation);
  const patients = new Set([
    ...(input.gathered.patient === undefined ? [] : [input.gathered.patient.ref]),
    ...patientReferences(before, base),
    ...patientReferences(after, base),
  ]);
  const leaves = leavesOrganisation(after, action, input, home);
  const standing = isStanding(operation.type, input.scopes);
  const reach = { patients: patients.size, leaves_org: leaves, standing };
  const found: readonly (readonly [RiskReason, boolean])[] = [
    ["unknown-action", input.action !== action],
    ["many-patients", patients.size > 1 || operation.type === "Group" || input.action === "read.bulk"],
    ["leaves-organisation", leaves],
    ["standing-grant", standing],
    ["deletes-record", operation.kind === "delete"],
    ["removal", takesAway(before, after)],
    ["identity-edit", operation.type === "Patient" && changesIdentity(before, after)],
    ["opaque-content", isOpaque(after)],
    // Taking one away changes the meaning as much: an order not to give something becomes one to give it.
    ["changes-meaning", changesMeaning(after) || changesMeaning(before)],
    ["hidden-characters", hides(input.operation.body)],
    ...gatheredReasons(input),
  ];
  return {
    kind: operation.kind,
    action,
    type: operation.type,
    before,
    after,
    reasons: new Set([...found.flatMap(([reason, holds]) => (holds ? [reason] : [])), ...(input.identity ?? [])]),
    reach,
    has_value: valueOf(after ?? before) !== undefined,
  };
}

/** Only the gateway's own checks make a repeat: found, and its directions agree with its structured dose. */
export const isRepeat = ({ gathered }: PolicyInput): boolean =>
  ["repeat", "dose-text"].every((id) => gathered.checks.some((check) => check.id === id && check.result === "pass"));

/** The address without `Type` or `Type/id`: the facts have already held it against the configured base. */
function baseOf(url: string, method: PolicyInput["operation"]["method"]): string {
  return url
    .split("/")
    .slice(0, method === "POST" ? -1 : -2)
    .join("/");
}

function beforeOf({ gathered }: PolicyInput): Members | undefined {
  const before = gathered.before === undefined ? undefined : parseFhir(gathered.before.text);
  return isMembers(before) ? before : undefined;
}

/** Every patient that a tool's arguments name; a tool may of course know more of them. */
const PATIENT = /\bPatient\/[A-Za-z0-9.-]{1,64}/g;

/** Of a tool only its name and its arguments are known: what it does with them is not (protocol.md 3.5, C10). */
function toolSignals(input: PolicyInput): Signals {
  const { server, tool } = readToolUrl(input.operation.url);
  const { body } = input.operation;
  // As a reader of JSON sees it: an escape must not hide one.
  const patients = new Set(
    (body === "" ? [] : stringsIn(parseFhir(body))).flatMap((text) => text.match(PATIENT) ?? []),
  );
  const found: readonly (readonly [RiskReason, boolean])[] = [
    ["unknown-action", input.action !== "tool.call"],
    ["many-patients", patients.size > 1],
    ["standing-grant", isStanding("", input.scopes)],
    ["hidden-characters", hides(input.operation.body)],
    ...gatheredReasons(input),
  ];
  return {
    ...{ kind: "call", action: "tool.call", type: `${server}/${tool}`, before: undefined, after: undefined },
    reasons: new Set(found.flatMap(([reason, holds]) => (holds ? [reason] : []))),
    reach: { patients: patients.size, leaves_org: false, standing: false },
    has_value: false,
  };
}

function gatheredReasons({ gathered, attachments, history }: PolicyInput): (readonly [RiskReason, boolean])[] {
  const deceased = gathered.patient?.deceased;
  const conflicts = gathered.facts.filter(({ code }) => code === "conflict").map(({ text }) => text.slice(0, 500));
  // A failed check that a conflict already speaks of is one finding, not two.
  const failures = gathered.checks.filter(({ result, why }) => result === "fail" && !conflicts.includes(why ?? ""));
  return [
    ["record-conflict", conflicts.length > 0],
    ["record-changed", failures.some(({ id }) => id === "version")],
    ["failed-check", failures.some(({ id }) => id !== "version")],
    ["deceased-patient", deceased !== undefined && deceased !== false],
    ["sensitive-document", attachments.some(({ sensitive }) => sensitive === true)],
    ["denied-before", history.denied > 0],
  ];
}

/** A grant that outlives the one action: subscriptions, consents, scopes that write. */
function isStanding(type: string, scopes: readonly string[]): boolean {
  const writes = (scope: string): boolean => !/\.(?:read|rs?|s)(?:\?|$)/.test(scope) && /\//.test(scope);
  return ["Subscription", "Consent", "Permission"].includes(type) || scopes.some(writes);
}

const GONE = new Set(["entered-in-error", "inactive", "resolved", "refuted", "nullified"]);
const isGone = (resource: Members | undefined): boolean =>
  GONE.has(textAt(resource, "status") ?? "") ||
  hasCode(resource?.["clinicalStatus"], GONE) ||
  hasCode(resource?.["verificationStatus"], GONE) ||
  resource?.["active"] === false;

/** Something that counted before and does not count afterwards (3.4(11)). */
function takesAway(before: Members | undefined, after: Members | undefined): boolean {
  if (before === undefined) return false;
  if (after === undefined) return true;
  if (!isGone(before) && isGone(after)) return true;
  const status = (r: Members): FhirJson | undefined => r["clinicalStatus"] ?? r["verificationStatus"];
  return status(before) !== undefined && status(after) === undefined;
}

const IDENTITY = ["name", "birthDate", "identifier", "gender", "deceasedBoolean", "deceasedDateTime", "link", "active"];

function changesIdentity(before: Members | undefined, after: Members | undefined): boolean {
  return IDENTITY.some((name) => !sameValue(before?.[name] ?? null, after?.[name] ?? null));
}

/** Content that nobody can read on the screen: base64, or a document by address (3.4(14)). */
function isOpaque(after: Members | undefined): boolean {
  if (after?.["resourceType"] === "Binary") return true;
  return [...objectsIn(after)].some(
    ([, object]) =>
      object["contentType"] !== undefined && (textAt(object, "data") ?? textAt(object, "url")) !== undefined,
  );
}

/** Modifier elements (3.4(10)). */
function changesMeaning(after: Members | undefined): boolean {
  return [...objectsIn(after)].some(
    ([, object]) =>
      object["doNotPerform"] === true ||
      object["modifierExtension"] !== undefined ||
      object["implicitRules"] !== undefined,
  );
}

/** Hidden characters anywhere in the text that will be sent, escapes included. */
function hides(body: string): boolean {
  if (body === "") return false;
  return stringsIn(parseFhir(body)).some((text) => findHidden(text.replace(/[\r\n\t]/g, " "), "A").length > 0);
}

/** Every text in a value, names of members among them. */
export function stringsIn(value: FhirJson): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (!isMembers(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsIn(inner)]);
}

/** True when a coding of the resource is one of these. */
export function holdsCode(after: Members | undefined, codes: readonly { system: string; code: string }[]): boolean {
  const held = [...objectsIn(after)].flatMap(([, object]) => codingsOf({ coding: [...listAt(object, "coding")] }));
  return held.some((h) => codes.some((c) => c.code === h.code && c.system === h.system));
}
