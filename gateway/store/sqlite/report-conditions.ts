import type { SQLInputValue } from "node:sqlite";

import type { Asker, ReportFilter } from "../reports.ts";
import { typedPatientDigest } from "./patient-digest.ts";
import { PROBLEM_BITS, REVIEW } from "./report-index.ts";
import type { ReportNames } from "./report-names.ts";
import { matchText, type TextMatch } from "./report-text.ts";
import type { Sql } from "./sql.ts";

/** Part of a statement with the values of its question marks. */
export interface Fragment {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

export const fragment = (sql: string, ...values: SQLInputValue[]): Fragment => ({ sql, values });

export const allOf = (parts: readonly Fragment[]): Fragment => ({
  sql: parts.map(({ sql }) => `(${sql})`).join(" AND "),
  values: parts.flatMap(({ values }) => values),
});

/** A filter in the numbers of this store. */
export interface Resolved {
  readonly me: number;
  readonly text: TextMatch | undefined;
  readonly patient: Uint8Array | undefined;
  readonly agents: string | undefined;
  readonly signers: string | undefined;
  /** Units of the filter, and of the asker: with commas between. */
  readonly units: string | undefined;
  readonly mine: string;
  readonly problems: number;
  readonly filter: ReportFilter;
  readonly asker: Asker;
}

/** Nobody's number. */
const NOBODY = -1;

export function resolve(
  sql: Sql,
  names: ReportNames,
  key: () => Uint8Array,
  { asker, filter }: { readonly asker: Asker; readonly filter: ReportFilter },
): Resolved {
  const { text, patient, agents, signers, units, problems = [] } = filter;
  const numbers = (wanted: readonly string[]): string => names.known("unit", wanted).slice(1, -1);
  return {
    me: names.find("signer", asker.sub) ?? NOBODY,
    text: text === undefined ? undefined : matchText(sql, names, text),
    patient: patient === undefined ? undefined : typedPatientDigest(key(), patient),
    agents: agents && names.known("agent", agents),
    signers: signers && names.known("signer", signers),
    units: units && numbers(units),
    mine: numbers(asker.units),
    problems: problems.reduce((bits, problem) => bits | PROBLEM_BITS[problem], 0),
    filter,
    asker,
  };
}

const ONE_OF = "IN (SELECT value FROM json_each(?))";
const OPEN = "r.state IN ('open', 'partial')";
export const BLIND_OPEN = `r.blind = 1 AND ${OPEN}`;
/**
 * The asker decided on it; whoever never decided on anything is not looked for in each row. Times are positive: a plain 0
 * would leave SQLite without a use for the index that it is told to walk.
 */
const decidedBy = (me: number): Fragment =>
  me === NOBODY
    ? fragment("r.iat < 0")
    : fragment("EXISTS (SELECT 1 FROM report_decisions mine WHERE mine.n = r.n AND mine.signer = ?)", me);

/** The row is for one of these units: numbers of this store, written out, so that each is looked up by itself. */
const inUnit = (units: string): string =>
  `EXISTS (SELECT 1 FROM report_units u WHERE u.unit IN (${units}) AND u.iat = r.iat AND u.n = r.n)`;

/** `mine` and `in_unit` of a row. */
export function standing({ me, mine }: Pick<Resolved, "me" | "mine">): Fragment {
  const own = decidedBy(me);
  return fragment(`${own.sql} AS mine, ${inUnit(mine)} AS in_unit`, ...own.values);
}

/** SECURITY: what the asker may see at all (protocol.md 3.20.2); in every statement, so that nothing is counted either. */
export function scope({ me, asker, mine }: Pick<Resolved, "me" | "asker" | "mine">): Fragment {
  const own = decidedBy(me);
  // An open blind quorum tells nothing to whom has not decided on it.
  const told = fragment(`NOT (${BLIND_OPEN}) OR ${own.sql}`, ...own.values);
  if (asker.all) return told;
  if (asker.units.length === 0) return allOf([own, told]);
  const units = fragment(`${inUnit(mine)} OR ${own.sql}`, ...own.values);
  return allOf([told, units]);
}

/** Another's decision on an open blind quorum is found by nobody, though the row is there for whom decided on it. */
const signedBy = (ids: string, me: number): Fragment =>
  fragment(
    `EXISTS (SELECT 1 FROM report_decisions d WHERE d.n = r.n AND d.signer ${ONE_OF} AND (NOT (${BLIND_OPEN}) OR d.signer = ?))`,
    ...[ids, me],
  );

const ATTENTION = PROBLEM_BITS["unseen-fields"] | PROBLEM_BITS["below-expected"];

/** `me`: what others' reading was is not looked at. */
function problemsOf(bits: number, me: number | undefined): Fragment {
  if (me === undefined) return fragment(`r.problems & ? <> 0 AND NOT (${BLIND_OPEN})`, bits);
  return fragment(
    `(r.problems & ? <> 0 AND NOT (${BLIND_OPEN})) OR EXISTS (SELECT 1 FROM report_decisions d
       WHERE d.n = r.n AND d.signer = ? AND ((? <> 0 AND d.unseen > 0) OR (? <> 0 AND d.below = 1)))`,
    ...[bits & ~ATTENTION, me, bits & PROBLEM_BITS["unseen-fields"], bits & PROBLEM_BITS["below-expected"]],
  );
}

/** Everything the filter says of a row `r`. */
export function conditions(resolved: Resolved): Fragment {
  const { filter, text, me, patient, agents, signers, units, problems } = resolved;
  const parts: Fragment[] = [fragment("r.listed = 1")];
  const list = (column: string, values: readonly string[] | undefined): void => {
    if (values) parts.push(fragment(`${column} ${ONE_OF}`, JSON.stringify(values)));
  };
  if (filter.from !== undefined) parts.push(fragment("r.iat >= ?", filter.from));
  if (filter.to !== undefined) parts.push(fragment("r.iat < ?", filter.to));
  if (filter.types) parts.push(named("type", filter.types));
  list("r.risk", filter.risks);
  list("r.state", filter.states);
  list("COALESCE(r.decision, 'none')", filter.decisions);
  if (agents !== undefined) parts.push(fragment(`r.agent ${ONE_OF}`, agents));
  if (signers !== undefined) parts.push(signedBy(signers, me));
  if (units !== undefined) parts.push(fragment(inUnit(units)));
  if (problems > 0) parts.push(problemsOf(problems, filter.ownAttention === true ? me : undefined));
  if (filter.review) parts.push(fragment("r.review = ?", REVIEW[filter.review]));
  if (patient) {
    parts.push(
      fragment("EXISTS (SELECT 1 FROM report_patients p WHERE p.patient = ? AND p.iat = r.iat AND p.n = r.n)", patient),
    );
  }
  if (text) {
    const signed = signedBy(text.signers, me);
    parts.push(
      fragment(`r.n ${ONE_OF} OR r.agent ${ONE_OF} OR ${signed.sql}`, ...[text.rows, text.agents, ...signed.values]),
    );
  }
  // What the row itself says is asked first: most rows end there.
  return allOf([...parts, scope(resolved)]);
}

const named = (kind: string, values: readonly string[]): Fragment =>
  fragment(
    `r.${kind} IN (SELECT id FROM report_names WHERE kind = '${kind}' AND value ${ONE_OF})`,
    JSON.stringify(values),
  );
