/**
 * Parts of a JSON text as they were written: numbers keep their digits, members their order. Every text given here was
 * read strictly before (`parseFhir`): it is well-formed and names no member twice.
 */

const STRING = /"(?:[^"\\]|\\.)*"/y;
const BETWEEN = /[ \t\r\n]*/y;
const WORD = /[^ \t\r\n,\]}]+/y;
const BRACKETS = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;

/** The text of the value at `path` (names of members), without the space around it; undefined where there is none. */
export function memberText(text: string, path: readonly string[]): string | undefined {
  let at: number | undefined = pastSpace(text, 0);
  for (const name of path) {
    at = memberAt(text, at, name);
    if (at === undefined) return undefined;
  }
  return text.slice(at, endOf(text, at));
}

/** Without the space between its parts, so that it fits into one line (MCP stdio: a message holds no newline). */
export const compact = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|[ \t\r\n]+/g, (part) => (part.startsWith('"') ? part : ""));

function memberAt(text: string, object: number, wanted: string): number | undefined {
  if (text[object] !== "{") return undefined;
  let at = pastSpace(text, object + 1);
  while (text[at] === '"') {
    const nameEnd = endOf(text, at);
    const name: unknown = JSON.parse(text.slice(at, nameEnd));
    const value = pastSpace(text, pastSpace(text, nameEnd) + 1);
    if (name === wanted) return value;
    at = pastSpace(text, endOf(text, value));
    if (text[at] === ",") at = pastSpace(text, at + 1);
  }
  return undefined;
}

function endOf(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return matchEnd(STRING, text, at);
  if (first !== "{" && first !== "[") return matchEnd(WORD, text, at);
  let depth = 0;
  BRACKETS.lastIndex = at;
  for (let part = BRACKETS.exec(text); part !== null; part = BRACKETS.exec(text)) {
    if (part[0] === "{" || part[0] === "[") depth++;
    else if (part[0] === "}" || part[0] === "]") depth--;
    if (depth === 0) return BRACKETS.lastIndex;
  }
  return text.length;
}

const pastSpace = (text: string, at: number): number => matchEnd(BETWEEN, text, at);

function matchEnd(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return at + (expression.exec(text)?.[0].length ?? 0);
}
