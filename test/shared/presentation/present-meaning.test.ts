import { describe, expect, it } from "vitest";

import { present } from "#shared/presentation/present.ts";
import type { Presentation, Row } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";
import { RAR } from "#shared/protocol/names.ts";

import { makeRequest, options, PATIENT } from "./fixtures/request.ts";
import type { Changes } from "./fixtures/request.ts";

const medication = (changes: Changes = {}) => present(makeRequest(changes), BUILTIN_TEMPLATES.medicationOrder, options);
const section = (p: Presentation, id: string) => p.sections.find((s) => s.id === id)!;
const shown = (row: Row) => flatText(row.tokens);

describe("the app's words follow the bytes", () => {
  const order = (status: string, more = {}) =>
    JSON.stringify({
      ...{ resourceType: "MedicationRequest", id: "w", status, medicationCodeableConcept: { text: "warfarin" } },
      ...more,
    });
  const changed = (before: string, body: string, action: "order.modify" | "order.discontinue" = "order.modify") =>
    present(makeRequest({ action, method: "PUT", before, body }), BUILTIN_TEMPLATES.recordUpdate, options);
  it("what is called the end of an order and does not end it is not drawn as one, and cannot be approved", () => {
    const p = changed(order("stopped"), order("active"), "order.discontinue");
    expect(p.headline.kind).not.toBe("Stop an order");
    expect(p.obstacles.map((o) => o.why)).toEqual(["This is called the end of an order, but the order would go on."]);
    const ended = changed(order("active"), order("completed"), "order.discontinue");
    expect([ended.headline.kind, ended.obstacles]).toEqual(["Stop an order", []]);
  });
  it("an order that had ended and would run again says so", () => {
    const p = changed(order("stopped"), order("active"));
    expect(p.headline.kind).toBe("Put an ended entry back in force");
    expect(p.tier).toBeGreaterThanOrEqual(2);
  });
  it("lifting an order not to give something says so: without that one member the rest is an order to give it", () => {
    const p = changed(order("active", { doNotPerform: true }), order("active"));
    expect(p.headline.kind).toBe("Lift an order not to give or do something");
    expect(p.tier).toBeGreaterThanOrEqual(2);
  });
});

describe("permissions to read", () => {
  const read = (more: object) => {
    const [a1] = makeRequest().authorization_details;
    const scope = { type: RAR.smartScope, id: "r", scopes: ["patient/Observation.rs"], ...more };
    const p = medication({ claims: { authorization_details: [a1!, scope] } });
    return [p.tier, shown(section(p, "scope").rows.find((row) => row.grant?.id === "r")!)] as const;
  };
  it("are for this patient where the permission names them, and not because of what the scope is called", () => {
    expect(read({ patient: PATIENT.ref })[1]).toContain("for this patient");
    const [tier, text] = read({});
    expect(text).toContain("not limited to one patient");
    expect(tier).toBe(3);
  });
});

describe("a fact's value", () => {
  const text = (fact: object) => {
    const facts = [{ id: "f1", src: "ehr", sev: "info", code: "weight", ack: false, text: "", ...fact }] as const;
    const p = medication({ claims: { facts: [...facts] } });
    return shown(section(p, "record").rows.find((row) => row.fact?.id === "f1")!);
  };
  it("is drawn unless the words say just that number in just that unit", () => {
    expect(text({ text: "Weight 172 kg", value: "72", unit: "kg" })).toBe("Weight 172 kg (72 kg)");
    expect(text({ text: "Weight 7.2 kg", value: "2", unit: "kg" })).toBe("Weight 7.2 kg (2 kg)");
    expect(text({ text: "Weight 72", value: "72", unit: "lb" })).toBe("Weight 72 (72 lb)");
    expect(text({ text: "Weight 72 kg (12-Nov-2026)", value: "72", unit: "kg" })).toBe("Weight 72 kg (12-Nov-2026)");
    expect(text({ text: "Allergy to penicillin (rash)", value: "penicillin" })).toBe("Allergy to penicillin (rash)");
  });
});
