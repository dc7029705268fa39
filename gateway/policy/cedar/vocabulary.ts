import type { PolicyPart } from "./parts.ts";

/**
 * Words that a policy compares an attribute with. Cedar knows that `context.finds` is a set of texts and not which texts
 * there are: a policy with a misspelt one is valid and never applies.
 */
export type Vocabulary = Readonly<Record<string, readonly string[]>>;

export interface Stranger {
  readonly attribute: string;
  readonly word: string;
  readonly known: readonly string[];
}

/** Every word of a policy that its attribute never holds. */
export function strangers({ json }: PolicyPart, vocabulary: Vocabulary): readonly Stranger[] {
  const found: Stranger[] = [];
  visit(json.conditions, (attribute, word) => {
    const known = vocabulary[attribute];
    if (known !== undefined && !known.includes(word)) found.push({ attribute, word, known });
  });
  return found;
}

const COMPARISONS = ["contains", "containsAll", "containsAny", "==", "!=", "in"];

function visit(node: unknown, tell: (attribute: string, word: string) => void): void {
  if (Array.isArray(node)) {
    for (const one of node) visit(one, tell);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  for (const [name, inner] of Object.entries(node)) {
    if (COMPARISONS.includes(name) && isPair(inner)) {
      for (const [one, other] of [
        [inner.left, inner.right],
        [inner.right, inner.left],
      ]) {
        const attribute = attributeOf(one);
        if (attribute !== undefined) for (const word of wordsOf(other)) tell(attribute, word);
      }
    }
    visit(inner, tell);
  }
}

const isPair = (value: unknown): value is { readonly left: unknown; readonly right: unknown } =>
  typeof value === "object" && value !== null && "left" in value && "right" in value;

/** `kind` of `context.kind`. */
function attributeOf(node: unknown): string | undefined {
  if (typeof node !== "object" || node === null || !("." in node)) return undefined;
  const access = node["."];
  if (typeof access !== "object" || access === null || !("attr" in access)) return undefined;
  return typeof access.attr === "string" ? access.attr : undefined;
}

/** Texts that stand in the policy: `"a"`, `["a", "b"]`. */
function wordsOf(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(wordsOf);
  if (typeof node === "string") return [node];
  if (typeof node !== "object" || node === null) return [];
  if ("Value" in node) return wordsOf(node.Value);
  return "Set" in node ? wordsOf(node.Set) : [];
}
