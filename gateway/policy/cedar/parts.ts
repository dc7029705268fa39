import * as cedar from "@cedar-policy/cedar-wasm/nodejs";

import { AnnotationFault, obligationOf, type Obligation } from "./annotations.ts";
import { offsetOfByte, placeAt, type PolicyFault } from "./place.ts";

/** One policy of a set. */
export interface PolicyPart {
  readonly id: string;
  /** What it is for, in a sentence. */
  readonly says: string;
  readonly obligation: Obligation;
  readonly file: string;
  readonly line: number;
  /** Offset of `text` in its file. */
  readonly offset: number;
  readonly text: string;
  readonly json: cedar.PolicyJson;
}

const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** The policies of one `.cedar` file. Faults go to `found`; what can be read is returned all the same. */
export function readParts(file: string, text: string, found: (fault: PolicyFault) => void): readonly PolicyPart[] {
  const split = cedar.policySetTextToParts(text);
  if (split.type === "failure") {
    for (const fault of syntaxFaults(file, text, split.errors)) found(fault);
    return [];
  }
  if (split.policy_templates.length > 0) {
    found({
      file,
      line: 1,
      column: 1,
      what: "The file holds a policy with slots (?principal, ?resource).",
      todo: "Write it out: a gateway links no templates.",
    });
  }
  const taken = new Map<string, number>();
  return split.policies.flatMap((policy) => {
    const offset = text.indexOf(policy, taken.get(policy) ?? 0);
    taken.set(policy, offset + 1);
    const part = partOf(file, text, policy, Math.max(0, offset), found);
    return part === undefined ? [] : [part];
  });
}

function partOf(
  file: string,
  text: string,
  policy: string,
  offset: number,
  found: (fault: PolicyFault) => void,
): PolicyPart | undefined {
  const answer = cedar.policyToJson(policy);
  if (answer.type === "failure") {
    for (const fault of syntaxFaults(file, text, answer.errors, offset)) found(fault);
    return undefined;
  }
  const { json } = answer;
  const annotations = json.annotations ?? {};
  const id = annotations["id"] ?? "";
  const where = (annotation: string | undefined): { line: number; column: number } => {
    const at = annotation === undefined ? -1 : policy.search(new RegExp(`@${annotation}\\b`));
    return placeAt(text, offset + Math.max(0, at));
  };
  if (!ID.test(id)) {
    found({
      file,
      ...where("id"),
      what: id === "" ? "The policy has no @id." : `"${id}" cannot be the id of a policy.`,
      todo: "An id has small letters, digits and dashes, at most 64.",
    });
    return undefined;
  }
  try {
    const obligation = obligationOf(json.effect, annotations);
    return {
      id,
      says: annotations["says"] ?? "",
      obligation,
      file,
      line: where(undefined).line,
      offset,
      text: policy,
      json,
    };
  } catch (fault) {
    if (!(fault instanceof AnnotationFault)) throw fault;
    const todo = fault.todo === undefined ? {} : { todo: fault.todo };
    found({ file, ...where(fault.annotation), what: `Policy "${id}": ${fault.message}`, ...todo });
    return undefined;
  }
}

/** What Cedar says of text it cannot read, each with its place in the file. */
export function syntaxFaults(
  file: string,
  text: string,
  errors: readonly cedar.DetailedError[],
  offset = 0,
): readonly PolicyFault[] {
  return errors
    .flatMap((error) => [error, ...(error.related ?? [])])
    .map((error) => cedarFault({ file, text, offset }, error));
}

/** `from` is where the text that Cedar read begins in the file. */
export function cedarFault(
  from: { readonly file: string; readonly text: string; readonly offset: number },
  error: cedar.DetailedError,
): PolicyFault {
  const [location] = error.sourceLocations ?? [];
  const start = from.offset + offsetOfByte(from.text.slice(from.offset), location?.start ?? 0);
  const what = error.message
    .replace(/^failed to parse policies from string: /, "")
    .replace(/^for policy `[^`]*`, /, "");
  const todo = error.help ?? location?.label ?? undefined;
  const more = todo === undefined ? {} : { todo: sentence(todo) };
  return {
    file: from.file,
    ...placeAt(from.text, start),
    what: `${what.charAt(0).toUpperCase()}${what.slice(1)}`,
    ...more,
  };
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
