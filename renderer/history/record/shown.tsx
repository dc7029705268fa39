import { styled } from "@mui/material/styles";
import { useMemo, useState } from "react";
import type { ReactElement } from "react";

import type { RecordDetail } from "#shared/ipc/reports.ts";
import { rawView } from "#shared/presentation/present.ts";
import type { Presentation, PresentOptions } from "#shared/presentation/presentation.ts";

import { NO_CHOICES, type Choices } from "../../review/choices.ts";
import { ReviewContent } from "../../review/content.tsx";
import { ReadOnly } from "../../review/parts/read-only.ts";
import { Identifier, Monospaced } from "../../ui/provenance/values.tsx";
import { color, space } from "../../ui/theme/css.ts";
import { words } from "../../words/en-gb.ts";
import { records } from "../../words/en-gb/records.ts";

const Section = styled("section")({ display: "flex", flexDirection: "column", gap: space(1.5) });
const Head = styled("header")({
  display: "flex",
  flexWrap: "wrap",
  columnGap: space(3),
  alignItems: "baseline",
  "& h2": { fontSize: "1.1875rem", fontWeight: 700 },
});
const Source = styled("p")({ color: color("muted"), fontSize: "0.9375rem" });

interface Props {
  readonly shown: NonNullable<RecordDetail["shown"]>;
  readonly detail: RecordDetail;
  readonly presentation: Presentation;
  readonly options: PresentOptions;
  readonly areClaimsOpen: boolean;
  readonly onToggleClaims: () => void;
  readonly isRaw: boolean;
  readonly onToggleRaw: () => void;
}

/** What the signer had before them: the same body as in the review, from the signed bytes and the recorded template (P20). */
export function Shown(props: Props): ReactElement {
  const { shown, detail, presentation, options, isRaw } = props;
  const { claims, lang } = shown;
  const choices = useMemo(() => choicesOf(detail), [detail]);
  const [nothing] = useState(() => () => undefined);
  return (
    <Section aria-label={records.detail.sections.shown}>
      <Head>
        <h2>{records.detail.sections.shown}</h2>
        <Source>
          <Monospaced>
            <Identifier
              value={records.detail.shownSource(
                claims.display.tpl,
                String(claims.display.tpl_ver),
                lang ?? claims.display.lang,
              )}
            />
          </Monospaced>
        </Source>
      </Head>
      <ReadOnly value={true}>
        <ReviewContent
          presentation={presentation}
          foot={words.review.foot(claims.rev, detail.signed.check_words.join("-"))}
          choices={choices}
          raw={isRaw ? rawView(claims, options) : undefined}
          onToggleRaw={props.onToggleRaw}
          areClaimsOpen={props.areClaimsOpen}
          onTick={nothing}
          onDrop={nothing}
          onToggleClaims={props.onToggleClaims}
        />
      </ReadOnly>
    </Section>
  );
}

/** What the last approver ticked and left out. */
function choicesOf({ decisions, shown }: RecordDetail): Choices {
  const approval = decisions.findLast(({ kind }) => kind === "approve");
  if (approval === undefined) return NO_CHOICES;
  const granted = new Set(approval.granted ?? []);
  const all = shown?.claims.authorization_details.map(({ id }) => id) ?? [];
  return {
    acked: new Set(approval.ack),
    dropped: new Set(approval.granted === undefined ? [] : all.filter((id) => !granted.has(id))),
  };
}
