import { CountersignError } from "#shared/protocol/error.ts";
import type { ErasedVerdict } from "#shared/protocol/evidence/erased-record.ts";

import { verifyOffline } from "../audit/verify-offline.ts";
import { command, need } from "./command.ts";
import { readJson, readJwk } from "./files.ts";

const NAME = "verify";

/** `countersign verify BUNDLE… --directory-key JWK` (protocol.md 3.12): no network, no database. */
export const verify = command({
  name: NAME,
  usage: "BUNDLE… --directory-key JWK",
  summary:
    "Checks evidence bundles, and what is left of requests that were erased, with nothing but the directory's public key (a file or JSON). One line of JSON each; exit 0 when every one is good.",
  takes: "one or more",
  options: { "directory-key": { type: "string" } },
  run({ values, words, io }) {
    const key = readJwk(need(values["directory-key"], NAME, "directory-key"));
    let good = true;
    for (const file of words) {
      const verdict = verdictOn(file, (bundle) => verifyOffline(bundle, key));
      good &&= verdict.ok;
      const { ok, outcome, steps, erased } = verdict;
      io.out(
        JSON.stringify({
          ...(words.length > 1 ? { file } : {}),
          ok,
          outcome,
          ...(erased === undefined ? {} : { erased }),
          steps,
        }),
      );
    }
    return good ? 0 : 1;
  },
});

/** A file that cannot be read as JSON is a bundle that is not good, and says why; the others are still checked. */
function verdictOn(file: string, check: (bundle: unknown) => ErasedVerdict): ErasedVerdict {
  let bundle: unknown;
  try {
    bundle = readJson(file);
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    const step = { step: "file", ok: false, code: error.code, why: error.message };
    return { ok: false, outcome: "unknown", steps: [step] };
  }
  return check(bundle);
}
