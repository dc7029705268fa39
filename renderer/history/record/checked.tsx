import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement } from "react";

import type { CheckedStep, RecordDetail } from "#shared/ipc/reports.ts";
import { formatInstant, formatTimeToday } from "#shared/presentation/clinical/date.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { Panel } from "../../ui/layout/panel.tsx";
import { stickyHead } from "../../ui/layout/sticky-head.ts";
import { Strip } from "../../ui/layout/strip.tsx";
import { Monospaced } from "../../ui/provenance/values.tsx";
import { color, space } from "../../ui/theme/css.ts";
import { records } from "../../words/en-gb/records.ts";

const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(1), alignItems: "flex-start" });
const Table = styled("table")({
  width: "100%",
  borderCollapse: "collapse",
  "& th, & td": {
    textAlign: "start",
    verticalAlign: "top",
    padding: `${space(0.5)} ${space(1)}`,
    borderBottom: `1px solid ${color("line")}`,
    overflowWrap: "anywhere",
  },
  "& th": { color: color("muted"), fontWeight: 400 },
  "& th:first-of-type": { width: "55%" },
  ...stickyHead,
  "& tr[data-result='failed'] td, & tr[data-result='unsure'] td": { fontWeight: 700 },
  "& tr[data-result='failed'] td": { color: color("deny") },
});
/** `03-Mar-2031` of an instant in words. */
const DAY_LETTERS = 11;
const Muted = styled("p")({ color: color("muted") });

/** What this computer found of the whole chain: said at the top of the record, loud unless everything holds (AC25). */
export function Verdict({ detail, zone }: { readonly detail: RecordDetail; readonly zone: string }): ReactElement {
  const said = records.detail.verdict;
  const { verdict, alarm, erasure } = detail;
  const why = verdict.code === undefined ? "" : records.why(sentenceOf(verdict.code));
  return (
    <>
      {alarm !== undefined && (
        <div role="alert">
          <Strip kind="stop">{records.alarm(alarm)}</Strip>
        </div>
      )}
      {verdict.signature === "not_valid" && (
        <div role="alert">
          <Strip kind="stop">{said.not_valid(verdict.step ?? "", why)}</Strip>
        </div>
      )}
      {erasure !== undefined && (
        <Strip kind="info">{said.erased(formatInstant(erasure.at, zone).slice(0, DAY_LETTERS), erasure.why)}</Strip>
      )}
      {verdict.signature === "cannot_check" && erasure === undefined && (
        <Strip kind="unknown">{said.cannot_check(verdict.step ?? "", why)}</Strip>
      )}
    </>
  );
}

/** The chain of signatures with each step named as `countersign verify` names it. */
export function Checked({
  detail,
  now,
  zone,
}: {
  readonly detail: RecordDetail;
  readonly now: number;
  readonly zone: string;
}): ReactElement {
  const said = records.detail;
  const [isOpen, setIsOpen] = useState(false);
  const { verdict, steps, log } = detail;
  const count = (result: CheckedStep["result"]): number => steps.filter((step) => step.result === result).length;
  const notRun = count("not_run") + count("not_counted");
  const notRunWords = detail.erasure !== undefined ? said.notRunErased : said.notRun;
  const failed = steps.filter(({ result }) => result === "failed");
  const isUnsure = verdict.signature === "cannot_check";
  const isGood = verdict.signature === "valid" || verdict.signature === "valid_retired";
  return (
    <Panel
      kind="plain"
      title={said.sections.chain}
      source={records.checkedWhen(formatTimeToday(detail.checked_at, now, zone).text, detail.key)}
    >
      <Stack>
        {isGood && <p>{verdict.signature === "valid" ? said.verdict.valid : said.verdict.valid_retired}</p>}
        <p>
          {said.passed(count("passed"))}.{notRun > 0 && ` ${notRunWords(notRun)}.`}
        </p>
        {!isOpen && failed.length > 0 && <Steps steps={failed} isUnsure={isUnsure} />}
        {log.length === 0 ? (
          <p>{said.notLogged}</p>
        ) : (
          <ul>
            {log.map(({ what, index, size }) => (
              <li key={index}>{said.logged(wordOf(what), index, size)}</li>
            ))}
          </ul>
        )}
        {detail.revs.length > 1 && <Muted>{said.revisions(detail.revs.length)}</Muted>}
        <Button variant="text" onClick={() => setIsOpen(!isOpen)} aria-expanded={isOpen}>
          {isOpen ? said.hideSteps : said.showSteps}
        </Button>
        {isOpen && <Steps steps={steps} isUnsure={isUnsure} />}
      </Stack>
    </Panel>
  );
}

/** Where the whole cannot be checked, a step that ended it has not found anything wrong. */
function Steps({
  steps,
  isUnsure,
}: {
  readonly steps: readonly CheckedStep[];
  readonly isUnsure: boolean;
}): ReactElement {
  const said = records.detail;
  return (
    <Table>
      <thead>
        <tr>
          <th scope="col">{said.step}</th>
          <th scope="col">{said.result}</th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ step, result, code }) => (
          <tr key={step} data-result={isUnsure && result === "failed" ? "unsure" : result}>
            <td>
              {records.stepNamed(step)} <Monospaced>{step}</Monospaced>
            </td>
            <td>
              {isUnsure && result === "failed" ? records.signatures.cannot_check : said.results[result]}
              {code !== undefined && result === "failed" && `: ${records.why(sentenceOf(code))}`}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function wordOf(what: string): string {
  const leaves: Readonly<Record<string, string>> = records.detail.leaves;
  return leaves[what] ?? what;
}
