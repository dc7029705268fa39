import { isMembers } from "#shared/protocol/json-pointer.ts";
import { NAMESPACE } from "#shared/protocol/names.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { formatCodeable } from "../clinical/codeable.ts";
import { formatMedicineName } from "../clinical/medicine-name.ts";
import { FhirNode } from "../fhir-node.ts";
import type { BodyKind, Headline } from "../presentation.ts";
import { CHANGE_WORDS, HEADLINE_WORDS } from "../words.ts";
import type { Draft } from "./draft.ts";

export const actionName = (type: string): string =>
  type.startsWith(`${NAMESPACE}action:`) ? type.slice(`${NAMESPACE}action:`.length) : type;

const resourceOf = (draft: Draft): FhirNode | undefined => {
  const value = draft.after ?? draft.before;
  return value !== undefined && isMembers(value) ? new FhirNode(value) : undefined;
};

export function bodyKind(draft: Draft): BodyKind {
  if (draft.isUpdate) return "record_update";
  const type = resourceOf(draft)?.text("resourceType");
  if (type === "MedicationRequest") return "medication_order";
  return type === "ServiceRequest" && actionName(draft.claims.action.type) === "referral.create"
    ? "referral"
    : "generic";
}

/** What a row of the queue and the action panel are called: the app's words and the named item, never a claim (S3). */
export function headlineOf(draft: Draft): Headline {
  const resource = resourceOf(draft);
  return { kind: kindOf(draft, resource), item: itemOf(draft, resource) };
}

function kindOf(draft: Draft, resource: FhirNode | undefined): string {
  const { action } = draft.claims;
  const { diff } = draft;
  if (action.op.method === "DELETE") return HEADLINE_WORDS.delete;
  if (resource?.flag("doNotPerform") === true) return HEADLINE_WORDS.doNotPerform;
  if (isLifted(draft)) return HEADLINE_WORDS.lifted;
  if (isCalledEnded(draft)) return HEADLINE_WORDS.actions["order.modify"] ?? HEADLINE_WORDS.unknown;
  if (diff) {
    const { retired, revived } = diff;
    if (retired && actionName(action.type) === "order.discontinue") return HEADLINE_WORDS.stopped;
    if (retired) return retired.to === "entered-in-error" ? HEADLINE_WORDS.enteredInError : HEADLINE_WORDS.retired;
    if (revived) return HEADLINE_WORDS.revived;
  } else if (resource?.text("status") === "entered-in-error") return HEADLINE_WORDS.enteredInError;
  const name = actionName(action.type);
  const known = Object.hasOwn(HEADLINE_WORDS.actions, name) ? HEADLINE_WORDS.actions[name] : undefined;
  if (known === undefined) return HEADLINE_WORDS.unknown;
  if (name === "order.create" && resource?.text("resourceType") === "MedicationRequest")
    return HEADLINE_WORDS.newMedicine;
  return name === "referral.create" && action.reach?.leaves_org === true ? HEADLINE_WORDS.external(known) : known;
}

const flagIn = (value: FhirJson | undefined, name: string): boolean => isMembers(value) && value[name] === true;

/** An order not to give something becomes one to give it. */
export const isLifted = (draft: Draft): boolean =>
  draft.after !== undefined && flagIn(draft.before, "doNotPerform") && !flagIn(draft.after, "doNotPerform");

const ENDED = new Set(["stopped", "cancelled", "revoked", "entered-in-error", "completed", "ended"]);

/** Called the end of an order, while what the bytes leave behind goes on. */
export function isCalledEnded(draft: Draft): boolean {
  if (actionName(draft.claims.action.type) !== "order.discontinue" || draft.after === undefined) return false;
  const status = isMembers(draft.after) ? draft.after["status"] : undefined;
  return typeof status !== "string" || !ENDED.has(status);
}

function itemOf(draft: Draft, resource: FhirNode | undefined): string {
  const { op, type } = draft.claims.action;
  if (op.method === "tools/call") return op.url;
  if (resource === undefined) return "";
  const name = nameOf(draft, resource);
  if (actionName(type) !== "record.update") return name;
  if (draft.diff === undefined) return name;
  const fields = CHANGE_WORDS.fields(draft.diff.changes.length);
  return name === "" ? fields : `${name} (${fields})`;
}

function nameOf(draft: Draft, resource: FhirNode): string {
  const concept = (node: FhirNode | undefined): string | undefined => node && formatCodeable(node)?.name;
  const medicine = resource.get("medicationCodeableConcept") ?? containedMedicine(resource);
  const named = concept(medicine);
  if (named !== undefined) return formatMedicineName(named, draft.spelling).display;
  const performer = resource.all("performer")[0]?.text("display");
  return performer ?? concept(resource.get("code")) ?? concept(resource.get("vaccineCode")) ?? "";
}

function containedMedicine(resource: FhirNode): FhirNode | undefined {
  const reference = resource.get("medicationReference")?.text("reference") ?? "";
  return reference.startsWith("#")
    ? resource
        .all("contained")
        .find((item) => item.text("id") === reference.slice(1))
        ?.get("code")
    : undefined;
}
