import { TOKEN_WORDS } from "../words.ts";
import { characterToken, PICTOGRAPH } from "./characters.ts";

/**
 * A piece of a text as it is drawn. Only `text` holds characters of the source; the others stand for them, so a typed
 * look-alike of a token (always inside a `text`) can never become one. `count` tells how many characters, line breaks
 * or spaces it stands for.
 */
export type Token =
  | {
      readonly kind: "text";
      readonly text: string;
      /** A number and its unit among right-to-left letters: drawn isolated, left to right (3.4(4)). */
      readonly dir?: "ltr";
    }
  | { readonly kind: "hidden"; readonly text: string; readonly code_point: number; readonly count: number }
  | { readonly kind: "pictograph"; readonly text: string; readonly code_point: number; readonly count: number }
  | { readonly kind: "spaces"; readonly text: string; readonly count: number }
  | { readonly kind: "blank_lines"; readonly text: string; readonly count: number };

/** At most this many line breaks in a row are drawn (3.2(2)), and this many spaces. */
const MOST_LINE_BREAKS = 3;
const MOST_SPACES = 4;
/** ASCII that is neither white space nor a control: never hidden, never a pictograph. */
const VISIBLE = /[!-~]+/y;
const WHITE_SPACE = /[ \t\n\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+/y;

/**
 * Cuts a text into tokens. `hidden` are the characters that are drawn as `[U+202E]`, by their UTF-16 indexes in order;
 * pictographs become tokens where asked (claims, 3.4(6)); long runs of white space become counts (3.2(2), 3.4(12)).
 */
export function tokensOf(
  text: string,
  hidden: readonly { readonly index: number }[],
  pictographsAsTokens: boolean,
): Token[] {
  const out: Token[] = [];
  const isolate = RIGHT_TO_LEFT.test(text);
  /** Where the text began that is drawn as it is, and how far it was looked at. */
  let from = 0;
  let i = 0;
  let nextHidden = 0;
  const flush = () => {
    if (i === from) return;
    const plain = text.slice(from, i);
    out.push(...(isolate ? isolated(plain) : [{ kind: "text", text: plain } as const]));
  };
  const put = (token: Token, until: number) => {
    flush();
    out.push(token);
    from = i = until;
  };
  while (i < text.length) {
    const visible = runAt(VISIBLE, text, i);
    if (visible !== undefined) {
      i += visible.length;
      continue;
    }
    const run = runAt(WHITE_SPACE, text, i);
    if (run !== undefined) {
      const folded = foldedRun(run);
      if (folded) put(folded, i + run.length);
      else i += run.length;
      continue;
    }
    const codePoint = text.codePointAt(i) ?? 0;
    const character = String.fromCodePoint(codePoint);
    while ((hidden[nextHidden]?.index ?? i) < i) nextHidden++;
    const kind =
      hidden[nextHidden]?.index === i
        ? "hidden"
        : pictographsAsTokens && PICTOGRAPH.test(character)
          ? "pictograph"
          : undefined;
    if (kind === undefined) {
      i += character.length;
      continue;
    }
    let end = i;
    while (text.codePointAt(end) === codePoint) end += character.length;
    const count = (end - i) / character.length;
    put({ kind, text: characterToken(codePoint, count), code_point: codePoint, count }, end);
  }
  flush();
  return out;
}

/** What a sticky expression finds at exactly this place. */
function runAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

const RIGHT_TO_LEFT =
  /[\p{scx=Hebr}\p{scx=Arab}\p{scx=Syrc}\p{scx=Thaa}\p{scx=Nkoo}\p{scx=Adlm}\p{scx=Rohg}\p{scx=Samr}\p{scx=Mand}]/u;
const AMOUNT = /[0-9](?:[0-9.,:/-]*[0-9])?(?:\s?[A-Za-zµμ%]+(?:\/[A-Za-z]+)*)?/g;

// SECURITY: 3.4(4): right-to-left text around a number must not reorder the number and its unit.
function isolated(text: string): Token[] {
  const out: Token[] = [];
  let from = 0;
  for (const { 0: run, index } of text.matchAll(AMOUNT)) {
    if (index > from) out.push({ kind: "text", text: text.slice(from, index) });
    out.push({ kind: "text", text: run, dir: "ltr" });
    from = index + run.length;
  }
  if (from < text.length) out.push({ kind: "text", text: text.slice(from) });
  return out;
}

function foldedRun(run: string): Token | undefined {
  const breaks = run.split("\n").length - 1;
  if (breaks > MOST_LINE_BREAKS) {
    return { kind: "blank_lines", text: TOKEN_WORDS.blankLines(breaks - 1), count: breaks };
  }
  if (run.length - breaks <= MOST_SPACES) return undefined;
  return { kind: "spaces", text: TOKEN_WORDS.spaces(run.length), count: run.length };
}

/** One line of text for places without markup (exports, logs of tests): tokens in their written form. */
export const flatText = (tokens: readonly Token[]): string => tokens.map((token) => token.text).join("");
