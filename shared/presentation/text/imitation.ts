import { IMITATED } from "../words.ts";
import { skeleton } from "./skeleton.ts";

/** `V E R I F I E D` and `v.e.r.i.f.i.e.d` read as one word. */
const SPACED = /(?<![\p{L}\p{N}])(?:[\p{L}\p{N}][\s.\-_*]){3,}[\p{L}\p{N}](?![\p{L}\p{N}])/gu;
const NOT_WORD = /[^\p{L}\p{N}:]+/gu;

/** NFKC, skeleton and case folded; anything between words is one space. */
function comparable(text: string): string {
  const joined = text.normalize("NFKC").replace(SPACED, (run) => run.replace(/[\s.\-_*]/g, ""));
  const lower = skeleton(joined.toLowerCase()).toLowerCase();
  return ` ${lower.replace(NOT_WORD, " ").replace(/\s*:/g, ":").trim()} `;
}

/**
 * The app's own words that a text repeats so that it could pass for the app (approval-experience.md 3.2(5), 3.4(6)):
 * compared after NFKC and skeleton. The answer holds the catalogue's spelling.
 */
export function imitations(text: string): readonly string[] {
  const forms = [comparable(text), comparable(text.toUpperCase())];
  return IMITATED.filter((phrase) => {
    const wanted = [comparable(phrase), comparable(phrase.toUpperCase())].map((form) => form.trimEnd());
    return wanted.some((form, i) => (forms[i] ?? "").includes(form + (form.endsWith(":") ? "" : " ")));
  });
}
