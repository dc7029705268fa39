import type { ReactElement } from "react";

import type { RecordDetail } from "#shared/ipc/reports.ts";
import { formatInstant } from "#shared/presentation/clinical/date.ts";

import { Panel } from "../../ui/layout/panel.tsx";
import { erasure } from "../../words/en-gb/erasure.ts";
import { history } from "../../words/en-gb/history.ts";
import { records } from "../../words/en-gb/records.ts";
import { Fact, Facts } from "./facts.tsx";

/** In the place of what was shown: what is gone and why, and what can be relied on without it (decision 0015). */
export function Erasure({ detail, zone }: { readonly detail: RecordDetail; readonly zone: string }): ReactElement {
  const said = erasure;
  const { erased_at, received_at, state } = detail.row;
  // SECURITY: that it was erased is the gateway's word; only a check that found nothing else says that the rest holds.
  const holds = detail.verdict.code === "E_STORE_ERASED";
  return (
    <Panel kind="plain" title={records.detail.sections.erased}>
      <Facts>
        <Fact label={said.when}>
          {erased_at === undefined ? said.unknownDay : <span data-prov="R">{formatInstant(erased_at, zone)}</span>}
        </Fact>
        <Fact label={said.why}>{said.whyMeans}</Fact>
        <Fact label={said.gone}>{said.goneMeans}</Fact>
        <Fact label={said.never}>{said.neverMeans}</Fact>
        <Fact label={said.left}>
          {said.leftMeans} {holds ? said.holds : said.doubtful}
        </Fact>
        {received_at > 0 && (
          <Fact label={said.asked}>
            <span data-prov="R">{formatInstant(received_at, zone)}</span>
          </Fact>
        )}
        <Fact label={said.outcome}>{history.outcomes[state]}</Fact>
      </Facts>
    </Panel>
  );
}
