import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import type { ReactElement } from "react";

import type { AgentState, RecordAction, RecordDetail } from "#shared/ipc/reports.ts";
import { formatInstant } from "#shared/presentation/clinical/date.ts";

import { ask } from "../../bridge/bridge.ts";
import { useBridge } from "../../bridge/context.ts";
import { useSnapshot } from "../../state/context.ts";
import { unbroken } from "../../ui/one-line.tsx";
import { Panel } from "../../ui/layout/panel.tsx";
import { RecordValue } from "../../ui/provenance/values.tsx";
import { color, space } from "../../ui/theme/css.ts";
import { records } from "../../words/en-gb/records.ts";
import { say } from "../../words/en-gb/say.ts";

const Buttons = styled("div")({ display: "flex", flexWrap: "wrap", gap: space(1) });
const Agent = styled("p")({ marginBottom: space(1) });
const Muted = styled("span")({ color: color("muted") });

interface Props {
  readonly iss: string;
  readonly detail: RecordDetail;
  readonly zone: string;
  /** Something was said meanwhile: how the agent stands is asked again. */
  readonly round: number;
  readonly onAct: (action: RecordAction) => void;
}

/** What this person may say about the record, its agent and its type; each opens a sheet and signs nothing by itself. */
export function Actions({ iss, detail, zone, round, onAct }: Props): ReactElement | null {
  const { actions, row } = detail;
  const { gateways } = useSnapshot();
  const agent = useAgent(iss, actions.includes("pause-agent") ? row.agent?.sub : undefined, round);
  if (actions.length === 0) return null;
  // Of stopping and resuming the one that changes something, where that is known.
  const isStopped = gateways.find((gateway) => gateway.iss === iss)?.everything_stopped !== undefined;
  const shown = actions.filter(
    (action) =>
      action !== (isStopped ? "stop-everything" : "resume-everything") &&
      (agent === undefined ||
        (action !== (agent.paused_at === undefined ? "resume-agent" : "pause-agent") &&
          (agent.disabled_at === undefined || (action !== "pause-agent" && action !== "resume-agent")))),
  );
  return (
    <Panel kind="plain" title={records.detail.sections.act}>
      {row.agent !== undefined && (
        <Agent>
          {records.detail.agent} <RecordValue value={row.agent.name} />{" "}
          <Muted>{agent && unbroken(standing(agent, zone))}</Muted>
        </Agent>
      )}
      <Buttons>
        {shown.map((action) => (
          <Button key={action} onClick={() => onAct(action)}>
            {say.buttons[action]}
          </Button>
        ))}
      </Buttons>
    </Panel>
  );
}

function standing(agent: AgentState, zone: string): string {
  if (agent.disabled_at !== undefined) return say.disabledSince(formatInstant(agent.disabled_at, zone));
  return agent.paused_at === undefined ? say.working : say.pausedSince(formatInstant(agent.paused_at, zone));
}

/** How an agent stands, for who may stop it; undefined while it is not known. */
function useAgent(iss: string, sub: string | undefined, round: number): AgentState | undefined {
  const bridge = useBridge();
  const [known, setKnown] = useState<{ readonly sub: string; readonly agent: AgentState }>();
  useEffect(() => {
    if (sub === undefined) return undefined;
    let isCurrent = true;
    void ask(bridge.ask_agent({ iss, agent: sub })).then((reply) => {
      if (isCurrent && reply.ok) setKnown({ sub, agent: reply.value });
    });
    return () => {
      isCurrent = false;
    };
  }, [bridge, iss, sub, round]);
  return known !== undefined && known.sub === sub ? known.agent : undefined;
}
