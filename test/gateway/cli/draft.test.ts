import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect, it } from "vitest";

import { readDraft } from "../../../gateway/cli/draft.ts";
import { makeCli } from "./cli.ts";

const SAMPLES = path.resolve(import.meta.dirname, "../../../docs/samples");
const DRAFT = {
  agent: "urn:countersign:agent:command-line",
  operation: { method: "POST", url: "MedicationRequest", body: '{"value":2.50}' },
};

it("reads every sample, each with the exact text of its body", () => {
  const drafts = readdirSync(SAMPLES).filter((name) => /^(order|update|referral|two-approvers)\.json$/.test(name));
  expect(drafts).toHaveLength(4);
  for (const name of drafts) {
    const { operation } = readDraft(path.join(SAMPLES, name));
    expect(() => JSON.parse(operation.body) as unknown).not.toThrow();
  }
});

it("a deletion needs no body, anything else does", () => {
  const { at } = makeCli();
  const { body: _body, ...operation } = DRAFT.operation;
  writeFileSync(at("gone.json"), JSON.stringify({ ...DRAFT, operation: { method: "DELETE", url: "Basic/1" } }));
  expect(readDraft(at("gone.json")).operation.body).toBe("");
  writeFileSync(at("none.json"), JSON.stringify({ ...DRAFT, operation }));
  expect(() => readDraft(at("none.json"))).toThrow(/needs either body or body_file/);
});

it("keeps the body byte for byte, given or in a file beside the draft", () => {
  const { at } = makeCli();
  writeFileSync(at("given.json"), JSON.stringify(DRAFT));
  expect(readDraft(at("given.json")).operation).toEqual({ ...DRAFT.operation, media: "application/fhir+json" });
  const exact = ' {"value": 2.50,\r\n"é":1e1}\n';
  writeFileSync(at("body.bin"), exact);
  const { body: _body, ...operation } = DRAFT.operation;
  writeFileSync(at("filed.json"), JSON.stringify({ ...DRAFT, operation: { ...operation, body_file: "body.bin" } }));
  expect(readDraft(at("filed.json")).operation.body).toBe(exact);
});

it.each([
  ["no operation", { agent: "a" }, "operation"],
  ["a member that a draft does not have", { ...DRAFT, risk: "low" }, "risk"],
  ["neither body nor file", { ...DRAFT, operation: { method: "POST", url: "x" } }, "either body or body_file"],
  ["both", { ...DRAFT, operation: { ...DRAFT.operation, body_file: "x" } }, "either body or body_file"],
  [
    "a file that is not there",
    { ...DRAFT, operation: { method: "POST", url: "x", body_file: "gone" } },
    "no such file",
  ],
])("refuses %s and says where", (_name, draft, said) => {
  const { at } = makeCli();
  writeFileSync(at("draft.json"), JSON.stringify(draft));
  expect(() => readDraft(at("draft.json"))).toThrow(said);
});
