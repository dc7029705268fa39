import { RISKS, type Risk } from "#shared/protocol/claims/request.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { readCaseInput, type CaseInput } from "./notation.ts";

/** One line of a table of cases: what is asked, and what policy has to answer. */
export interface PolicyCase {
  readonly id: string;
  /** What it is, for people. */
  readonly what: string;
  /** `file:line`. */
  readonly place: string;
  readonly input: CaseInput;
  readonly expected: CaseAnswer;
}

/** An answer as a table says it. */
export interface CaseAnswer {
  readonly verdict: "allow" | "ask" | "refuse";
  readonly tier?: Risk | undefined;
  /** How many have to approve. */
  readonly approvers?: number | undefined;
  readonly pools: readonly string[];
  /** Of an ask: its risk reasons. Of a refusal: the policies that refuse, or the code. Of an allow: the policies. */
  readonly reasons: readonly string[];
}

const COLUMNS = ["case", "what", "asked", "known", "verdict", "tier", "approvers", "pools", "reasons"] as const;

/**
 * The cases of a Markdown file: every table whose first column is `case`. `|` inside a cell is written `\|`.
 * @throws CountersignError `E_CLI_INPUT` naming file and line
 */
export function readCases(file: string, text: string): readonly PolicyCase[] {
  const lines = text.split("\n").map((line, i) => ({ line: line.trim(), place: `${file}:${String(i + 1)}` }));
  let inCases = false;
  const cases = lines.flatMap(({ line, place }) => {
    const cells = cellsOf(line);
    if (cells.length === 0) {
      inCases = false;
      return [];
    }
    if (cells[0] === COLUMNS[0]) {
      if (cells.join() !== COLUMNS.join())
        throw wrong(place, `The columns of a table of cases are: ${COLUMNS.join(", ")}.`);
      inCases = true;
      return [];
    }
    if (!inCases || /^:?-+:?$/.test(cells[0] ?? "")) return [];
    if (cells.length !== COLUMNS.length)
      throw wrong(place, `The line has ${String(cells.length)} cells, not ${String(COLUMNS.length)}.`);
    return [caseOf(place, cells)];
  });
  const seen = new Set<string>();
  for (const { id, place } of cases) {
    if (seen.has(id)) throw wrong(place, `Two cases have the id ${id}.`);
    seen.add(id);
  }
  return cases;
}

function cellsOf(line: string): readonly string[] {
  if (!line.startsWith("|") || !line.endsWith("|")) return [];
  const cells = line.slice(1, -1).split(/(?<!\\)\|/);
  return cells.map((cell) =>
    cell
      .trim()
      .replaceAll("\\|", "|")
      .replace(/^`(.*)`$/, "$1"),
  );
}

function caseOf(place: string, cells: readonly string[]): PolicyCase {
  const [
    id = "",
    what = "",
    asked = "",
    known = "",
    verdictText = "",
    tier = "",
    approvers = "",
    pools = "",
    reasons = "",
  ] = cells;
  try {
    const verdict = (["allow", "ask", "refuse"] as const).find((one) => one === verdictText);
    if (verdict === undefined)
      throw new CountersignError("E_CLI_INPUT", `"${verdictText}" is no verdict. There are: allow, ask, refuse.`);
    const expected: CaseAnswer = {
      verdict,
      tier: tier === "" ? undefined : RISKS.find((one) => one === tier),
      approvers: approvers === "" ? undefined : Number(approvers),
      pools: list(pools),
      reasons: [...list(reasons)].sort(),
    };
    if (tier !== "" && expected.tier === undefined)
      throw new CountersignError("E_CLI_INPUT", `"${tier}" is no tier. There are: ${RISKS.join(", ")}.`);
    return { id, what, place, input: readCaseInput(asked, known), expected };
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause;
    throw new CountersignError("E_CLI_INPUT", `${place}: ${cause.message}`, { cause });
  }
}

const list = (cell: string): readonly string[] =>
  cell
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
const wrong = (place: string, what: string): CountersignError =>
  new CountersignError("E_CLI_INPUT", `${place}: ${what}`);
