import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement } from "react";

import type { ScenarioEntry } from "#shared/ipc/contract.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { useSnapshot } from "../state/context.ts";
import { Column, ErrorText, Hint, Page } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { color, space } from "../ui/theme/css.ts";
import { demo } from "../words/en-gb/demo.ts";

const List = styled("ul")({ listStyle: "none", padding: 0, margin: 0, borderTop: `1px solid ${color("line")}` });
const Entry = styled("li")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  justifyContent: "space-between",
  gap: `${space(0.5)} ${space(3)}`,
  padding: `${space(0.75)} 0`,
  borderBottom: `1px solid ${color("line")}`,
});
const Words = styled("div")({ flex: "1 1 18rem", minWidth: 0 });

/** The demonstration's menu (S13): what the sample agents can try. What is asked for comes to the queue. */
export function ScenariosScreen(): ReactElement {
  const { scenarios } = useSnapshot();
  return (
    <Page data-prov="K" data-region="body" tabIndex={-1} aria-label={demo.heading}>
      <Column>
        <ScreenHeading focusOn="scenarios">{demo.heading}</ScreenHeading>
        <p>{demo.intro}</p>
        {scenarios.length === 0 ? (
          <Hint>{demo.none}</Hint>
        ) : (
          <List>
            {scenarios.map((scenario) => (
              <ScenarioRow key={scenario.id} scenario={scenario} />
            ))}
          </List>
        )}
      </Column>
    </Page>
  );
}

function ScenarioRow({ scenario: { id, title } }: { readonly scenario: ScenarioEntry }): ReactElement {
  const bridge = useBridge();
  const [outcome, setOutcome] = useState<"asked" | { readonly fault: string }>();
  const run = async (): Promise<void> => {
    setOutcome(undefined);
    const reply = await ask(bridge.run_scenario({ id }));
    setOutcome(reply.ok ? "asked" : { fault: sentenceOf(reply.error.code) });
  };
  return (
    <Entry>
      <Words>
        <span id={`scenario-${id}`}>{title}</span>
        <div role="status">
          {outcome === "asked" && <Hint>{demo.asked}</Hint>}
          {typeof outcome === "object" && <ErrorText>{outcome.fault}</ErrorText>}
        </div>
      </Words>
      <Button aria-describedby={`scenario-${id}`} onClick={() => void run()}>
        {demo.ask}
      </Button>
    </Entry>
  );
}
