import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import { csvRecord } from "#shared/export/cell.ts";

/** Debian: `libreoffice-calc-nogui`. Skipped, in so many words, where there is none. */
const isHere = spawnSync("soffice", ["--version"]).status === 0;
const folder = mkdtempSync(path.join(tmpdir(), "spreadsheet-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STARTS = [
  "=",
  "+",
  "-",
  "@",
  "\t=",
  "\r=",
  "\n=",
  "＝",
  "＋",
  "－",
  "＠",
  " =",
  "\u00a0=",
  "\u200b=",
  "\ufeff=",
  '"=',
  "'=",
  '"" =',
  "\u0000=",
];
const BODIES = ['HYPERLINK("http://example.org";"x")', "1+1", "cmd|' /C calc'!A0", "SUM(A1:A9)"];
const TEXTS = [
  ...STARTS.flatMap((start) => BODIES.map((body) => start + body)),
  ...BODIES.flatMap((body) => [
    `a;=${body}`,
    `a,=${body}`,
    `a\t=${body}`,
    `a\n=${body}`,
    `a";=${body}`,
    `";"=${body}`,
    `","=${body}`,
  ]),
];

/** As a spreadsheet opens it: field separator, quote, UTF-8, formulas are calculated (token 13, "evaluate formulas"). */
function formulas(csv: string, separator: number): string[] {
  const name = path.join(folder, `${String(separator)}.csv`);
  writeFileSync(name, csv);
  const filter = `CSV:${String(separator)},34,76,1,,0,false,true,false,false,false,-1,true`;
  const args = [`-env:UserInstallation=file://${folder}/profile`, "--headless", `--infilter=${filter}`];
  const ran = spawnSync("soffice", [...args, "--convert-to", "fods", "--outdir", folder, name], { timeout: 300_000 });
  expect(ran.status).toBe(0);
  // One file for each sheet, the last filter token asks for.
  const fods = readFileSync(path.join(folder, `${String(separator)}.fods`), "utf8");
  rmSync(path.join(folder, `${String(separator)}.fods`));
  return [...fods.matchAll(/table:formula="([^"]*)"/g)].map(([, formula = ""]) => formula);
}

describe.skipIf(!isHere)("a real spreadsheet (skipped where LibreOffice is not installed)", () => {
  it("takes formulas from a CSV that nobody guards: else this test could not fail", () => {
    expect(formulas(TEXTS.map((text) => `"${text.replaceAll('"', '""')}"\r\n`).join(""), 44).length).toBeGreaterThan(0);
  });

  it.each([
    ["commas", 44],
    ["semicolons", 59],
    ["tabs", 9],
  ])("finds no formula in ours where %s separate", (_, separator) => {
    expect(formulas(TEXTS.map((text) => csvRecord([text, "next"])).join(""), separator)).toEqual([]);
  });
});
