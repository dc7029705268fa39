import type { ReactElement } from "react";

import type { RecordDetail } from "#shared/ipc/reports.ts";
import { formatExactInstant } from "#shared/presentation/clinical/date.ts";

import { Panel } from "../../ui/layout/panel.tsx";
import { erasure } from "../../words/en-gb/erasure.ts";
import { history } from "../../words/en-gb/history.ts";
import { Fact, Facts } from "./facts.tsx";

interface Props {
  readonly detail: RecordDetail;
  readonly zone: string;
}

/**
 * In the place of what was shown: what is gone and why, and what can be relied on without it (decision 0015).
 * SECURITY: only where the log proves it (decision 0016); else it says what the gateway says, and that nothing shows it.
 */
export function Erasure({ detail, zone }: Props): ReactElement {
  return detail.erasure === undefined ? (
    <Unproven detail={detail} zone={zone} />
  ) : (
    <Proven detail={detail} zone={zone} erasure={detail.erasure} />
  );
}

function Proven({
  detail,
  zone,
  erasure: { at, why, index },
}: Props & { readonly erasure: NonNullable<RecordDetail["erasure"]> }): ReactElement {
  const said = erasure;
  return (
    <Panel kind="plain" title={said.title}>
      <Facts>
        <Fact label={said.when}>
          <Moment at={at} zone={zone} />
        </Fact>
        <Fact label={said.why}>{said.whyMeans[why]}</Fact>
        <Fact label={said.inLog}>{said.inLogMeans(index)}</Fact>
        <Fact label={said.gone}>{said.goneMeans}</Fact>
        <Fact label={said.never}>{said.neverMeans}</Fact>
        <Fact label={said.left}>
          {said.leftMeans} {said.holds}
        </Fact>
        <Known detail={detail} zone={zone} />
      </Facts>
    </Panel>
  );
}

function Unproven({ detail, zone }: Props): ReactElement {
  const said = erasure;
  const { row, verdict } = detail;
  return (
    <Panel kind="plain" title={said.saidTitle}>
      <Facts>
        <Fact label={said.gatewaySays}>
          {said.saidErased} {row.erased_at === undefined ? said.unknownDay : <Moment at={row.erased_at} zone={zone} />}
        </Fact>
        <Fact label={said.proved}>{provedWords(verdict)}</Fact>
        <Fact label={said.missing}>{said.missingMeans}</Fact>
        <Known detail={detail} zone={zone} />
      </Facts>
    </Panel>
  );
}

function provedWords({ signature, step, code }: RecordDetail["verdict"]): string {
  if (signature === "not_valid") return erasure.unproved;
  if (code === "E_STORE_ERASED_UNSHOWN") return erasure.earlier;
  return step === "erasure logged" ? erasure.notYet : erasure.unchecked;
}

function Known({ detail: { row }, zone }: Props): ReactElement {
  const { received_at, state } = row;
  return (
    <>
      {received_at > 0 && (
        <Fact label={erasure.asked}>
          <Moment at={received_at} zone={zone} />
        </Fact>
      )}
      <Fact label={erasure.outcome}>{history.outcomes[state]}</Fact>
    </>
  );
}

const Moment = ({ at, zone }: { readonly at: number; readonly zone: string }): ReactElement => (
  <span data-prov="R">{formatExactInstant(at, zone)}</span>
);
