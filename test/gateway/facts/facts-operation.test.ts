import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Operation } from "../../../gateway/ports.ts";
import { actionOf, assertAction } from "../../../gateway/requests/facts-action.ts";
import { compareDecimals, parseDecimal, sameNumber } from "../../../gateway/requests/facts-decimal.ts";
import { frequencyIn } from "../../../gateway/requests/facts-dose.ts";
import { parseOperation } from "../../../gateway/requests/facts-operation.ts";
import { dateWords } from "../../../gateway/requests/facts-time.ts";
import { amountsIn, compareAmounts } from "../../../gateway/requests/facts-units.ts";

const BASE = "https://fhir.hospital.example/r4";
const operation = (method: Operation["method"], path: string, body: unknown = "", media?: string): Operation => ({
  method,
  url: path.startsWith("http") ? path : `${BASE}/${path}`,
  media: media ?? (method === "PATCH" ? "application/json-patch+json" : "application/fhir+json"),
  body: typeof body === "string" ? body : JSON.stringify(body),
});

describe("an agent's operation", () => {
  it.each([
    ["outside the base", operation("POST", "https://evil.example/r4/Patient", {}), "E_OP_UNSUPPORTED"],
    ["beside the base", operation("POST", `${BASE}evil/Patient`, {}), "E_OP_UNSUPPORTED"],
    ["climbing out of the base", operation("POST", `${BASE}/../Patient`, {}), "E_OP_UNSUPPORTED"],
    ["a transaction", operation("POST", `${BASE}/`, { resourceType: "Bundle" }), "E_OP_UNSUPPORTED"],
    ["a bundle", operation("POST", "Bundle", { resourceType: "Bundle" }), "E_OP_UNSUPPORTED"],
    ["an operation", operation("POST", "Patient/1/$everything", {}), "E_OP_UNSUPPORTED"],
    ["a conditional update", operation("PUT", "Patient?name=x", {}), "E_OP_UNSUPPORTED"],
    ["a conditional delete", operation("DELETE", "Patient?name=x"), "E_OP_UNSUPPORTED"],
    ["the folder above", operation("PUT", "Basic/..", { resourceType: "Basic", id: ".." }), "E_OP_UNSUPPORTED"],
    ["the folder itself", operation("DELETE", "Basic/."), "E_OP_UNSUPPORTED"],
    ["an encoded path", operation("PUT", "Patient/%2e%2e", {}), "E_OP_UNSUPPORTED"],
    ["another media type", operation("POST", "Basic", "<a/>", "application/fhir+xml"), "E_OP_UNSUPPORTED"],
    ["FHIRPath patch", operation("PATCH", "Basic/1", "{}", "application/fhir+json"), "E_OP_UNSUPPORTED"],
    ["no JSON", operation("POST", "Basic", "{"), "E_OP_BODY"],
    ["a member twice", operation("POST", "Basic", '{"resourceType":"Basic","resourceType":"Basic"}'), "E_OP_BODY"],
    ["another type", operation("POST", "Basic", { resourceType: "Patient" }), "E_OP_BODY"],
    ["another id", operation("PUT", "Basic/1", { resourceType: "Basic", id: "2" }), "E_OP_BODY"],
    ["an empty patch", operation("PATCH", "Basic/1", []), "E_OP_BODY"],
    ["a delete with a body", operation("DELETE", "Basic/1", "{}"), "E_OP_BODY"],
  ])("is refused when it is %s", (_what, op, code) => {
    expect(() => parseOperation(op, BASE)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ["order.create", operation("POST", "MedicationRequest", { resourceType: "MedicationRequest" })],
    ["order.modify", operation("PATCH", "MedicationRequest/1", [{ op: "replace", path: "/note", value: [] }])],
    [
      "order.discontinue",
      operation("PATCH", "MedicationRequest/1", [{ op: "replace", path: "/status", value: "stopped" }]),
    ],
    ["order.discontinue", operation("DELETE", "ServiceRequest/1")],
    // What a patch does is what its last step leaves: a `test`, or a step undone by a later one, ends nothing.
    [
      "order.modify",
      operation("PATCH", "MedicationRequest/1", [
        { op: "test", path: "/status", value: "stopped" },
        { op: "replace", path: "/status", value: "active" },
      ]),
    ],
    [
      "order.modify",
      operation("PATCH", "MedicationRequest/1", [
        { op: "replace", path: "/status", value: "stopped" },
        { op: "replace", path: "/status", value: "active" },
        { op: "replace", path: "/dosageInstruction", value: [] },
      ]),
    ],
    [
      "order.modify",
      operation("PATCH", "MedicationRequest/1", [
        { op: "add", path: "/status", value: "stopped" },
        { op: "replace", path: "", value: { resourceType: "MedicationRequest", id: "1", status: "active" } },
      ]),
    ],
    [
      "order.modify",
      operation("PATCH", "MedicationRequest/1", [
        { op: "replace", path: "/status", value: "stopped" },
        { op: "copy", from: "/intent", path: "/status" },
      ]),
    ],
    [
      "order.modify",
      operation("PATCH", "MedicationRequest/1", [
        { op: "replace", path: "/status", value: "stopped" },
        { op: "move", from: "/status", path: "/note" },
      ]),
    ],
    [
      "referral.create",
      operation("POST", "ServiceRequest", { resourceType: "ServiceRequest", category: [{ text: "Referral" }] }),
    ],
    [
      "referral.create",
      operation("POST", "ServiceRequest", {
        resourceType: "ServiceRequest",
        performer: [{ reference: "Organization/1" }],
      }),
    ],
    ["data.release", operation("POST", "Communication", { resourceType: "Communication" })],
    ["record.update", operation("PUT", "AllergyIntolerance/1", { resourceType: "AllergyIntolerance", id: "1" })],
  ] as const)("is %s by what it does", (action, op) => {
    expect(actionOf(op, BASE)).toBe(action);
  });

  it("is refused when the agent calls it something else", () => {
    expect(() => assertAction("record.update", "order.create")).toThrow(expect.objectContaining({ code: "E_OP_BODY" }));
  });
});

describe("decimals as text", () => {
  it("compare like numbers, exactly", () => {
    const decimal = fc.tuple(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.nat(9)).map(([units, scale]) => {
      const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
      const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
      return { units, scale, text: units < 0n ? `-${text}` : text };
    });
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const [x, y] = [parseDecimal(a.text), parseDecimal(b.text)];
        const exact = a.units * 10n ** BigInt(b.scale) - b.units * 10n ** BigInt(a.scale);
        expect(Math.sign(compareDecimals(x!, y!))).toBe(exact < 0n ? -1 : exact > 0n ? 1 : 0);
      }),
    );
  });

  it.each([
    ["2.50", "2.5", true],
    ["1e1", "10", true],
    ["0.1", "0.10000000000000000001", false],
    ["1,000", "1000", false],
    ["", "0", false],
  ])("%s is %s: %s", (a, b, same) => {
    expect(sameNumber(a, b)).toBe(same);
  });
});

describe("amounts and times in words", () => {
  it.each([
    ["take 1,000 mg now", [{ value: "1000", unit: "mg" }]],
    ["1.000 g", [{ value: "1.000", unit: "g" }]],
    ["5 mg/mL solution, 10 mL", [{ value: "10", unit: "mL" }]],
    [
      "120 mg per 5 mL: give 7.5 mL",
      [
        { value: "5", unit: "mL" },
        { value: "7.5", unit: "mL" },
      ],
    ],
    ["10U insulin", [{ value: "10", unit: "U" }]],
    ["2.5.1 mg", []],
    ["no amount", []],
  ])("reads %s", (text, amounts) => {
    expect(amountsIn(text)).toEqual(amounts);
  });

  it("compares amounts across units of one kind and no others", () => {
    expect(compareAmounts({ value: "0.5", unit: "g" }, { value: "500", unit: "mg" })).toBe(0);
    expect(compareAmounts({ value: "50", unit: "micrograms" }, { value: "0.5", unit: "mg" })).toBe(-1);
    expect(compareAmounts({ value: "5", unit: "mL" }, { value: "5", unit: "mg" })).toBeUndefined();
    expect(compareAmounts({ value: "5", unit: "puffs" }, { value: "5", unit: "puffs" })).toBeUndefined();
  });

  it.each([
    ["twice a day", "2/24"],
    ["three times daily", "3/24"],
    ["every 6 hours", "1/6"],
    ["at night", "1/24"],
    ["TDS", "3/24"],
    ["with food", undefined],
  ])("reads how often: %s", (text, often) => {
    const found = frequencyIn(text);
    expect(found && `${String(found.times.units)}/${String(found.hours.units)}`).toBe(often);
  });

  it.each([
    ["2026-11-12T09:10:00Z", "12-Nov-2026 09:10"],
    ["2026-11-12T09:10:33.123+01:00", "12-Nov-2026 09:10 +01:00"],
    ["2026-11-12", "12-Nov-2026"],
    ["2026-11", "Nov-2026"],
    ["2026", "2026"],
    ["2026-13-01", "2026-13-01"],
    ["yesterday", "yesterday"],
  ])("writes %s as %s", (iso, words) => {
    expect(dateWords(iso)).toBe(words);
  });
});
