import { describe, expect, it } from "vitest";

import { receive, verdictOn } from "../fixture/client.ts";
import { makeRequest, ORDER, signRequest } from "../fixture/hospital.ts";

describe("C14: text that hides something", () => {
  const HIDDEN = "\u202e";
  it.each([
    [
      "/action/op/body#/note/0/text",
      (r: ReturnType<typeof makeRequest>) =>
        (r.action.op.body = JSON.stringify({ ...ORDER, note: [{ text: `a${HIDDEN}b` }] })),
    ],
    [
      "/action/op/body#/no\u202ete",
      (r: ReturnType<typeof makeRequest>) => (r.action.op.body = JSON.stringify({ ...ORDER, [`no${HIDDEN}te`]: [] })),
    ],
    [
      "/patient/name",
      (r: ReturnType<typeof makeRequest>) => (r.patient = r.patient && { ...r.patient, name: `Ruth EXAMPLE${HIDDEN}` }),
    ],
    ["/agent/name", (r: ReturnType<typeof makeRequest>) => (r.agent = { ...r.agent, name: `a${HIDDEN}` })],
    [
      "/facts/0/text",
      (r: ReturnType<typeof makeRequest>) =>
        (r.facts = [{ id: "f", src: "ehr", sev: "info", code: "weight", text: `1${HIDDEN}2`, ack: false }]),
    ],
    [
      "/checks/0/label",
      (r: ReturnType<typeof makeRequest>) => (r.checks = [{ id: "c", label: `c${HIDDEN}`, result: "pass", by: "cds" }]),
    ],
  ] as const)("E_DSP_TEXT: in %s", (at, change) => {
    const acceptance = receive(signRequest(makeRequest((r) => void change(r))).jws);
    expect(acceptance).toMatchObject({
      kind: "quarantined",
      code: "E_DSP_TEXT",
      findings: [{ at, message: "Hidden characters: [U+202E]" }],
    });
  });
  it("does not quarantine for what the agent says freely", () => {
    const talk = makeRequest((r) => {
      r.rationale = { src: "agent", trust: "untrusted", trigger: "novelty", text: `x${HIDDEN}y` };
      r.task = { ...r.task, goal: `x${HIDDEN}y` };
    });
    expect(verdictOn(talk)).toBe("accepted");
  });
  it("tells everything that is wrong at once, in the order of the steps", () => {
    const bad = makeRequest((r) => {
      r.action.op.body_dig = "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:";
      r.patient = r.patient && { ...r.patient, ref: "Patient/other" };
      r.action.type = "urn:countersign:action:teleport";
      r.agent = { ...r.agent, name: HIDDEN };
    });
    expect(verdictOn(bad)).toBe("E_REQ_BODY_DIGEST E_REQ_INCONSISTENT E_DSP_UNINSPECTABLE E_DSP_TEXT");
  });
});
