import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { RecordDecision } from "#shared/ipc/reports.ts";
import { formatExactInstant } from "#shared/presentation/clinical/date.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { WarningTriangle } from "../../ui/icons.tsx";
import { Panel } from "../../ui/layout/panel.tsx";
import { Identifier, PersonName, RecordValue, UserText } from "../../ui/provenance/values.tsx";
import { unbroken } from "../../ui/one-line.tsx";
import { color, space } from "../../ui/theme/css.ts";
import { DENY_REASONS, OVERRIDE_REASONS, REVOKE_REASONS } from "../../words/en-gb/decision.ts";
import { words } from "../../words/en-gb.ts";
import { records } from "../../words/en-gb/records.ts";
import { Loud } from "../signature.tsx";
import { Fact, Facts } from "./facts.tsx";

const One = styled("div")({
  "& + &": { borderTop: `1px solid ${color("line")}`, marginTop: space(1.5), paddingTop: space(1.5) },
});
const Title = styled("h3")({ fontSize: "1.0625rem", fontWeight: 700, marginBottom: space(0.75) });

interface Props {
  readonly decisions: readonly RecordDecision[];
  /** The gateway says that somebody has decided. */
  readonly isDecided: boolean;
  readonly zone: string;
}

/** Who decided what, when and with what, and what the gateway answered. */
export function Decisions({ decisions, isDecided, zone }: Props): ReactElement {
  const said = records.detail;
  return (
    <Panel kind="plain" title={said.sections.decision}>
      {decisions.length === 0 && <p>{isDecided ? said.unread : said.undecided}</p>}
      {decisions.map((decision) => (
        <One key={decision.digest}>
          <Title>{isKindUnknown(decision) ? said.leaves.rejection : records.decisions[decision.kind]}</Title>
          <Decision decision={decision} zone={zone} />
        </One>
      ))}
    </Panel>
  );
}

/** Without its text, and with an answer that names no outcome, nothing says which way it went. */
const isKindUnknown = ({ acr, receipt }: RecordDecision): boolean => acr === "" && receipt?.result === "rejected";

function Decision({ decision, zone }: { readonly decision: RecordDecision; readonly zone: string }): ReactElement {
  const said = records.detail;
  const { signer, receipt, reason, overrides, attention, reentry } = decision;
  return (
    <Facts>
      <Fact label={said.signedBy}>
        <PersonName value={signer.name} />
        {signer.reg_no !== "" && (
          <>
            {" "}
            · {words.shell.regNo} <Identifier value={signer.reg_no} />
          </>
        )}
      </Fact>
      {/* Of one whose text is not here, only the time of the gateway's answer is known. */}
      {decision.acr !== "" && (
        <Fact label={said.signedAt}>
          <span data-prov="R">{unbroken(formatExactInstant(decision.at, zone, true))}</span>
        </Fact>
      )}
      {decision.acr !== "" && <Fact label={said.stepUp}>{stepUp(decision)}</Fact>}
      {reentry.length > 0 && (
        <Fact label={said.reentered}>{reentry.map((one) => wordOf(said.reentry, one) ?? one).join(", ")}</Fact>
      )}
      {reason !== undefined && (
        <Fact label={said.reason}>{reasonWords(reason.code) ?? <RecordValue value={reason.code} />}</Fact>
      )}
      {reason?.text !== undefined && (
        <Fact label={said.note}>
          <UserText value={reason.text} />
        </Fact>
      )}
      {overrides.length > 0 && (
        <Fact label={said.overrides}>
          {overrides.map(({ fact, code, text }) => (
            <div key={fact}>
              {OVERRIDE_REASONS.find((one) => one.code === code)?.text ?? <RecordValue value={code} />}
              {text !== undefined && (
                <>
                  : <UserText value={text} />
                </>
              )}
            </div>
          ))}
        </Fact>
      )}
      {attention !== undefined && (
        <Fact label={said.sections.attention}>
          {said.attention(
            attention.opened_at === undefined ? said.attentionUnknown : formatExactInstant(attention.opened_at, zone),
            Math.round(attention.ms / 1000),
            attention.fields,
            attention.complete,
          )}
        </Fact>
      )}
      <Fact label={said.accepted}>
        {receipt === undefined ? (
          <Loud>
            <WarningTriangle /> {said.unanswered(sentenceOf(decision.undelivered ?? "E_CLI_OFFLINE"))}
          </Loud>
        ) : (
          <Answer receipt={receipt} zone={zone} />
        )}
      </Fact>
    </Facts>
  );
}

function Answer({
  receipt,
  zone,
}: {
  readonly receipt: NonNullable<RecordDecision["receipt"]>;
  readonly zone: string;
}): ReactElement {
  const said = records.detail;
  return (
    <>
      {unbroken(formatExactInstant(receipt.at, zone))}
      {", "}
      {receipt.result === "recorded" ? said.recorded : said.rejected(receipt.code ?? "")}
      {receipt.have !== undefined &&
        receipt.need !== undefined &&
        receipt.need > 1 &&
        `, ${said.quorum(receipt.have, receipt.need)}`}
    </>
  );
}

function stepUp({ acr, key_storage }: RecordDecision): string {
  const said = records.detail;
  const level = wordOf(said.acr, acr.slice(acr.lastIndexOf(":") + 1)) ?? acr;
  const where = wordOf(said.keyStorage, key_storage);
  return where === undefined ? level : `${level}; ${where}`;
}

export const reasonWords = (code: string): string | undefined =>
  [...DENY_REASONS, ...REVOKE_REASONS].find((one) => one.code === code)?.text;

const wordOf = (words: Readonly<Record<string, string>>, code: string): string | undefined =>
  Object.hasOwn(words, code) ? words[code] : undefined;
