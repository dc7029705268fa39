import * as cedar from "@cedar-policy/cedar-wasm/nodejs";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { RISK_REASONS } from "#shared/protocol/registry.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import type { Template } from "#shared/protocol/template.ts";

import { manifest, MANIFEST_FILE, type PolicyManifest } from "./manifest.ts";
import { cedarFault, readParts, syntaxFaults, type PolicyPart } from "./parts.ts";
import { faultText, placeAt, type PolicyFault } from "./place.ts";
import shipped from "./shipped.json" with { type: "json" };
import { strangers } from "./vocabulary.ts";

/** A policy set as its files: `policy.json` and any number of `*.cedar`, by name. */
export type PolicyFiles = Readonly<Record<string, string>>;

/** A set that was read, validated against the schema, and can judge. */
export interface LoadedPolicies {
  readonly manifest: PolicyManifest;
  readonly parts: ReadonlyMap<string, PolicyPart>;
  readonly templates: ReadonlyMap<string, Template>;
  /** Names of what Cedar has parsed: schema and policies. */
  readonly parsed: { readonly schema: string; readonly policies: string };
}

export interface LoadOptions {
  readonly crypto: Crypto;
  /** Templates that policies may name, built-in ones and the hospital's own. */
  readonly templates: readonly Template[];
}

/** The set that is part of the release. */
export const SHIPPED_FILES: PolicyFiles = shipped.files;
const SCHEMA: string = shipped.schema;
/** As in the claims of a signed set. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** @throws CountersignError `E_POL_SET` with the first fault and its place */
export function loadPolicies(files: PolicyFiles, options: LoadOptions): LoadedPolicies {
  const read = checkPolicies(files, options);
  if ("policies" in read) return read.policies;
  const [first] = read.faults;
  const more = read.faults.length - 1;
  const rest = more === 0 ? "" : ` And ${String(more)} more: countersign policy check names them all.`;
  throw new CountersignError("E_POL_SET", `${first === undefined ? "" : faultText(first)}${rest}`);
}

/** Everything that is wrong with a set, or the set. */
export function checkPolicies(
  files: PolicyFiles,
  { crypto, templates }: LoadOptions,
): { readonly policies: LoadedPolicies } | { readonly faults: readonly PolicyFault[] } {
  const faults: PolicyFault[] = [];
  const found = (fault: PolicyFault): void => void faults.push(fault);
  for (const name of Object.keys(files).filter((one) => !NAME.test(one))) {
    found({
      file: name,
      line: 1,
      column: 1,
      what: "The file has a name that cannot be signed",
      todo: "Use letters, digits, dots and dashes, at most 128.",
    });
  }
  const figures = readManifest(files[MANIFEST_FILE], found);
  const all = Object.entries(files)
    .filter(([name]) => name.endsWith(".cedar"))
    .flatMap(([name, text]) => readParts(name, text, found));
  if (faults.length === 0 && all.length === 0)
    found({
      file: MANIFEST_FILE,
      line: 1,
      column: 1,
      what: "The set holds no policy.",
      todo: "Put *.cedar files beside policy.json.",
    });
  const parts = new Map<string, PolicyPart>();
  for (const part of all) {
    const twin = parts.get(part.id);
    if (twin !== undefined)
      found({
        ...placeOf(part),
        what: `Two policies have the id "${part.id}"`,
        todo: `The other one is at ${twin.file}:${String(twin.line)}.`,
      });
    parts.set(part.id, part);
  }
  const byId = new Map(templates.map((template) => [template.id, template]));
  for (const part of parts.values()) {
    const { obligation } = part;
    if ("template" in obligation && !byId.has(obligation.template)) {
      found({
        ...placeOf(part, "template"),
        what: `Policy "${part.id}" names a template that is not there: ${obligation.template}`,
        todo: `There are: ${[...byId.keys()].join(", ")}.`,
      });
    }
  }
  if (figures === undefined || faults.length > 0) return { faults };
  for (const fault of validated(files, parts, figures)) found(fault);
  if (faults.length > 0) return { faults };
  return { policies: { manifest: figures, parts, templates: byId, parsed: parse(crypto, parts) } };
}

function readManifest(text: string | undefined, found: (fault: PolicyFault) => void): PolicyManifest | undefined {
  const fault = (what: string, offset: number, todo?: string): void => {
    found({ file: MANIFEST_FILE, ...placeAt(text ?? "", offset), what, ...(todo === undefined ? {} : { todo }) });
  };
  if (text === undefined) {
    fault("The set has no policy.json.", 0, "It holds id, ver, tiers, medicines, home and administrative.");
    return undefined;
  }
  let json: unknown;
  try {
    json = parseStrict(text);
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause;
    fault(`It is not JSON that can be used (${cause.code}): ${cause.message}`, 0);
    return undefined;
  }
  const parsed = manifest.safeParse(json);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const last = issue.path.findLast((step) => typeof step === "string");
    const at = typeof last === "string" ? text.indexOf(`"${last}"`) : 0;
    fault(`${issue.path.map(String).join(".") || "It"}: ${issue.message}`, at);
  }
  return undefined;
}

const placeOf = (part: PolicyPart, annotation?: string): Pick<PolicyFault, "file" | "line" | "column"> => {
  const at = annotation === undefined ? -1 : part.text.search(new RegExp(`@${annotation}\\b`));
  const { line, column } = placeAt(part.text, Math.max(0, at));
  return { file: part.file, line: part.line + line - 1, column };
};

/** Cedar's own strict validation, warnings included, and words that no attribute ever holds. */
function validated(
  files: PolicyFiles,
  parts: ReadonlyMap<string, PolicyPart>,
  { medicines }: PolicyManifest,
): readonly PolicyFault[] {
  const answer = cedar.validate({
    schema: SCHEMA,
    policies: { staticPolicies: textsOf(parts) },
    validationSettings: { mode: "strict" },
  });
  if (answer.type === "failure") return syntaxFaults(MANIFEST_FILE, "", answer.errors);
  const faults = [...answer.validationErrors, ...answer.validationWarnings].map(({ policyId, error }) => {
    const part = parts.get(policyId);
    const from = { file: part?.file ?? "", text: files[part?.file ?? ""] ?? "", offset: part?.offset ?? 0 };
    const fault = cedarFault(from, error);
    return { ...fault, what: `Policy "${policyId}": ${fault.what}` };
  });
  const vocabulary = {
    finds: Object.keys(RISK_REASONS),
    medicines: medicines.map(({ name }) => name),
    kind: ["create", "update", "patch", "delete", "call"],
    started_by: ["human", "schedule", "event"],
    permissions: ["read", "write", "administer"],
  };
  const misspelt = [...parts.values()].flatMap((part) =>
    strangers(part, vocabulary).map(({ attribute, word, known }) => ({
      ...placeOf(part),
      what: `Policy "${part.id}": "${word}" is never in ${attribute}, so the policy never applies`,
      todo: known.length === 0 ? "There are none." : `There are: ${known.join(", ")}.`,
    })),
  );
  return [...faults, ...misspelt];
}

const textsOf = (parts: ReadonlyMap<string, PolicyPart>): Record<string, string> =>
  Object.fromEntries([...parts].map(([id, { text }]) => [id, text]));

/** Parses once for all evaluations. The same texts have the same name, so nothing is kept twice. */
function parse(crypto: Crypto, parts: ReadonlyMap<string, PolicyPart>): LoadedPolicies["parsed"] {
  const texts = textsOf(parts);
  const [schema, policies] = [dig(crypto, SCHEMA), dig(crypto, JSON.stringify(texts))];
  for (const answer of [
    cedar.preparseSchema(schema, SCHEMA),
    cedar.preparsePolicySet(policies, { staticPolicies: texts }),
  ]) {
    if (answer.type === "failure") throw new CountersignError("E_POL_SET", answer.errors[0]?.message);
  }
  return { schema, policies };
}
