import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement } from "react";

import type { BodyKind, Row, Section } from "#shared/presentation/presentation.ts";

import { Panel } from "../../ui/layout/panel.tsx";
import { KeyHint } from "../../ui/key-hint.tsx";
import { Strip } from "../../ui/layout/strip.tsx";
import { color, space } from "../../ui/theme/css.ts";
import { words } from "../../words/en-gb.ts";
import { arrangeAction } from "../arrange-action.ts";
import { Field, Fields } from "../parts/field.tsx";
import { AsSent } from "./as-sent.tsx";
import { ChangeTable } from "./changes.tsx";
import { Headline } from "./headline.tsx";
import { RawTable } from "./raw-table.tsx";

const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(2) });
const Part = styled("section")({ borderTop: `1px solid ${color("line")}`, paddingTop: space(1.5) });
const PartTitle = styled("h3")({ fontSize: "1rem", fontWeight: 700, marginBottom: space(1) });

interface Props {
  readonly section: Section;
  readonly body: BodyKind;
  readonly isRaw: boolean;
  readonly onToggleRaw: () => void;
}

/** What will be executed, from the exact bytes: the one panel whose content is signed (P1). */
export function WillBeDone({ section, body, isRaw, onToggleRaw }: Props): ReactElement {
  const layout = arrangeAction(section);
  const { other, unchanged } = section;
  return (
    <Panel
      kind="action"
      title={section.title}
      lead={<Headline rows={layout.headline} />}
      source={
        <Button variant="text" onClick={onToggleRaw} aria-expanded={isRaw} aria-keyshortcuts="r">
          {isRaw ? words.review.hideRaw : words.review.showRaw}
          <KeyHint aria-hidden="true">r</KeyHint>
        </Button>
      }
    >
      <Stack>
        {body === "generic" && <Strip kind="amber">{words.review.noView}</Strip>}
        {layout.subject.length > 0 && (
          <Fields>
            {layout.subject.map((row) => (
              <Field key={row.id} row={row} size="hero" isSentBelow isLabelHidden={row.role === "medicine"} />
            ))}
          </Fields>
        )}
        <Values rows={layout.line} size="strong" isSentBelow />
        <AsSent rows={[...layout.subject, ...layout.line]} />
        {layout.changes.length > 0 && <ChangeTable rows={layout.changes} />}
        <Values rows={layout.details} size="plain" />
        {unchanged !== undefined && unchanged.rows.length > 0 && (
          <Unchanged title={unchanged.title} rows={unchanged.rows} />
        )}
        {layout.documents.length > 0 && (
          <Part>
            <PartTitle>{words.review.documents}</PartTitle>
            <Values rows={layout.documents} size="small" />
          </Part>
        )}
        {other !== undefined && (
          <Part>
            <RawTable id={other.id} title={other.title} rows={other.rows} isMain={body === "generic"} />
          </Part>
        )}
        {layout.technical.length > 0 && (
          <Part>
            <PartTitle>{words.review.sentSmall}</PartTitle>
            <Values rows={layout.technical} size="small" />
          </Part>
        )}
      </Stack>
    </Panel>
  );
}

function Values({
  rows,
  size,
  isSentBelow = false,
}: {
  readonly rows: readonly Row[];
  readonly size: "strong" | "plain" | "small";
  readonly isSentBelow?: boolean;
}): ReactElement | null {
  if (rows.length === 0) return null;
  return (
    <Fields>
      {rows.map((row) => (
        <Field key={row.id} row={row} size={size} isSentBelow={isSentBelow} />
      ))}
    </Fields>
  );
}

/** Fields of an update that stay as they are: counted, and one click away. */
function Unchanged({ title, rows }: { readonly title: string; readonly rows: readonly Row[] }): ReactElement {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div>
      <Button onClick={() => setIsOpen(!isOpen)} aria-expanded={isOpen}>
        {isOpen ? words.review.hideUnchanged(title) : words.review.showUnchanged(title)}
      </Button>
      {isOpen && <Values rows={rows} size="small" />}
    </div>
  );
}
