import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

import { compactText, leavesOf } from "#shared/presentation/fhir-node.ts";
import { present } from "#shared/presentation/present.ts";
import { allRows } from "#shared/presentation/presentation.ts";
import { diffRecords } from "#shared/presentation/record-diff.ts";
import { BUILTIN_TEMPLATES, builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { SYSTEM_WORDS } from "#shared/presentation/words.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";
import { applyPatch } from "#shared/protocol/json-patch.ts";
import { NumberText, parseFhir } from "#shared/protocol/strict-json.ts";

import { makeRequest, options } from "./fixtures/request.ts";

/** Public test data beside the project (FHIR/fhir-test-cases r4, Apache-2.0); absent in a plain checkout. */
const DATA = path.resolve(import.meta.dirname, "../../../../shared/data/fhir-r4/r4");
const examples = path.join(DATA, "examples");
const files = existsSync(examples) ? readdirSync(examples).filter((name) => name.endsWith(".json")) : [];
const MOST_LEAVES = 2000;

describe.skipIf(files.length === 0)(
  "FHIR R4 examples (skipped when shared/data/fhir-r4 is not beside the project)",
  () => {
    it.each(files)("%s is drawn whole under every template", (name) => {
      const body = readFileSync(path.join(examples, name), "utf8");
      const resource = parseFhir(body);
      for (const template of builtinTemplates) {
        const p = present(makeRequest({ body }), template, options);
        const leaves = leavesOf(resource);
        if (leaves.length > MOST_LEAVES) {
          expect(p.obstacles.map((o) => o.why)).toContain("Longer than a person can be asked to read.");
          continue;
        }
        const text = allRows(p)
          .flatMap((row) => [row.tokens, row.as_sent ?? []].map(flatText))
          .join("\n")
          .replace(/\s+/g, " ");
        for (const leaf of leaves) {
          if (typeof leaf.value === "boolean" || leaf.pointer.endsWith("/data")) continue;
          const raw =
            leaf.value instanceof NumberText ? leaf.value.text : typeof leaf.value === "string" ? leaf.value : "";
          // Runs of white space are folded into counts; what is left of a long text is looked for by its first words.
          const sample = raw.slice(0, 40).replace(/\s+/g, " ").trim();
          const escaped = JSON.stringify(sample).slice(1, -1);
          const short = SYSTEM_WORDS[raw];
          if (short === "UCUM" || (short !== undefined && text.includes(short))) continue;
          expect(text.includes(sample) || text.includes(escaped), `${leaf.pointer} ${sample}`).toBe(true);
        }
      }
    });

    it.each(files)("%s does not differ from itself, and differs whole from nothing", (name) => {
      const resource = parseFhir(readFileSync(path.join(examples, name), "utf8"));
      const leaves = leavesOf(resource).length;
      expect(diffRecords(resource, resource)).toEqual({ changes: [], unchanged: leaves });
      expect(diffRecords(resource, undefined).changes).toHaveLength(leaves);
    });

    it("observation-decimal.json: no decimal changes", () => {
      const body = readFileSync(path.join(examples, "observation-decimal.json"), "utf8");
      const values = (body.match(/"value": \S+(?=,)/g) ?? []).map((text) => text.replace('"value": ', ""));
      expect(values).toHaveLength(7);
      const p = present(makeRequest({ body }), BUILTIN_TEMPLATES.generic, options);
      const drawn = allRows(p).filter((row) => row.pointer?.endsWith("/valueQuantity/value"));
      expect(drawn.map((row) => flatText(row.tokens))).toEqual(values);
    });

    it("medicationrequest0301.json reads as a prescription", () => {
      const body = readFileSync(path.join(examples, "medicationrequest0301.json"), "utf8");
      const p = present(makeRequest({ body }), BUILTIN_TEMPLATES.medicationOrder, options);
      const said = (label: string) => allRows(p).flatMap((row) => (row.label === label ? [flatText(row.tokens)] : []));
      expect(p.headline.item).toBe("Oral Form Oxycodone (product)".replace("Oxycodone", "oxyCODONE"));
      expect(said("Dose")).toEqual(["1 to 2 tablets"]);
      expect(said("When")).toEqual(["every 4 to 6 hours"]);
      expect(said("Given")).toEqual(["when needed for Rib Pain (finding) (SNOMED CT 297217002)"]);
      expect(said("Route")).toEqual(["oral"]);
      expect(said("Quantity")).toEqual(["30 tablets"]);
      expect(said("Supply for")).toEqual(["10 days"]);
      expect(said("Valid until")).toEqual(["15-Jan-2016"]);
    });
  },
);

interface PatchCase {
  readonly doc: unknown;
  readonly patch?: unknown;
  readonly expected?: unknown;
}
const patches = path.join(DATA, "patch/json-patch-tests.json");
describe.skipIf(!existsSync(patches))(
  "FHIR JSON patch cases (skipped when shared/data/fhir-r4 is not beside the project)",
  () => {
    const cases = existsSync(patches) ? (JSON.parse(readFileSync(patches, "utf8")) as PatchCase[]) : [];
    const good = cases.filter((c) => c.patch !== undefined && c.expected !== undefined);
    it("there are some", () => {
      expect(good.length).toBeGreaterThan(5);
    });
    it.each(good.map((c) => JSON.stringify(c)))("%s", (text) => {
      const { doc, patch } = JSON.parse(text) as PatchCase;
      const fhir = (value: unknown) => parseFhir(JSON.stringify(value));
      const [before, after] = [fhir(doc), applyPatch(fhir(doc), fhir(patch))];
      const { changes } = diffRecords(before, after);
      const [b, a] = [before, after].map((v) =>
        leavesOf(v).map((l) => `${l.pointer} ${compactText(l.value as never)}`),
      );
      expect(changes.length === 0).toBe(new Set([...b!, ...a!]).size === new Set(b).size && b!.length === a!.length);
    });
  },
);
