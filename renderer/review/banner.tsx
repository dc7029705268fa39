import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Row, Section } from "#shared/presentation/presentation.ts";

import { AmberTriangle } from "../ui/icons.tsx";
import { Region } from "../ui/layout/region.tsx";
import { VisuallyHidden } from "../ui/layout/visually-hidden.tsx";
import { PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { color, FORCED, LOW, space } from "../ui/theme/css.ts";
import { spokenNumber } from "../time/spoken.ts";
import { words } from "../words/en-gb.ts";
import type { Allergies } from "./allergies.ts";
import { RowValue } from "./parts/row-value.tsx";
import { SeenEdge } from "./seen/area.tsx";

const Box = styled(Region)({
  flex: "none",
  padding: `${space(1)} ${space(3)}`,
  backgroundColor: color("bannerBack"),
  color: color("bannerText"),
  borderBottom: `3px solid ${color("bannerEdge")}`,
  lineHeight: 1.3,
  "&[data-deceased='true']": {
    color: color("deceasedText"),
    backgroundColor: color("deceasedBack"),
    backgroundImage: `repeating-linear-gradient(135deg, ${color("deceasedBack")} 0 10px, ${color("deceasedHatch")} 10px 12px)`,
    borderBottomColor: color("deceasedText"),
  },
  [LOW]: { padding: `${space(0.5)} ${space(2)}` },
  [FORCED]: { border: "2px solid CanvasText" },
});
const Line = styled("dl")({
  display: "flex",
  flexWrap: "wrap",
  columnGap: space(4),
  rowGap: space(0.25),
  margin: 0,
  alignItems: "baseline",
  [LOW]: { columnGap: space(2) },
});
const Pair = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  columnGap: space(1),
  alignItems: "baseline",
  minWidth: 0,
});
const Label = styled("dt")({
  color: color("bannerLabel"),
  "[data-deceased='true'] &": { color: color("deceasedText") },
});
/** Takes no room: the name needs no visible label. */
const NameLabel = styled("dt")({ width: 0, marginInlineEnd: `calc(-1 * ${space(1)})` });
const Value = styled("dd")({
  fontWeight: 700,
  fontSize: "1.0625rem",
  overflowWrap: "anywhere",
  // FHIR's code is a word in small letters; the banner writes it as one of its own (PAB-0044). Only how it looks changes.
  "&[data-row='who/sex'] > *": { display: "inline-block", "&::first-letter": { textTransform: "uppercase" } },
});
const Name = styled("dd")({
  fontWeight: 700,
  fontSize: "1.375rem",
  overflowWrap: "anywhere",
  [LOW]: { fontSize: "1.125rem" },
});
/** Low windows keep name, birth and number in the banner; the rest leads the content (`BannerRest`). */
const SecondLine = styled(Line)({ [LOW]: { display: "none" } });
const OnlyLow = styled(Line)({ display: "none", [LOW]: { display: "flex" } });
const Alert = styled("dd")({ fontSize: "0.9375rem", "& > svg": { marginInlineEnd: space(0.5) } });

/** Tab and reading order of the banner: name, born, gender, number, then the rest (PAB-0076). */
const FIRST: readonly string[] = ["who/name", "who/birthDate", "who/deceased", "who/sex", "who/identifiers/0"];
const rank = ({ id }: Row): number => (FIRST.includes(id) ? FIRST.indexOf(id) : FIRST.length);

interface Props {
  readonly who: Section;
  readonly allergies: Allergies;
  readonly isInert: boolean;
}

/** Who it is for: full width, never covered, always two identifiers (P8; NHS CUI Patient Banner). */
export function Banner({ who, allergies, isInert }: Props): ReactElement {
  const rows = who.rows.toSorted((a, b) => rank(a) - rank(b));
  const isDeceased = rows.some(({ id }) => id === "who/deceased");
  const first = rows.filter(({ id }) => FIRST.includes(id));
  const rest = rows.filter(({ id }) => !FIRST.includes(id));
  return (
    <Box
      data-region="banner"
      data-deceased={isDeceased}
      tabIndex={-1}
      aria-label={words.shell.regions.banner}
      inert={isInert}
    >
      <Line>
        {first.map((row) => (
          <Item key={row.id} row={row} />
        ))}
      </Line>
      <SecondLine>
        <Rest rows={rest} hasName={first.some(({ id }) => id === "who/name")} allergies={allergies} />
      </SecondLine>
    </Box>
  );
}

/** What a low window has no room for in the banner: at the top of the content instead, nowhere else twice. */
export function BannerRest({ who, allergies }: Pick<Props, "who" | "allergies">): ReactElement {
  return (
    <OnlyLow>
      <Rest
        rows={who.rows.filter(({ id }) => !FIRST.includes(id))}
        hasName={who.rows.some(({ id }) => id === "who/name")}
        allergies={allergies}
      />
    </OnlyLow>
  );
}

interface RestProps {
  readonly rows: readonly Row[];
  readonly hasName: boolean;
  readonly allergies: Allergies;
}

function Rest({ rows, hasName, allergies }: RestProps): ReactElement {
  return (
    <>
      {hasName && <AllergyLine allergies={allergies} />}
      {rows.map((row) => (
        <Item key={row.id} row={row} />
      ))}
    </>
  );
}

function Item({ row }: { readonly row: Row }): ReactElement {
  const isName = row.id === "who/name";
  return (
    <Pair data-seen-id={row.id} data-alert={row.alert === undefined ? undefined : ""} tabIndex={-1}>
      {isName ? (
        <NameLabel>
          <VisuallyHidden>{row.label}</VisuallyHidden>
          <SeenEdge id={row.id} edge="start" />
        </NameLabel>
      ) : (
        <Label>
          <SeenEdge id={row.id} edge="start" />
          {row.source === undefined ? row.label : <RecordValue value={row.source} />}
        </Label>
      )}
      {isName ? (
        <Name>
          <PersonName value={row.tokens} />
          <SeenEdge id={row.id} edge="end" />
        </Name>
      ) : (
        <Value data-row={row.id}>
          <Spoken row={row} />
          <SeenEdge id={row.id} edge="end" />
        </Value>
      )}
      {row.alert !== undefined && (
        <Alert>
          <AmberTriangle />
          {row.alert.text}
        </Alert>
      )}
    </Pair>
  );
}

/** An NHS number is heard digit by digit in its groups (approval-experience.md 10.9). */
function Spoken({ row }: { readonly row: Row }): ReactElement {
  const text = row.tokens.map((token) => token.text).join("");
  if (!/^\d{3} \d{3} \d{4}$/.test(text)) return <RowValue row={row} />;
  return (
    <>
      <span aria-hidden="true">
        <RowValue row={row} />
      </span>
      <VisuallyHidden data-prov="R">{spokenNumber(text)}</VisuallyHidden>
    </>
  );
}

function AllergyLine({ allergies }: { readonly allergies: Allergies }): ReactElement {
  const said = words.review.allergies;
  switch (allergies.kind) {
    case "known":
      return (
        <Pair>
          <Label>
            <AmberTriangle /> {said.known}
          </Label>
          {allergies.texts.map((text) => (
            <Value key={text}>
              <RecordValue value={text} />
            </Value>
          ))}
        </Pair>
      );
    case "none":
      return <Statement text={said.none} />;
    case "not_recorded":
      return <Statement text={said.notRecorded} />;
    case "unavailable":
      return <Statement text={said.unavailable} />;
    default:
      return allergies satisfies never;
  }
}

function Statement({ text }: { readonly text: string }): ReactElement {
  return (
    <Pair>
      <NameLabel>
        <VisuallyHidden>{words.review.allergies.label}</VisuallyHidden>
      </NameLabel>
      <Value>{text}</Value>
    </Pair>
  );
}
