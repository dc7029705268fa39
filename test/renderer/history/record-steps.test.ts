import { expect, it } from "vitest";

import { stepWords } from "../../../renderer/words/en-gb/record-steps.ts";

it.each([
  ["request C1-C5", "the request's signature"],
  ["request C11", "what the request says"],
  ["decisions/0 V1-V8", "the signature of decision 1"],
  ["decisions/1 V10", "what decision 2 says"],
  ["receipts/0 outcome", "the gateway's receipt 1"],
  ["log/3", "its place in the log"],
  ["log pinned", "the log as this computer knows it"],
  ["log", "the log's signature"],
  ["erasure", "the proof that it was erased"],
  ["erasure logged", "the log's entry of its erasure"],
  ["directory key", "the directory's key"],
])("the step %s is %s for people", (step, words) => {
  expect(stepWords(step)).toBe(words);
});

it("a step without words keeps its name", () => {
  expect(stepWords("something new/4")).toBe("something new/4");
});
