import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import type { ReceiptView, ReviewData } from "#shared/ipc/contract.ts";
import { formatExactInstant } from "#shared/presentation/clinical/date.ts";

import { useSnapshot } from "../state/context.ts";
import { AmberTriangle } from "../ui/icons.tsx";
import { CheckWords, Identifier, Monospaced, PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import { withoutTime } from "./receipt-times.ts";

const Facts = styled("dl")({
  display: "grid",
  gridTemplateColumns: "minmax(9rem, max-content) minmax(0, 1fr)",
  columnGap: space(3),
  rowGap: space(0.5),
  margin: 0,
  borderTop: `1px solid ${color("line")}`,
  paddingTop: space(1.5),
  "& dt": { color: color("muted") },
  "& dd": { overflowWrap: "anywhere" },
});

interface Props {
  readonly review: ReviewData;
  readonly view: ReceiptView;
  readonly zone: string;
}

/** What is known of a decision so far, each with its own time; what is not known yet says so. */
export function ReceiptFacts({ review, view, zone }: Props): ReactElement {
  const said = words.receipt;
  const { receipt } = view;
  const other = withoutTime(review.row.status, receipt?.result);
  const time = (at: number | undefined, otherwise: string = said.notYet): string =>
    at === undefined ? otherwise : formatExactInstant(at, zone);
  const { phase } = useSnapshot();
  const isPractice = phase.kind === "unlocked" && phase.practice !== undefined;
  const isLogTrouble = view.logged === "fork" || view.logged === "not_logged";
  return (
    <Facts>
      <Fact label={said.signed}>
        {said.signedBy(time(view.signed_at))}
        <PersonName value={view.signer.name} /> · {words.shell.regNo} <Identifier value={view.signer.reg_no} />
      </Fact>
      <Fact label={said.accepted}>
        {time(receipt?.result === "recorded" ? receipt.iat : undefined, other.accepted)}
      </Fact>
      {view.decision === "approve" && <Fact label={said.executed}>{time(view.executed_at, other.executed)}</Fact>}
      {view.resource !== undefined && (
        <Fact label={said.resource}>
          <RecordValue value={view.resource} dir="ltr" />
        </Fact>
      )}
      <Fact label={said.reference}>
        <Monospaced>
          <Identifier value={view.reference} />
        </Monospaced>
      </Fact>
      <Fact label={said.checkWords}>
        <CheckWords>{review.check_words.join("-")}</CheckWords>
      </Fact>
      <Fact label={said.log}>
        {isLogTrouble && <AmberTriangle />} {isPractice ? said.noLog : said.logged[view.logged]}
      </Fact>
    </Facts>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactElement {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}
