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

/** A phrase in both forms in which it is looked for: as written and in capitals, whose skeletons differ. */
interface Wanted {
  readonly phrase: (typeof IMITATED)[number];
  readonly forms: readonly string[];
}
let catalogue: readonly Wanted[] | undefined;

/** Made on first use and once: every text of a claim is compared with it. */
function wantedPhrases(): readonly Wanted[] {
  catalogue ??= IMITATED.map((phrase) => ({
    phrase,
    forms: [phrase, phrase.toUpperCase()].map((text) => {
      const form = comparable(text).trimEnd();
      return form.endsWith(":") ? form : `${form} `;
    }),
  }));
  return catalogue;
}

/**
 * The app's own words that a text repeats so that it could pass for the app (approval-experience.md 3.2(5), 3.4(6)):
 * compared after NFKC and skeleton. The answer holds the catalogue's spelling.
 */
export function imitations(text: string): readonly string[] {
  const forms = [comparable(text), comparable(text.toUpperCase())];
  return wantedPhrases().flatMap(({ phrase, forms: wanted }) =>
    wanted.some((form, i) => (forms[i] ?? "").includes(form)) ? [phrase] : [],
  );
}
