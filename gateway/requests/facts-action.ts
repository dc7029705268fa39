import { CountersignError } from "#shared/protocol/error.ts";
import type { ActionName } from "#shared/protocol/names.ts";

import type { Operation } from "../ports.ts";
import { hasCode, listAt, textAt, type Members } from "./facts-json.ts";
import { ends, parseOperation, type ParsedOperation } from "./facts-operation.ts";

const ORDERS = new Set([
  "MedicationRequest",
  "ServiceRequest",
  "DeviceRequest",
  "NutritionOrder",
  "VisionPrescription",
  "SupplyRequest",
]);
const RELEASES = new Set(["Communication", "CommunicationRequest"]);
/** SNOMED CT "patient referral" and its transfer forms. */
const REFERRAL_CODES = new Set(["3457005", "306206005", "308292007"]);

/**
 * The kind of action an operation is, from the operation alone. What an agent calls it never counts: a name chosen by
 * the agent could lower the risk.
 * @throws CountersignError `E_OP_UNSUPPORTED`, `E_OP_BODY`
 */
export function actionOf(operation: Operation, base: string): ActionName {
  if (operation.method === "tools/call") return "tool.call";
  return actionOfParsed(parseOperation(operation, base));
}

export function actionOfParsed(operation: ParsedOperation): ActionName {
  if (RELEASES.has(operation.type)) return "data.release";
  if (!ORDERS.has(operation.type)) return "record.update";
  if (operation.kind === "create") return isReferral(operation.body) ? "referral.create" : "order.create";
  return ends(operation) ? "order.discontinue" : "order.modify";
}

function isReferral(resource: Members): boolean {
  if (textAt(resource, "resourceType") !== "ServiceRequest") return false;
  const concepts = [...listAt(resource, "category"), ...[resource["code"]].filter((c) => c !== undefined)];
  return (
    concepts.some((c) => hasCode(c, REFERRAL_CODES) || /\breferral\b/i.test(textAt(c, "text") ?? "")) ||
    listAt(resource, "performer").some((p) => (textAt(p, "reference") ?? "").includes("Organization/"))
  );
}

/**
 * Refuses a draft that calls its operation something else than it is.
 * @throws CountersignError `E_OP_BODY`
 */
export function assertAction(stated: ActionName | undefined, actual: ActionName): void {
  if (stated !== undefined && stated !== actual) {
    throw new CountersignError("E_OP_BODY", `The operation is ${actual}, not ${stated}.`);
  }
}
