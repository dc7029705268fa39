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
  const { text, patient, agents, signers, problems = [] } = filter;
  return {
    me: names.find("signer", asker.sub) ?? NOBODY,
    text: text === undefined ? undefined : matchText(sql, names, text),
    patient: patient === undefined ? undefined : typedPatientDigest(key(), patient),
    agents: agents && names.known("agent", agents),
    signers: signers && names.known("signer", signers),
    problems: problems.reduce((bits, problem) => bits | PROBLEM_BITS[problem], 0),
    filter,
    asker,
  };
}

const ONE_OF = "IN (SELECT value FROM json_each(?))";
const OPEN = "r.state IN ('open', 'partial')";
export const BLIND_OPEN = `r.blind = 1 AND ${OPEN}`;
const DECIDED_BY_ME = "EXISTS (SELECT 1 FROM report_decisions mine WHERE mine.n = r.n AND mine.signer = ?)";
const IN_UNIT = `EXISTS (SELECT 1 FROM report_units u JOIN report_names un ON un.id = u.unit
  WHERE un.kind = 'unit' AND un.value ${ONE_OF} AND u.iat = r.iat AND u.n = r.n)`;

/** `mine` and `in_unit` of a row. */
export const standing = ({ me, asker }: Pick<Resolved, "me" | "asker">): Fragment =>
  fragment(`${DECIDED_BY_ME} AS mine, ${IN_UNIT} AS in_unit`, me, JSON.stringify(asker.units));

/** SECURITY: what the asker may see at all (protocol.md 3.20.2); in every statement, so that nothing is counted either. */
export function scope({ me, asker }: Pick<Resolved, "me" | "asker">): Fragment {
  // An open blind quorum tells nothing to whom has not decided on it.
  const told = fragment(`NOT (${BLIND_OPEN}) OR ${DECIDED_BY_ME}`, me);
  if (asker.all) return told;
  const own = fragment(DECIDED_BY_ME, me);
  if (asker.units.length === 0) return allOf([own, told]);
  const units = fragment(`${IN_UNIT} OR ${DECIDED_BY_ME}`, JSON.stringify(asker.units), me);
  return allOf([units, told]);
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
  const { filter, text, me, patient, agents, signers, problems } = resolved;
  const parts: Fragment[] = [fragment("r.listed = 1"), scope(resolved)];
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
  if (filter.units) parts.push(fragment(IN_UNIT, JSON.stringify(filter.units)));
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
  return allOf(parts);
}

const named = (kind: string, values: readonly string[]): Fragment =>
  fragment(
    `r.${kind} IN (SELECT id FROM report_names WHERE kind = '${kind}' AND value ${ONE_OF})`,
    JSON.stringify(values),
  );
