import fc from "fast-check";

import type { Json } from "#shared/protocol/strict-json.ts";

/** Without prototypes and with numbers as numbers, for comparing with JSON.parse. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const isIJson = (text: string) =>
  !/[\ud800-\udfff]/.test(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, "")) &&
  !/[\ufdd0-\ufdef\ufffe\uffff]/.test(text);
export const integers: fc.Arbitrary<Json> = fc
  .letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, false),
      fc.maxSafeInteger(),
      fc.string({ unit: "grapheme" }).filter(isIJson),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string({ unit: "grapheme" }).filter(isIJson), tie("value"), { maxKeys: 4 }),
    ),
  }))
  .value.filter((v) => !JSON.stringify(v).includes("-0"));

/** As a member of a text long enough to be read the quick way, in the form in which programs write. */
export const long = (text: string): string => `{"pad":"${"x".repeat(300)}","v":${text}}`;
