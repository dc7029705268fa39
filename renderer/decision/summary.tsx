import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Presentation, Row } from "#shared/presentation/presentation.ts";

import { arrangeAction } from "../review/arrange-action.ts";
import { RowValue } from "../review/parts/row-value.tsx";
import { PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Patient = styled("p")({
  backgroundColor: color("bannerBack"),
  color: color("bannerText"),
  borderRadius: 4,
  padding: `${space(1)} ${space(1.5)}`,
  display: "flex",
  flexWrap: "wrap",
  columnGap: space(3),
  fontSize: "1.0625rem",
});
const Strong = styled("strong")({ fontSize: "1.125rem" });
const Label = styled("span")({ color: color("bannerLabel"), marginInlineEnd: space(0.75) });
const Action = styled("div")({ fontSize: "1.125rem", lineHeight: 1.35 });
const Kind = styled("p")({ fontSize: "1rem", color: color("muted") });
const Line = styled("p")({ display: "flex", flexWrap: "wrap", columnGap: space(2) });
const Part = styled("span")({ overflowWrap: "anywhere" });
const PartLabel = styled("span")({ color: color("muted"), marginInlineEnd: space(0.5), fontSize: "0.9375rem" });
const List = styled("ul")({ "& li": { overflowWrap: "anywhere" } });

const SHOWN_CHANGES = 4;
const WHO: readonly string[] = ["who/name", "who/birthDate", "who/identifiers/0"];

/** Who it is for, on the sheet itself: two identifiers beside the signature (P8, P11). */
export function PatientLine({ presentation }: { readonly presentation: Presentation }): ReactElement {
  const who = presentation.sections.find(({ id }) => id === "who")?.rows ?? [];
  const rows = who.filter(({ id }) => WHO.includes(id));
  if (rows.length === 0) return <Patient>{words.requests.noPatient}</Patient>;
  return (
    <Patient>
      {rows.map((row) =>
        row.id === "who/name" ? (
          <Strong key={row.id}>
            <PersonName value={row.tokens} />
          </Strong>
        ) : (
          <span key={row.id}>
            <Label>{row.source === undefined ? row.label : <RecordValue value={row.source} />}</Label>
            <RowValue row={row} />
          </span>
        ),
      )}
    </Patient>
  );
}

/** What is decided, from the same rows as the review. `title` is "You approve" or "You deny". */
export function ActionLine({
  presentation,
  title,
}: {
  readonly presentation: Presentation;
  readonly title: string;
}): ReactElement {
  const section = presentation.sections.find(({ id }) => id === "action");
  const layout = section === undefined ? undefined : arrangeAction(section);
  const recipientOrMedicine = layout?.subject ?? [];
  const line = (layout?.line ?? []).filter(({ role }) => role !== "instructions");
  const changes = layout?.changes ?? [];
  const isBare = recipientOrMedicine.length + line.length + changes.length === 0;
  return (
    <Action>
      <Kind>
        {title} {presentation.headline.kind.charAt(0).toLowerCase() + presentation.headline.kind.slice(1)}
      </Kind>
      {recipientOrMedicine.map((row) => (
        <p key={row.id}>
          <RowValue row={row} isStrong />
        </p>
      ))}
      {line.length > 0 && (
        <Line>
          {line.map((row) => (
            <Part key={row.id}>
              <PartLabel>{row.label}</PartLabel>
              <RowValue row={row} isStrong={row.role === "dose"} />
            </Part>
          ))}
        </Line>
      )}
      {changes.length > 0 && <Changes rows={changes} />}
      {isBare && presentation.headline.item !== "" && <BareItem presentation={presentation} />}
    </Action>
  );
}

function Changes({ rows }: { readonly rows: readonly Row[] }): ReactElement {
  const shown = rows.slice(0, SHOWN_CHANGES);
  return (
    <List>
      {shown.map((row) => (
        <li key={row.id}>
          <strong>{row.change?.word}</strong> {row.label}: <RecordValue value={row.change?.before ?? []} />
          {(row.change?.before.length ?? 0) > 0 && " → "}
          <RowValue row={row} />
        </li>
      ))}
      {rows.length > shown.length && <li>{words.decision.approve.moreChanges(rows.length - shown.length)}</li>}
    </List>
  );
}

function BareItem({ presentation }: { readonly presentation: Presentation }): ReactElement {
  const action = presentation.sections.find(({ id }) => id === "action");
  const url = action?.rows.find(({ pointer }) => pointer === "/action/op/url");
  return (
    <>
      {url !== undefined && (
        <p>
          <RowValue row={url} isStrong />
        </p>
      )}
      {action?.other !== undefined && <Kind>{action.other.title}</Kind>}
    </>
  );
}
