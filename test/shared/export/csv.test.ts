import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { cellText, csvRecord, guardCell } from "#shared/export/cell.ts";
import { csvWriter } from "#shared/export/csv.ts";
import { COLUMNS } from "#shared/export/words.ts";

import { executed } from "../protocol/fixture/item.ts";
import { joined, NAMES_PATIENT, readKept, refused } from "./items.ts";
import { readCsv } from "./read-csv.ts";

const HEAD = Object.values(COLUMNS);
const table = (...items: Parameters<typeof readKept>[0][]) => {
  const writer = csvWriter({ identifiers: true, bom: false });
  const text = joined([...writer.begin(), ...items.flatMap((kept) => writer.row(readKept(kept))), ...writer.end()]);
  const [head = [], ...rows] = readCsv(text);
  return { text, head, rows: rows.map((row) => Object.fromEntries(row.map((cell, i) => [head[i] ?? "", cell]))) };
};

describe("a cell", () => {
  // OWASP, CSV injection; the full-width forms are taken for the others by some spreadsheets.
  const starts = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫"];
  it.each(starts)("that begins with %j gets an apostrophe", (start) => {
    expect(guardCell(`${start}HYPERLINK("x")`)).toBe(`'${start}HYPERLINK("x")`);
  });

  it.each([" =1", "\u00a0=1", "\u3000+1", "\u200b=1", "\ufeff@x", '"=1', "' =1", ' " -1', "\u0000=1", "\u2800=1"])(
    "whose formula comes after what an import trims gets one: %j",
    (text) => {
      expect(guardCell(text)).toBe(`'${text}`);
    },
  );

  it.each(["", "2 mg", "a=b", "3 - 4", "INR < 2", "x@example.org", "1,000 units", "Ruth's"])(
    "stays as it is: %j",
    (text) => {
      expect(guardCell(text)).toBe(text);
    },
  );

  it("does not open another one where semicolons separate", () => {
    expect(guardCell("a;=cmd|' /C calc'!A0")).toBe("a;'=cmd|' /C calc'!A0");
    expect(guardCell('a; "＝x')).toBe("a;' \"＝x");
    expect(guardCell("a; b; -5")).toBe("a; b;' -5");
  });

  it("is on one line, with what hides drawn as a token", () => {
    expect(cellText("a\r\nb\tc\u202ed\u2028e", "C")).toBe("a[U+000D][U+000A]b[U+0009]c[U+202E]d[U+2028]e");
  });

  it("no text at all comes out as a formula, nor makes another cell or record", () => {
    const bad = fc.constantFrom(
      "=",
      "+",
      "-",
      "@",
      "\t",
      "\r",
      "\n",
      " ",
      '"',
      "'",
      ";",
      ",",
      "＝",
      "\u200b",
      "a",
      "1",
    );
    const texts = fc.array(
      fc.oneof(fc.string({ unit: fc.oneof(bad, fc.string({ unit: "grapheme", maxLength: 1 })) })),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(texts, (cells) => {
        const [read, ...more] = readCsv(csvRecord(cells));
        expect(more).toEqual([]);
        expect(read).toEqual(cells.map(guardCell));
        for (const cell of read ?? []) {
          for (const part of cell.split(";")) expect(part.replace(/^["\s]+/, "")).not.toMatch(/^[=+\-@＝＋－＠]/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("CSV", () => {
  it("has one record for each row and the same cells in each", () => {
    const { head, rows, text } = table(executed(), refused());
    expect(head).toEqual(HEAD);
    expect(rows).toHaveLength(2);
    expect(text.endsWith("\r\n")).toBe(true);
    expect(rows[1]).toMatchObject({
      Decision: "deny",
      Reason: "other",
      "Signer's note": "not for this patient",
      Patient: "Ruth EXAMPLE",
      Born: "1951-03-09",
      "Kind of action": "order.create",
      "Agent's words - not checked": "INR was low.",
      "Checked on the exporting computer": "Valid",
      "Decided (UTC)": "2026-09-21T14:14:20Z",
      "Active reading (seconds)": "21.4",
    });
  });

  it("a claim that begins a formula begins with an apostrophe (AC25)", () => {
    const kept = refused((claims) => {
      claims.rationale = { src: "agent", trust: "untrusted", trigger: "novelty", text: '=HYPERLINK("http://x","y")' };
    }, "+cmd|' /C calc'!A0");
    const [row] = table(kept).rows;
    expect(row?.[COLUMNS.agent_words]).toBe(`'=HYPERLINK("http://x","y")`);
    expect(row?.[COLUMNS.note]).toBe("'+cmd|' /C calc'!A0");
  });

  it("says NOT VALID of what was changed, and why", () => {
    const kept = executed();
    const [first, ...rest] = kept.item.receipts;
    const receipts = [`${first?.slice(0, -3) ?? ""}AAA`, ...rest];
    const [row] = table({ ...kept, item: { ...kept.item, receipts } }).rows;
    expect(row?.[COLUMNS.checked]).toBe("NOT VALID");
    expect(row?.[COLUMNS.finding]).toMatch(/receipt.*: .+/);
  });

  it("without identifiers names no patient, in no column and no cell", () => {
    const writer = csvWriter({ identifiers: false, bom: true });
    const kept = refused((claims) => {
      claims.rationale = { src: "agent", trust: "untrusted", trigger: "novelty", text: "Ruth EXAMPLE needs it" };
    }, "Ruth EXAMPLE has enough");
    const text = joined([...writer.begin(), ...writer.row(readKept(kept)), ...writer.row(readKept(executed()))]);
    expect(text.startsWith('\ufeff"Record"')).toBe(true);
    expect(readCsv(text.slice(1))).toHaveLength(3);
    expect(text).not.toMatch(NAMES_PATIENT);
    expect(text).toContain(kept.item.rid);
  });

  it("tells reading times only where the row says that they may be", () => {
    const writer = csvWriter({ identifiers: true, bom: false });
    const [head = [], row = []] = readCsv(joined([...writer.begin(), ...writer.row(readKept(executed(), false))]));
    expect(row[head.indexOf(COLUMNS.reading)]).toBe("");
    expect(row.join(" ")).not.toContain("21.4");
  });
});
