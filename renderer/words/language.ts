/** Turns a text of the catalogue into what is drawn. */
export type Speech = (text: string) => string;

let speech: Speech | undefined;

/**
 * Sets the language before the first catalogue is read: each reads it once, as its module is loaded. Only the gallery does
 * so yet, for the pseudo-languages of the tests; the app speaks British English.
 */
export function speak(next: Speech): void {
  speech = next;
}

/** A catalogue in the language that is spoken. Codes in it are names and stay as they are. */
export function inLanguage<const T>(words: T): T {
  if (speech === undefined) return words;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- texts change, the shape does not
  return said(words, speech) as T;
}

function said(words: unknown, say: Speech): unknown {
  if (typeof words === "string") return say(words);
  if (typeof words === "function") {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- a text with gaps, whatever fills them
    const make = words as (...parts: readonly unknown[]) => unknown;
    return (...parts: readonly unknown[]) => said(make(...parts), say);
  }
  if (Array.isArray(words)) return words.map((word) => said(word, say));
  if (typeof words !== "object" || words === null) return words;
  return Object.fromEntries(
    Object.entries(words).map(([name, word]) => [name, name === "code" ? (word as unknown) : said(word, say)]),
  );
}
