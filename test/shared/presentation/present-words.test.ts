import { describe, expect, it } from "vitest";

import { present } from "#shared/presentation/present.ts";
import type { Presentation, Row } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";

import { makeRequest, options } from "./fixtures/request.ts";

const update = (before: string, body: string) =>
  present(
    makeRequest({ action: "record.update", method: "PATCH", url: "https://fhir.example/r4/X/1", before, body }),
    BUILTIN_TEMPLATES.recordUpdate,
    options,
  );
const section = (p: Presentation, id: string) => p.sections.find((s) => s.id === id)!;
const shown = (row: Row) => flatText(row.tokens);

describe("the reasons of a tier", () => {
  const because = (more: object) =>
    shown(section(present(makeRequest({ more }), BUILTIN_TEMPLATES.medicationOrder, options), "risk").rows[0]!);
  it("are one sentence, and say a contradiction once", () => {
    expect(because({ risk: "high", risk_reasons: ["record-conflict", "high-alert-medicine"] })).toBe(
      "Because: request and record contradict each other; high-alert medicine",
    );
  });
  it("are never called routine above tier 1", () => {
    expect(because({ risk: "high" })).toBe("Policy asks for extra care. It gave no reason.");
    expect(because({ risk: "low" })).toBe("Routine. No reason for extra care was found.");
  });
});

describe("the fields of a record update", () => {
  it("name what FHIR calls things in words that a clinician knows", () => {
    const patient = `{"resourceType":"Patient","id":"1","telecom":[{"system":"phone","value":"07700 900118"}],"birthDate":"1990-03-02"}`;
    const p = update(
      patient,
      `[{"op":"replace","path":"/telecom/0/value","value":"07700 900811"},{"op":"replace","path":"/birthDate","value":"1990-03-03"}]`,
    );
    const labels = section(p, "action").rows.flatMap((row) => (row.change ? [row.label] : []));
    expect(labels).toEqual(["Date of birth", "Phone or email 1, number or address"]);
  });
  it("do not let a made-up element pass for a known one", () => {
    const p = update(`{"resourceType":"Patient","id":"1"}`, `[{"op":"add","path":"/phoneOrEmail","value":"1"}]`);
    const [row] = section(p, "action").rows.filter((one) => one.change);
    expect([row!.label, flatText(row!.path!)]).toEqual(["Field with an unusual name", "/phoneOrEmail"]);
    expect(p.tier).toBe(2);
  });
});
