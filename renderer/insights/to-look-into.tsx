import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Signal } from "#shared/insights/attention-signals.ts";
import type { Question } from "#shared/insights/questions.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";

import { Hint } from "../ui/layout/page.tsx";
import { Panel } from "../ui/layout/panel.tsx";
import { space } from "../ui/theme/css.ts";
import { insights as text } from "../words/en-gb/insights.ts";
import { DataTable } from "./chart-panel.tsx";
import { agentName, kindName, personName } from "./names.ts";

const List = styled("ul")({
  margin: 0,
  paddingInlineStart: space(2.5),
  "& li": { marginBottom: space(1) },
  "& ul": { marginTop: space(0.5) },
});

/** Questions about attention and hints for policy: nothing here is a finding about a person. */
export function ToLookInto({ view }: { readonly view: InsightsView }): ReactElement {
  const { questions, hints } = view.insights;
  return (
    <>
      <Panel kind="plain" title={questions.length === 0 ? text.questions.none : text.questions.title(questions.length)}>
        {questions.length > 0 && (
          <List>
            {questions.map((question) => (
              <li key={JSON.stringify(question.about)}>
                <strong>{askedOf(view, question)}</strong>
                <List>
                  {question.signals.map((signal) => (
                    <li key={signal.kind}>{signalWords(signal)}</li>
                  ))}
                </List>
              </li>
            ))}
          </List>
        )}
        <Hint>{text.questions.means}</Hint>
      </Panel>
      <Panel kind="plain" title={hints.length === 0 ? text.hints.none : text.hints.title(hints.length)}>
        {hints.length > 0 && (
          <List>
            {hints.map(({ type, hint, rate }) => (
              <li key={`${type} ${hint}`}>{text.hints[hint](kindName(type), rate.count, rate.n)}</li>
            ))}
          </List>
        )}
        <Hint>{text.hints.means}</Hint>
      </Panel>
    </>
  );
}

function askedOf(view: InsightsView, { about }: Question): string {
  const words = text.questions;
  switch (about.kind) {
    case "requests":
      return words.requests(kindName(about.type), agentName(view, about.agent));
    case "roster":
      return words.roster(about.pool);
    case "person":
      return words.person(personName(view, about.person, text.attention.you));
    default:
      return about satisfies never;
  }
}

function signalWords(signal: Signal): string {
  const words = text.questions.signals;
  switch (signal.kind) {
    case "read_too_briefly":
      return words.read_too_briefly(signal.count, signal.n);
    case "runs":
      return words.runs(signal.count, signal.longest);
    case "failed_or_revoked":
      return words.failed_or_revoked(signal.count, signal.n);
    case "never_looked_further":
      return words.never_looked_further(signal.n);
    case "approves_above_mix":
      return words.approves_above_mix(signal.approved, signal.n, signal.expected);
    default:
      return signal satisfies never;
  }
}

/** Signs of fatigue, of people whom the asker may know. */
export function FatiguePanel({ view }: { readonly view: InsightsView }): ReactElement {
  const { per_signer_hour, signer_hours, late_in_shift, repeat_after_deny } = view.insights.fatigue;
  const words = text.fatigue;
  const rate = ({ count, n, rate: share }: typeof late_in_shift): string =>
    share === undefined ? text.tooFew : `${text.percent(share)} (${text.rateOf(count, n)})`;
  const paced = per_signer_hour === undefined ? words.few : words.found(per_signer_hour);
  // Without the people there is no pace; what was asked again is told all the same.
  const isPaced = signer_hours > 0;
  const title = isPaced ? paced : words.again(repeat_after_deny.count, repeat_after_deny.n);
  return (
    <Panel kind="plain" title={title}>
      <DataTable
        label={title}
        data={{
          columns: [{ name: words.measure }, { name: words.value, isNumber: true }],
          rows: [
            ...(isPaced
              ? [
                  { key: "hours", cells: [words.hours, text.count(signer_hours)] },
                  { key: "late", cells: [words.late, rate(late_in_shift)] },
                ]
              : []),
            { key: "repeat", cells: [words.repeat, rate(repeat_after_deny)] },
          ],
        }}
      />
      {!view.view.attention && <Hint>{words.hidden}</Hint>}
    </Panel>
  );
}
