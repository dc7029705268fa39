import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Presentation, Row, Section, SectionId } from "#shared/presentation/presentation.ts";

import { Panel } from "../ui/layout/panel.tsx";
import { color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import { grantsOf } from "./choices.ts";
import type { Choices } from "./choices.ts";
import { Field, Fields } from "./parts/field.tsx";
import { WillBeDone } from "./sections/action.tsx";
import { Chain } from "./sections/chain.tsx";
import { Checks } from "./sections/checks.tsx";
import { Claims } from "./sections/claims.tsx";
import { Conflicts } from "./sections/conflicts.tsx";
import { FromRecord } from "./sections/record.tsx";
import { Risk } from "./sections/risk.tsx";
import { Scope } from "./sections/scope.tsx";

const Foot = styled("p")({ color: color("muted"), fontSize: "0.9375rem" });
const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(2) });

interface Props {
  readonly presentation: Presentation;
  /** Version and check words, for people who compare. */
  readonly foot: string;
  readonly choices: Choices;
  readonly raw: readonly Row[] | undefined;
  readonly onToggleRaw: () => void;
  readonly areClaimsOpen: boolean;
  readonly onTick: (fact: string, isTicked: boolean) => void;
  readonly onDrop: (grant: string, isDropped: boolean) => void;
  readonly onToggleClaims: () => void;
}

/** The request in its fixed order: why it is risky, what disagrees, what will be done, what is true, scope, checks, claims. */
export function ReviewContent(props: Props): ReactElement {
  const { presentation, choices, raw } = props;
  const section = (id: SectionId): Section =>
    presentation.sections.find((one) => one.id === id) ?? { id, title: "", prov: "K", rows: [] };
  return (
    <Stack>
      <Risk section={section("risk")} tier={presentation.tier} />
      <Conflicts section={section("conflicts")} choices={choices} onTick={props.onTick} />
      <WillBeDone
        section={section("action")}
        body={presentation.body}
        isRaw={raw !== undefined}
        onToggleRaw={props.onToggleRaw}
      />
      {raw !== undefined && <Raw rows={raw} />}
      <FromRecord section={section("record")} choices={choices} onTick={props.onTick} />
      <Scope section={section("scope")} grants={grantsOf(presentation)} choices={choices} onDrop={props.onDrop} />
      <Checks section={section("checks")} />
      <Chain section={section("chain")} />
      <Claims section={section("claims")} isOpen={props.areClaimsOpen} onToggle={props.onToggleClaims} />
      <Foot>{props.foot}</Foot>
    </Stack>
  );
}

/** The exact texts that will be sent; an origin code in them is masked by shared/presentation. */
function Raw({ rows }: { readonly rows: readonly Row[] }): ReactElement {
  return (
    <Panel kind="action" title={words.review.rawTitle}>
      <Fields>
        {rows.map((row) => (
          <Field key={row.id} row={row} size="small" isRaw />
        ))}
      </Fields>
    </Panel>
  );
}
