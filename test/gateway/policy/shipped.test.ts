import { describe, expect, it } from "vitest";

import { policyClaim } from "#shared/protocol/claims/request.ts";
import { jcsDig } from "#shared/protocol/digest.ts";
import { RISK_REASONS } from "#shared/protocol/registry.ts";
import type { Json } from "#shared/protocol/strict-json.ts";

import type { RegisteredAgent } from "../../../gateway/ports.ts";
import {
  ask,
  conflict,
  crypto,
  makeInput,
  operation,
  order,
  patch,
  policyOf,
  referral,
  withPolicies,
} from "./fixtures.ts";

const condition = {
  resourceType: "Condition",
  id: "c",
  subject: { reference: "Patient/p-1" },
  clinicalStatus: { coding: [{ code: "active" }] },
};
const patient = {
  resourceType: "Patient",
  id: "p-1",
  name: [{ family: "Waters" }],
  telecom: [{ value: "1" }],
  birthDate: "1945-07-14",
};
const repeat = {
  checks: ["repeat", "dose-text"].map((id) => ({ id, label: id, result: "pass" as const, by: "gateway" })),
};

describe("the shipped policy set", () => {
  it("asks a second approver, who does not see the first decision, where the risk is critical and nowhere else", () => {
    const quorum = (medicine: string) => ask(order({ medicationCodeableConcept: { text: medicine } })).policy.quorum;
    expect(quorum("apixaban 5 MG")).toEqual({ need: 2, blind: true });
    expect(quorum("amlodipine 5 MG")).toEqual({ need: 1 });
  });

  it.each([
    ["a new medicine", order(), {}, "high", ["new-medicine"]],
    ["an unchanged repeat", order(), { gathered: repeat }, "moderate", []],
    [
      "a high-alert medicine",
      order({ medicationCodeableConcept: { text: "apixaban 5 MG" } }),
      {},
      "critical",
      ["high-alert-medicine", "new-medicine"],
    ],
    [
      "a repeat of a high-alert medicine",
      order({ medicationCodeableConcept: { text: "Warfarin" } }),
      { gathered: repeat },
      "critical",
      ["high-alert-medicine"],
    ],
    ["a referral inside", referral({ reference: "Organization/northgate" }), {}, "high", []],
    ["a referral outside", referral({ reference: "Organization/elsewhere" }), {}, "critical", ["leaves-organisation"]],
    ["a referral to a name only", referral({ display: "Northgate Hospital" }), {}, "critical", ["leaves-organisation"]],
    [
      "a new entry in the record",
      operation("POST", "Observation", { resourceType: "Observation", subject: { reference: "Patient/p-1" } }),
      {},
      "high",
      ["no-view"],
    ],
    [
      "a release of data",
      operation("POST", "Communication", { resourceType: "Communication", subject: { reference: "Patient/p-1" } }),
      {},
      "critical",
      ["leaves-organisation", "no-view"],
    ],
    ["a deletion", operation("DELETE", "Observation/o"), {}, "critical", ["deletes-record"]],
    [
      "a standing subscription",
      operation("POST", "Subscription", { resourceType: "Subscription" }),
      {},
      "critical",
      ["standing-grant", "no-view"],
    ],
    [
      "a kind of resource that no rule knows",
      operation("PUT", "Basic/b", { resourceType: "Basic", id: "b" }),
      {},
      "high",
      ["unknown-action", "no-view"],
    ],
    [
      "many patients",
      operation("POST", "Group", {
        resourceType: "Group",
        member: [{ entity: { reference: "Patient/a" } }, { entity: { reference: "Patient/b" } }],
      }),
      {},
      "critical",
      ["many-patients", "no-view"],
    ],
    ["a conflict", order(), { gathered: { ...repeat, facts: [conflict] } }, "high", ["record-conflict"]],
    [
      "a conflict and its own failed check",
      order(),
      {
        gathered: {
          facts: [conflict],
          checks: [...repeat.checks, { id: "x", label: "x", result: "fail", by: "g", why: conflict.text }],
        },
      },
      "high",
      ["record-conflict"],
    ],
    [
      "a failed check",
      order(),
      { gathered: { checks: [...repeat.checks, { id: "x", label: "x", result: "fail", by: "g" }] } },
      "high",
      ["failed-check"],
    ],
    [
      "a patient recorded as dead",
      order(),
      { gathered: { ...repeat, patient: { ref: "Patient/p-1", name: "A", deceased: true } } },
      "critical",
      ["deceased-patient"],
    ],
    [
      "a sensitive document",
      order(),
      { gathered: repeat, attachments: [{ ref: "r", title: "t", media: "m", size: 1, dig: "d", sensitive: true }] },
      "high",
      ["sensitive-document"],
    ],
    [
      "something denied before",
      order(),
      { gathered: repeat, history: { asked: 2, denied: 1 } },
      "high",
      ["denied-before"],
    ],
    [
      "scopes that write",
      order(),
      { gathered: repeat, scopes: ["patient/Observation.cud"] },
      "critical",
      ["standing-grant"],
    ],
    [
      "scopes that read",
      order(),
      { gathered: repeat, scopes: ["patient/Observation.rs?category=laboratory"] },
      "moderate",
      [],
    ],
    ["hidden characters", order({ note: [{ text: "a\u200Bb" }] }), { gathered: repeat }, "high", ["hidden-characters"]],
    [
      "opaque content",
      order({ extension: [{ url: "x", valueAttachment: { contentType: "a/b", data: "AAAA" } }] }),
      { gathered: repeat },
      "critical",
      ["opaque-content"],
    ],
    ["a negation", order({ doNotPerform: true }), { gathered: repeat }, "high", ["changes-meaning"]],
    [
      "a later step of a critical task",
      order(),
      { gathered: repeat, chain: ["low", "critical", "moderate"] },
      "critical",
      ["task-chain"],
    ],
  ] as const)("asks about %s", (_what, op, change, risk, reasons) => {
    const verdict = ask(op, change as Parameters<typeof ask>[1]);
    expect([verdict.risk, [...verdict.risk_reasons].sort()]).toEqual([risk, [...reasons].sort()]);
    expect(verdict.risk_reasons.every((reason) => Object.hasOwn(RISK_REASONS, reason))).toBe(true);
  });

  it.each([
    ["contact details", patient, [{ op: "replace", path: "/telecom/0/value", value: "2" }], "moderate", []],
    [
      "who the patient is",
      patient,
      [{ op: "replace", path: "/birthDate", value: "1945-07-15" }],
      "high",
      ["identity-edit"],
    ],
    ["a merge", patient, [{ op: "add", path: "/active", value: false }], "high", ["identity-edit", "removal"]],
    [
      "a negation lifted",
      { resourceType: "Observation", id: "o", subject: { reference: "Patient/p-1" }, doNotPerform: true },
      [{ op: "remove", path: "/doNotPerform" }],
      "high",
      ["changes-meaning"],
    ],
    ["a problem", condition, [{ op: "add", path: "/note", value: [] }], "high", ["problem-edit"]],
    [
      "a problem taken away",
      condition,
      [{ op: "remove", path: "/clinicalStatus" }],
      "high",
      ["problem-edit", "removal"],
    ],
    [
      "an order stopped",
      { ...condition, resourceType: "MedicationRequest", status: "active" },
      [{ op: "replace", path: "/status", value: "stopped" }],
      "high",
      ["dose-change"],
    ],
  ] as const)("asks about a change of %s", (_what, before, steps, risk, reasons) => {
    const { op, gathered } = patch(before, steps);
    const verdict = ask(op, { gathered });
    expect([verdict.risk, [...verdict.risk_reasons].sort()]).toEqual([risk, [...reasons].sort()]);
    expect(verdict.template.id).toBe("urn:countersign:tpl:record-update");
  });

  it.each([
    ["a controlled medicine", order({ medicationCodeableConcept: { text: "Oxycodone 5 MG" } })],
    [
      "one by an inner part of its name",
      order({ medicationCodeableConcept: { coding: [{ display: "hydro-MORPHINE-ish", code: "1" }] } }),
    ],
    ["one with a hidden character in its name", order({ medicationCodeableConcept: { text: "mor\u200Bphine" } })],
    ["a medicine by code alone", order({ medicationCodeableConcept: { coding: [{ code: "7052" }] } })],
    [
      "a medicine by reference alone",
      order({ medicationCodeableConcept: undefined, medicationReference: { reference: "Medication/m" } }),
    ],
  ])("refuses %s", (_what, op) => {
    expect(policyOf().evaluate(makeInput(op))).toMatchObject({ kind: "refuse", code: "E_POL_REFUSED" });
  });

  it("refuses a controlled medicine behind a false display, once the gateway knows what the code means", () => {
    const meant = { ...conflict, label: "Code", value: "morphine sulfate 10 MG" };
    const verdict = policyOf().evaluate(makeInput(order(), { gathered: { facts: [meant] } }));
    expect(verdict).toMatchObject({ kind: "refuse", code: "E_POL_REFUSED" });
  });

  it.each(["MedicationDispense", "MedicationAdministration"])("refuses a controlled medicine in a %s too", (type) => {
    const body = { resourceType: type, medicationCodeableConcept: { text: "fentanyl" } };
    expect(policyOf().evaluate(makeInput(operation("POST", type, body)))).toMatchObject({ code: "E_POL_REFUSED" });
  });

  it("lets a controlled medicine be stopped", () => {
    const before = {
      ...condition,
      resourceType: "MedicationRequest",
      status: "active",
      medicationCodeableConcept: { text: "morphine" },
    };
    const { op, gathered } = patch(before, [{ op: "replace", path: "/status", value: "stopped" }]);
    expect(ask(op, { gathered }).risk).toBe("high");
  });

  it("refuses an agent that is not registered for the action, whatever it calls it", () => {
    const agent: RegisteredAgent = { ...makeInput(order()).agent, actions: ["record.update"] };
    const verdict = policyOf().evaluate(makeInput(order(), { agent, action: "record.update" }));
    expect(verdict).toMatchObject({ kind: "refuse", code: "E_AGENT_ACTION" });
  });

  it.each(["system/*.rs", "offline_access", "patient/Observation.dus"])("refuses the scope %s", (scope) => {
    const verdict = policyOf().evaluate(makeInput(order(), { scopes: [scope] }));
    expect(verdict).toMatchObject({ kind: "refuse", code: "E_AUZ_SCOPE" });
  });

  it("gives each tier its friction, in a claim whose digest is over everything else in it", () => {
    const { policy } = ask(order());
    expect(policy).toMatchObject({
      id: "urn:countersign:policy:default:medication-order",
      acr: "urn:countersign:acr:uv",
      hold_s: 10,
      reentry: ["identity"],
      offline: { approve: false },
      sod: { exclude: ["urn:team:pharmacy"], distinct: true },
    });
    const { dig, ...rest } = policy;
    expect(dig).toBe(jcsDig(crypto, rest as Json));
    expect(policyClaim.safeParse(policy).success).toBe(true);
  });

  it("lets agents read nothing by themselves", () => {
    const { agent } = makeInput(order());
    expect(policyOf().read({ agent, type: "Observation" }).kind).toBe("refuse");
    const open = policyOf(
      withPolicies(`@id("results") @says("Results.") @verdict("allow")
        permit (principal, action == Action::"read", resource) when { resource.type == "Observation" };`),
    );
    expect(open.read({ agent, type: "Observation" }).kind).toBe("allow");
    expect(open.read({ agent, type: "Patient" }).kind).toBe("refuse");
  });
});
