import { classifyText, type TextClass } from "#shared/presentation/text-hygiene.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";

/** What makes a spreadsheet take a cell for a formula, with its full-width and small forms (OWASP, CSV injection). */
const BEGINS_FORMULA = /^[=+\-@\t\r\n]/;
/** What an import may trim before it looks: spaces of any kind, controls, and what draws nothing. */
const TRIMMED = /^[\s\p{Cc}\p{Cf}\p{Zs}\u2800]+/u;
/** Where a spreadsheet of another region, which separates by semicolons, would begin a cell of its own. */
const INNER_CELL = /;(?=[\s"'\p{Cf}]*[=+\-@\uFE62\uFE63\uFE66\uFE6B\uFF0B\uFF0D\uFF1D\uFF20])/gu;

/**
 * A text that no spreadsheet runs: one that would begin a formula, also after what an import trims, gets an apostrophe
 * (approval-experience.md 3.4(17), 8). SECURITY: for every cell of every class; the agent's words reach this place.
 */
export function guardCell(text: string): string {
  const inner = text.replaceAll(INNER_CELL, ";'");
  return isFormula(inner) ? `'${inner}` : inner;
}

function isFormula(text: string): boolean {
  const first = (from: string): boolean => BEGINS_FORMULA.test(from.slice(0, 2).normalize("NFKC"));
  // Quotes may fall away in an import that reads them its own way.
  return first(text) || first(text.replace(TRIMMED, "").replace(/^["'\s]+/, ""));
}

/** In one line, with what hides drawn as tokens: `[U+202E]`, `[U+000A]` (3.4(1)). */
export function cellText(text: string, cls: TextClass): string {
  return flatText(classifyText(text, { cls }).display).replaceAll(
    /[\t\n\r\u0085\u2028\u2029]/g,
    (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}

/** One record of RFC 4180: every cell guarded and quoted, CRLF at its end. */
export const csvRecord = (cells: readonly string[]): string =>
  `${cells.map((cell) => `"${guardCell(cell).replaceAll('"', '""')}"`).join(",")}\r\n`;
