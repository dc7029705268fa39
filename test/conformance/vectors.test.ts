import { existsSync, readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { runVectors } from "#shared/protocol/conformance/run.ts";

const FILE = new URL("../../../shared/vectors/countersign-v1.json", import.meta.url);
const present = existsSync(FILE);

it.skipIf(!present)("every published protocol vector, and everything derived from them, is as it should be", () => {
  const result = runVectors(makeNodeCrypto(), JSON.parse(readFileSync(FILE, "utf8")));
  expect(result.lines).toEqual([`conformance: ${String(result.passed)} passed, 0 failed`]);
  expect(result.passed).toBeGreaterThanOrEqual(97);
});

it.runIf(!present)("skipped: ../shared/vectors is not beside this checkout", () => {
  expect(present).toBe(false);
});
