import { styled } from "@mui/material/styles";
import { useId } from "react";
import type { ReactElement, ReactNode } from "react";

import { Unbroken } from "../one-line.tsx";
import { FORCED, color, space } from "../theme/css.ts";

/** Which container a statement lives in (P2): action and record never share one. */
export type PanelKind = "action" | "record" | "plain";

const Frame = styled("section")<{ readonly kind: PanelKind }>(({ kind }) => ({
  backgroundColor: kind === "record" ? color("panel") : color("page"),
  border:
    kind === "action" ? `3px solid ${color("text")}` : `1px solid ${kind === "record" ? color("edge") : color("line")}`,
  borderRadius: 4,
  padding: `${space(1.75)} ${space(2)}`,
  [FORCED]: { borderColor: "CanvasText" },
}));
const Head = styled("header")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "baseline",
  justifyContent: "space-between",
  columnGap: space(3),
  rowGap: space(0.25),
  marginBottom: space(1.25),
});
const Title = styled("h2")({ fontSize: "1.0625rem", fontWeight: 700, lineHeight: 1.35 });
const Lead = styled("div")({ flex: "1 1 auto" });
const Source = styled("div")({ color: color("muted"), fontSize: "0.9375rem" });

interface Props {
  readonly kind: PanelKind;
  readonly title: string;
  /** What it is about, beside the title. */
  readonly lead?: ReactNode;
  /** Source and time of what is inside (approval-experience.md 3.3(4)), or a count. */
  readonly source?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ kind, title, lead, source, children }: Props): ReactElement {
  const id = useId();
  return (
    <Frame kind={kind} aria-labelledby={id}>
      <Head>
        <Title id={id}>{title}</Title>
        {lead !== undefined && <Lead>{lead}</Lead>}
        {source !== undefined && (
          <Source>
            <Unbroken>{source}</Unbroken>
          </Source>
        )}
      </Head>
      {children}
    </Frame>
  );
}
