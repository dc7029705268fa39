import { describe, expect, it } from "vitest";

import {
  formatAge,
  formatExactInstant,
  formatFhirDate,
  formatInstant,
  formatTimeOfDay,
  formatTimeToday,
} from "#shared/presentation/clinical/date.ts";
import {
  formatIdentifier,
  formatPersonName,
  isNhsNumber,
  NHS_NUMBER_SYSTEM,
} from "#shared/presentation/clinical/person.ts";

const at = (iso: string) => Date.parse(iso) / 1000;

describe("dates (NHS CUI Date Display, AC24)", () => {
  it.each([
    ["2026-11-23T14:45:00Z", "Europe/London", "23-Nov-2026 14:45 GMT"],
    ["2026-09-01T08:05:00Z", "Europe/London", "01-Sep-2026 09:05 BST"],
    ["2026-10-25T00:59:00Z", "Europe/London", "25-Oct-2026 01:59 BST"],
    ["2026-10-25T01:00:00Z", "Europe/London", "25-Oct-2026 01:00 GMT"],
    ["2026-11-23T00:00:00Z", "UTC", "23-Nov-2026 00:00 UTC"],
    ["2026-11-23T14:45:00Z", "Nowhere/Land", "23-Nov-2026 14:45 UTC"],
  ])("%s in %s is %s", (iso, zone, shown) => {
    expect(formatInstant(at(iso), zone)).toBe(shown);
  });
  it.each([
    ["2026-11-23T14:45:07Z", "Europe/London", "23-Nov-2026 14:45:07 GMT", "UTC+00:00"],
    ["2026-10-25T00:59:59Z", "Europe/London", "25-Oct-2026 01:59:59 BST", "UTC+01:00"],
    ["2026-10-25T01:00:00Z", "Europe/London", "25-Oct-2026 01:00:00 GMT", "UTC+00:00"],
    ["2026-07-01T23:30:09Z", "Asia/Kathmandu", "02-Jul-2026 05:15:09 GMT+5:45", "UTC+05:45"],
    ["2026-01-01T01:00:00Z", "America/St_Johns", "31-Dec-2025 21:30:00 GMT-3:30", "UTC-03:30"],
  ])("%s in %s is, to the second, %s, and %s where it is read alone", (iso, zone, shown, offset) => {
    expect(formatExactInstant(at(iso), zone)).toBe(shown);
    expect(formatExactInstant(at(iso), zone, true)).toBe(`${shown} (${offset})`);
  });
  it.each([
    ["1945-07-14", "14-Jul-1945"],
    ["1945-09", "Sep-1945"],
    ["1945", "1945"],
    ["2026-11-23T14:45:00+01:00", "23-Nov-2026 13:45 GMT"],
    ["2026-11-23T14:45:00.123Z", "23-Nov-2026 14:45 GMT"],
  ])("FHIR %s is %s", (sent, shown) => {
    expect(formatFhirDate(sent, "Europe/London")).toMatchObject({ display: shown, as_sent: sent, unknown: [] });
  });
  it.each(["2026-13-01", "23/11/2026", "2026-11-23T14:45:00", "tomorrow", "2026-02-30T10:00:00Z+"])(
    "%s is not a FHIR date: it stays raw",
    (sent) => {
      expect(formatFhirDate(sent, "Europe/London")).toMatchObject({ display: sent, unknown: [sent] });
    },
  );
  it("names the day only when it is another one", () => {
    const now = at("2026-11-23T10:00:00Z");
    expect(formatTimeToday(at("2026-11-23T14:45:00Z"), now, "Europe/London").text).toBe("14:45 GMT");
    expect(formatTimeToday(at("2026-11-24T00:15:00Z"), now, "Europe/London").text).toBe("24-Nov-2026 00:15 GMT");
  });
  it("a number of seconds that no calendar holds is shown as the number, never a crash", () => {
    const far = Number.MAX_SAFE_INTEGER;
    expect(formatInstant(far, "Europe/London")).toBe("9007199254740991 (not a date)");
    expect(formatExactInstant(far, "Europe/London", true)).toBe("9007199254740991 (not a date)");
    expect(formatExactInstant(-1, "Africa/Monrovia", true)).toMatch(/^31-Dec-1969 23:15/);
    expect(formatTimeToday(far, 0, "UTC")).toEqual({ text: "9007199254740991 (not a date)", today: false });
    expect(formatTimeToday(0, far, "UTC").today).toBe(false);
    expect(formatAge("1945-07-14", far, "UTC")).toBeUndefined();
    expect(formatInstant(8_640_000_000_000, "UTC")).toContain("275760");
  });
  it("drops seconds of a time of day only when they are zero", () => {
    expect(formatTimeOfDay("08:30:00").display).toBe("08:30");
    expect(formatTimeOfDay("08:30:15").display).toBe("08:30:15");
    expect(formatTimeOfDay("8:30").unknown).toEqual(["8:30"]);
  });
});

describe("ages (NHS CUI Patient Banner)", () => {
  const now = at("2026-11-23T12:00:00Z");
  it.each([
    ["1945-07-14", "81y"],
    ["1945-11-23", "81y"],
    ["1945-11-24", "80y"],
    ["2009-01-10", "17y 10m"],
    ["2008-11-23", "18y"],
    ["2025-06-01", "17m"],
    ["2026-11-10", "13d"],
    ["2026-08-24", "13w"],
    ["2026-08-22", "13w 2d"],
    ["2026-11-23", "0d"],
  ])("born %s is %s", (born, age) => {
    expect(formatAge(born, now, "Europe/London")).toBe(age);
  });
  it.each(["1945-07", "2027-01-01", ""])("%s gives no age", (born) => {
    expect(formatAge(born, now, "Europe/London")).toBeUndefined();
  });
});

describe("people", () => {
  it.each([
    [{ name: "x", family: "Waters", given: ["Shauna"], prefix: "Mrs" }, "WATERS, Shauna (Mrs)"],
    [{ name: "x", family: "Evans", given: ["Gareth", "Rhys"] }, "EVANS, Gareth Rhys"],
    [{ name: "x", family: "O’Neill" }, "O’NEILL"],
    [{ name: "Ruth EXAMPLE" }, "Ruth EXAMPLE"],
    [{ name: "محمد", family: "الأمين", given: ["محمد"] }, "الأمين, محمد"],
  ])("are named the clinical way", (patient, shown) => {
    expect(formatPersonName(patient)).toBe(shown);
  });
  it("NHS numbers are grouped 3 3 4, others stay", () => {
    expect(formatIdentifier(NHS_NUMBER_SYSTEM, "9997287652")).toBe("999 728 7652");
    expect(formatIdentifier(NHS_NUMBER_SYSTEM, "999728765")).toBe("999728765");
    expect(formatIdentifier("urn:x", "9997287652")).toBe("9997287652");
  });
  it.each([
    ["9434765919", true],
    ["9434765918", false],
    ["943476591", false],
  ])("NHS number %s: check digit %s", (value, ok) => {
    expect(isNhsNumber(value)).toBe(ok);
  });
});
