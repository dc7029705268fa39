import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useMemo, useState } from "react";
import type { ReactElement } from "react";

import type { CommandInput } from "#shared/ipc/contract.ts";
import type { RecordAction, RecordDetail, RecordRow } from "#shared/ipc/reports.ts";
import { formatInstant } from "#shared/presentation/clinical/date.ts";
import { present } from "#shared/presentation/present.ts";

import { ask } from "../../bridge/bridge.ts";
import { useBridge } from "../../bridge/context.ts";
import { useKeys } from "../../keys/provider.tsx";
import { actionWords } from "../../review/action-words.ts";
import { allergiesOf } from "../../review/allergies.ts";
import { Banner, BannerRest } from "../../review/banner.tsx";
import { ArrowLeft } from "../../ui/icons.tsx";
import { Region } from "../../ui/layout/region.tsx";
import { ScreenHeading } from "../../ui/layout/screen-heading.tsx";
import { Strip } from "../../ui/layout/strip.tsx";
import { Identifier, Monospaced, RecordValue } from "../../ui/provenance/values.tsx";
import { unbroken } from "../../ui/one-line.tsx";
import { color, NARROW, space } from "../../ui/theme/css.ts";
import { records } from "../../words/en-gb/records.ts";
import { shell } from "../../words/en-gb/shell.ts";
import { AboutEverything, everything } from "../../stop/everything.tsx";
import { SaySheet } from "../say-sheet.tsx";
import { Actions } from "./actions.tsx";
import { After } from "./after.tsx";
import { Checked, Verdict } from "./checked.tsx";
import { Decisions } from "./decisions.tsx";
import { Erasure } from "./erasure.tsx";
import { Shown } from "./shown.tsx";
import { SignedBytes } from "./signed.tsx";
import { Unchecked } from "./unchecked.tsx";
import { useRecord } from "./use-record.ts";

const Place = styled("div")({ position: "relative", flex: 1, minHeight: 0, display: "flex", flexDirection: "column" });
const Scroll = styled(Region)({
  flex: 1,
  minHeight: 0,
  overflowY: "auto",
  backgroundColor: color("panel"),
  scrollPaddingBlock: space(2),
});
const Column = styled("div")({
  maxWidth: "90rem",
  padding: `${space(2)} ${space(3)} ${space(4)}`,
  display: "flex",
  flexDirection: "column",
  gap: space(2),
  [NARROW]: { padding: `${space(1.5)} ${space(1.5)} ${space(3)}` },
});
const Head = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  columnGap: space(3),
  rowGap: space(1),
});
const Buttons = styled("div")({ display: "flex", gap: space(1), marginInlineStart: "auto" });
const AsItWas = styled("p")({ color: color("muted"), fontSize: "0.9375rem", marginBottom: `-${space(1)}` });

interface Props {
  readonly iss: string;
  readonly row: Pick<RecordRow, "id" | "reference" | "decision" | "received_at">;
  /** From what this computer keeps, without the gateway; `row.id` is the decision's digest. */
  readonly isKept?: boolean;
  readonly zone: string;
  readonly now: number;
  /** `hasSpoken`: something was said about it meanwhile, so that the list is another. */
  readonly onBack: (hasSpoken: boolean) => void;
}

/** One record with its evidence (S10), asked for and checked when it is opened, and again on demand. */
export function RecordScreen({ iss, row, isKept = false, zone, now, onBack }: Props): ReactElement {
  const said = records.detail;
  const bridge = useBridge();
  const { state, again } = useRecord(iss, row.id, isKept);
  const [action, setAction] = useState<RecordAction>();
  const [round, setRound] = useState(0);
  const [areClaimsOpen, setAreClaimsOpen] = useState(false);
  const [isRaw, setIsRaw] = useState(false);
  const detail = state.kind === "ready" ? state.detail : undefined;
  const asOf = detail?.row.decided_at ?? detail?.row.received_at ?? row.received_at;
  const options = useMemo(() => ({ facilityZone: zone, now: asOf }), [zone, asOf]);
  const shown = detail?.shown;
  const presentation = useMemo(() => shown && present(shown.claims, shown.template, options), [shown, options]);
  const back = (): void => onBack(round > 0);
  useKeys("screen", {
    escape: back,
    claims: () => setAreClaimsOpen(!areClaimsOpen),
    raw: () => setIsRaw(!isRaw),
  });
  return (
    <Place data-prov="K">
      {shown !== undefined && presentation !== undefined && (
        <Banner
          who={presentation.sections[0] ?? EMPTY_WHO}
          allergies={allergiesOf(shown.claims.facts ?? [])}
          isInert={action !== undefined}
        />
      )}
      <Scroll
        as="main"
        data-region="body"
        tabIndex={-1}
        aria-label={shell.regions.body}
        aria-busy={state.kind === "loading"}
        inert={action !== undefined}
      >
        <Column>
          {shown !== undefined && <AsItWas>{unbroken(said.asItWas(formatInstant(asOf, zone)))}</AsItWas>}
          <Head>
            <Button onClick={back} aria-keyshortcuts="Escape">
              <ArrowLeft /> {said.back}
            </Button>
            <ScreenHeading focusOn={row.id}>
              {said.heading(records.decisions[(detail?.row ?? row).decision])}
            </ScreenHeading>
            <p>
              {said.record}{" "}
              <Monospaced>
                <Identifier value={row.reference} />
              </Monospaced>
            </p>
            <Buttons>
              <Button onClick={again}>{said.verifyAgain}</Button>
            </Buttons>
          </Head>
          {state.kind === "loading" && <p role="status">{isKept ? said.loadingKept : said.loading}</p>}
          {state.kind === "failed" && (
            <Strip kind="alert" actions={<Button onClick={again}>{records.tryAgain}</Button>}>
              {records.failed} {state.fault.message}
            </Strip>
          )}
          {detail !== undefined && (
            <>
              {shown !== undefined && presentation !== undefined && (
                <BannerRest
                  who={presentation.sections[0] ?? EMPTY_WHO}
                  allergies={allergiesOf(shown.claims.facts ?? [])}
                />
              )}
              {detail.unasked !== undefined && <Unchecked unasked={detail.unasked} />}
              <Verdict detail={detail} zone={zone} />
              <Decisions decisions={detail.decisions} isDecided={detail.row.decision !== "none"} zone={zone} />
              {detail.row.is_erased && <Erasure detail={detail} zone={zone} />}
              {shown !== undefined && presentation !== undefined && (
                <Shown
                  shown={shown}
                  detail={detail}
                  presentation={presentation}
                  options={options}
                  areClaimsOpen={areClaimsOpen}
                  onToggleClaims={() => setAreClaimsOpen(!areClaimsOpen)}
                  isRaw={isRaw}
                  onToggleRaw={() => setIsRaw(!isRaw)}
                />
              )}
              {shown === undefined && !detail.row.is_erased && (
                <Strip kind={detail.row.is_withheld ? "info" : "alert"}>
                  {said.notShown} {detail.row.is_withheld ? said.notShownWithheld : said.notShownBroken}
                </Strip>
              )}
              <SignedBytes signed={detail.signed} isErased={detail.erasure !== undefined} />
              <Checked detail={detail} now={now} zone={zone} />
              <After events={detail.events} statements={detail.statements} zone={zone} />
              <Actions iss={iss} detail={detail} zone={zone} round={round} onAct={setAction} />
            </>
          )}
        </Column>
      </Scroll>
      {detail !== undefined && action !== undefined && (
        <SaySheet
          action={action}
          about={<About action={action} detail={detail} />}
          zone={zone}
          say={(reason) => ask(bridge.say({ iss, saying: sayingOf(action, detail, reason) }))}
          onClose={() => {
            setAction(undefined);
            setRound((count) => count + 1);
          }}
        />
      )}
    </Place>
  );
}

function About({
  action,
  detail: { row },
}: {
  readonly action: RecordAction;
  readonly detail: RecordDetail;
}): ReactElement {
  if (action === "pause-type" || action === "resume-type") {
    return <>{actionWords(row.action_type) ?? <RecordValue value={row.action_type} />}</>;
  }
  if (action === "stop-everything" || action === "resume-everything") return <AboutEverything iss={row.key.iss} />;
  if (action === "flag-decision" || action === "close-review") {
    return (
      <Monospaced>
        <Identifier value={row.reference} />
      </Monospaced>
    );
  }
  return <RecordValue value={row.agent?.name ?? ""} />;
}

function sayingOf(
  kind: RecordAction,
  { row }: RecordDetail,
  reason: CommandInput<"say">["saying"]["reason"],
): CommandInput<"say">["saying"] {
  switch (kind) {
    case "flag-decision":
    case "close-review":
      return { kind, rid: row.key.rid, rev: row.rev, reason };
    case "report-agent":
    case "pause-agent":
    case "resume-agent":
      return { kind, agent: row.agent?.sub ?? "", reason };
    case "pause-type":
    case "resume-type":
      return { kind, type: row.action_type, reason };
    case "stop-everything":
    case "resume-everything":
      return everything(kind, reason);
    default:
      return kind satisfies never;
  }
}

const EMPTY_WHO = { id: "who", title: "", prov: "R", rows: [] } as const;
