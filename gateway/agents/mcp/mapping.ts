import { z } from "zod";

import { CountersignError } from "#shared/protocol/error.ts";
import { isMembers } from "#shared/protocol/json-pointer.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";

import type { Operation } from "../../ports.ts";
import { memberText } from "./exact-json.ts";

/**
 * A tool that is another spelling of a FHIR interaction. Its call becomes that interaction, which the gateway carries
 * out itself at the FHIR server: the clinical view draws it, the record is compared, and the tool's server is not asked
 * (docs/decisions/0010). Each member names the argument that holds it.
 */
export const toolMapping = z.discriminatedUnion("fhir", [
  z.strictObject({ fhir: z.literal("create"), body: z.string().min(1), ignore: z.array(z.string()).optional() }),
  z.strictObject({
    ...{ fhir: z.literal("update"), body: z.string().min(1), if_match: z.string().optional() },
    ignore: z.array(z.string()).optional(),
  }),
  z.strictObject({
    ...{ fhir: z.literal("patch"), type: z.string().min(1), id: z.string().min(1), body: z.string().min(1) },
    ...{ if_match: z.string().optional(), ignore: z.array(z.string()).optional() },
  }),
  z.strictObject({
    ...{ fhir: z.literal("delete"), type: z.string().min(1), id: z.string().min(1) },
    ignore: z.array(z.string()).optional(),
  }),
  z.strictObject({
    ...{ fhir: z.literal("read"), type: z.string().min(1), id: z.string().min(1) },
    ignore: z.array(z.string()).optional(),
  }),
  z.strictObject({
    ...{ fhir: z.literal("search"), type: z.string().min(1), query: z.string().min(1) },
    ignore: z.array(z.string()).optional(),
  }),
]);
export type ToolMapping = z.infer<typeof toolMapping>;

/** What a mapped call is: something to read below the FHIR base, or an operation for the way of every request. */
export type Mapped =
  { readonly kind: "read"; readonly target: string } | { readonly kind: "write"; readonly operation: Operation };

const refuse = (why: string): CountersignError => new CountersignError("E_TOOL_ARGUMENTS", why);

/**
 * @throws CountersignError `E_TOOL_ARGUMENTS` for an argument that is missing, of another kind, or one that the mapping
 * does not know: what would not be done is not silently left out
 */
export function mapCall(mapping: ToolMapping, argumentsText: string, fhirBase: string): Mapped {
  const given = argumentsOf(argumentsText);
  const { fhir: _fhir, ignore = [], ...members } = mapping;
  const known = new Set([...Object.values(members), ...ignore]);
  const stray = Object.keys(given).find((name) => !known.has(name));
  if (stray !== undefined) throw refuse(`The argument ${JSON.stringify(stray)} has no meaning for the record.`);

  const text = (name: string): string => {
    const value = given[name];
    if (typeof value !== "string" || value === "") throw refuse(`The argument ${JSON.stringify(name)} is not a text.`);
    return value;
  };
  /** A resource as JSON, or as a text that holds it: its exact text either way. */
  const exact = (name: string): string => {
    const value = given[name];
    if (typeof value === "string") return value;
    if (!isMembers(value) && !Array.isArray(value)) {
      throw refuse(`The argument ${JSON.stringify(name)} holds no resource.`);
    }
    return memberText(argumentsText, [name]) ?? "";
  };
  const version = (name: string | undefined) =>
    name === undefined || given[name] === undefined ? {} : { if_match: text(name) };
  const write = (operation: Operation): Mapped => ({ kind: "write", operation });
  const media = "application/fhir+json";

  switch (mapping.fhir) {
    case "create": {
      const body = exact(mapping.body);
      return write({ method: "POST", url: `${fhirBase}/${resourceOf(body).type}`, media, body });
    }
    case "update": {
      const body = exact(mapping.body);
      const { type, id } = resourceOf(body);
      if (id === undefined) throw refuse("The resource has no id.");
      return write({ method: "PUT", url: `${fhirBase}/${type}/${id}`, media, body, ...version(mapping.if_match) });
    }
    case "patch": {
      const url = `${fhirBase}/${text(mapping.type)}/${text(mapping.id)}`;
      const body = exact(mapping.body);
      return write({
        ...{ method: "PATCH", url, media: "application/json-patch+json", body },
        ...version(mapping.if_match),
      });
    }
    case "delete": {
      const url = `${fhirBase}/${text(mapping.type)}/${text(mapping.id)}`;
      return write({ method: "DELETE", url, media, body: "" });
    }
    case "read":
      return { kind: "read", target: `${text(mapping.type)}/${text(mapping.id)}` };
    case "search":
      return { kind: "read", target: `${text(mapping.type)}?${queryOf(given[mapping.query])}` };
    default:
      return mapping satisfies never;
  }
}

function argumentsOf(text: string): Readonly<Record<string, unknown>> {
  const value = parseFhir(text);
  if (!isMembers(value)) throw refuse("The arguments are not an object.");
  return value;
}

function resourceOf(body: string): { readonly type: string; readonly id: string | undefined } {
  let resource: unknown;
  try {
    resource = parseFhir(body);
  } catch (cause) {
    throw new CountersignError("E_TOOL_ARGUMENTS", "The resource is not strict JSON.", { cause });
  }
  const { resourceType, id } = isMembers(resource) ? resource : {};
  if (typeof resourceType !== "string") throw refuse("The resource has no resourceType.");
  return { type: resourceType, id: typeof id === "string" ? id : undefined };
}

/** A query as a text, or as an object of texts. */
function queryOf(value: unknown): string {
  if (typeof value === "string") return value.replace(/^\?/, "");
  const entries = isMembers(value) ? Object.entries(value) : [];
  if (entries.length === 0 || !entries.every(([, one]) => typeof one === "string")) {
    throw refuse("The query is neither a text nor an object of texts.");
  }
  return new URLSearchParams(entries.map(([name, one]): [string, string] => [name, String(one)])).toString();
}
