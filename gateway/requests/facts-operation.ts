import { CountersignError } from "#shared/protocol/error.ts";
import { applyPatch } from "#shared/protocol/json-patch.ts";
import { parseFhir, type FhirJson } from "#shared/protocol/strict-json.ts";

import type { Operation } from "../ports.ts";
import { at, isMembers, objectsIn, textAt, type Members } from "./facts-json.ts";

/** An agent's operation, read: what it does to which resource. */
export type ParsedOperation =
  | { readonly kind: "create"; readonly type: string; readonly body: Members }
  | { readonly kind: "update"; readonly type: string; readonly id: string; readonly body: Members }
  | { readonly kind: "patch"; readonly type: string; readonly id: string; readonly patch: readonly FhirJson[] }
  | { readonly kind: "delete"; readonly type: string; readonly id: string };

const FHIR_MEDIA = new Set(["application/fhir+json", "application/json"]);
const PATCH_MEDIA = "application/json-patch+json";
/** "." and ".." fit FHIR's form of an id, and mean another place in an address (RFC 3986 5.2.4). */
const PATH = /^([A-Z][A-Za-z]{1,63})(?:\/((?!\.{1,2}$)[A-Za-z0-9.-]{1,64}))?$/;

const body = (message: string, cause?: unknown): CountersignError =>
  new CountersignError("E_OP_BODY", message, cause === undefined ? undefined : { cause });
const unsupported = (message: string): CountersignError => new CountersignError("E_OP_UNSUPPORTED", message);

/**
 * Reads an operation strictly: one resource under `base`, no query, no operation, no bundle, body and address agreeing.
 * @throws CountersignError `E_OP_UNSUPPORTED`, `E_OP_BODY`
 */
export function parseOperation(operation: Operation, base: string): ParsedOperation {
  // SECURITY: plain text comparison below the base: no `..`, no userinfo, no second host can hide in it (C10).
  if (!operation.url.startsWith(`${base}/`)) throw unsupported("The address is not below the hospital's FHIR base.");
  const [, type, id] = PATH.exec(operation.url.slice(base.length + 1)) ?? [];
  if (type === undefined) {
    throw unsupported("The gateway takes Type or Type/id addresses: no queries, operations, batches or transactions.");
  }
  if (type === "Bundle" && id === undefined) throw unsupported("Bundles are not taken: ask for one action at a time.");
  const media = operation.media.split(";")[0]?.trim().toLowerCase() ?? "";
  switch (operation.method) {
    case "POST":
      if (id !== undefined) throw unsupported("A new resource is created at its type's address.");
      return { kind: "create", type, body: resourceOf(operation, media, type) };
    case "PUT": {
      if (id === undefined) throw unsupported("Conditional updates are not taken: name the resource.");
      const resource = resourceOf(operation, media, type);
      if (resource["id"] !== id) throw body("The id in the body is not the one in the address.");
      return { kind: "update", type, id, body: resource };
    }
    case "PATCH": {
      if (id === undefined) throw unsupported("Conditional patches are not taken: name the resource.");
      if (media !== PATCH_MEDIA) throw unsupported(`A patch is ${PATCH_MEDIA} (RFC 6902).`);
      const patch = parsed(operation.body);
      if (!Array.isArray(patch) || patch.length === 0) throw body("The patch is not a list of operations.");
      return { kind: "patch", type, id, patch };
    }
    case "DELETE":
      if (id === undefined) throw unsupported("Conditional deletes are not taken: name the resource.");
      if (operation.body !== "") throw body("A delete has no body.");
      return { kind: "delete", type, id };
    case "tools/call":
      throw unsupported("A call of a tool is no operation of the record.");
    default:
      return operation.method satisfies never;
  }
}

function resourceOf(operation: Operation, media: string, type: string): Members {
  if (!FHIR_MEDIA.has(media)) throw unsupported("A resource is application/fhir+json.");
  const resource = parsed(operation.body);
  if (!isMembers(resource)) throw body("The body is not a FHIR resource.");
  if (resource["resourceType"] !== type) throw body("The resourceType in the body is not the one in the address.");
  return resource;
}

function parsed(text: string): FhirJson {
  try {
    return parseFhir(text);
  } catch (cause) {
    throw body("The body is not strict JSON.", cause);
  }
}

/**
 * The resource as it will be; undefined after a delete.
 * @throws CountersignError `E_OP_BODY` when the patch does not apply to the current resource
 */
export function resultOf(operation: ParsedOperation, before: Members | undefined): Members | undefined {
  switch (operation.kind) {
    case "create":
    case "update":
      return operation.body;
    case "delete":
      return undefined;
    case "patch": {
      let after: FhirJson;
      try {
        after = applyPatch(before ?? {}, [...operation.patch]);
      } catch (cause) {
        const why = cause instanceof CountersignError ? cause.message : "";
        throw body(`The patch does not apply to the current record. ${why}`.trim(), cause);
      }
      if (!isMembers(after) || after["resourceType"] !== operation.type || after["id"] !== operation.id) {
        throw body("A patch may not change what the resource is or its id.");
      }
      return after;
    }
    default:
      return operation satisfies never;
  }
}

const STOPPED = new Set(["stopped", "cancelled", "revoked", "entered-in-error", "completed", "ended"]);

/**
 * True when the operation ends something: a delete, or a status that means no longer in force. Of a patch it is the last
 * step that touches the status; one that brings a whole resource, or takes the status from elsewhere, ends nothing.
 */
export function ends(operation: ParsedOperation): boolean {
  if (operation.kind === "delete") return true;
  if (operation.kind !== "patch") return STOPPED.has(textAt(operation.body, "status") ?? "");
  const last = operation.patch.findLast(
    (step) =>
      textAt(step, "op") !== "test" && ["path", "from"].some((name) => ["", "/status"].includes(pointerAt(step, name))),
  );
  const isSet = ["add", "replace"].includes(textAt(last, "op") ?? "") && textAt(last, "path") === "/status";
  return isSet && STOPPED.has(textAt(last, "value") ?? "");
}

/** The whole document is "" (RFC 6901), so an absent pointer is something else. */
function pointerAt(step: FhirJson, name: string): string {
  const pointer = at(step, name);
  return typeof pointer === "string" ? pointer : "-";
}

/** References to patients in a resource: `Patient/id` where it is of this record, otherwise the text as it stands. */
export function patientReferences(resource: Members | undefined, base: string): readonly string[] {
  const found = new Set<string>();
  for (const [, object] of objectsIn(resource)) {
    const text = textAt(object, "reference");
    if (text === undefined) continue;
    const local = text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text;
    const named = /(?:^|\/)(Patient\/[^/]+)(?:\/_history\/[^/]+)?$/.exec(local);
    if (named?.[1] !== undefined) found.add(local.startsWith("Patient/") ? named[1] : text);
  }
  return [...found];
}
