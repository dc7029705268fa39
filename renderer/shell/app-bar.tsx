import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { memo } from "react";
import type { ReactElement } from "react";

import type { Person } from "#shared/ipc/contract.ts";

import { useIsDemo } from "../state/mode.ts";
import { Padlock } from "../ui/icons.tsx";
import { Region } from "../ui/layout/region.tsx";
import { Identifier, PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { color, FORCED, LOW, NARROW, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Bar = styled(Region)({
  flex: "none",
  display: "flex",
  alignItems: "stretch",
  flexWrap: "wrap",
  columnGap: space(3),
  padding: `0 ${space(3)}`,
  borderBottom: `1px solid ${color("edge")}`,
  backgroundColor: color("page"),
  [LOW]: { padding: `0 ${space(1)}`, columnGap: space(1), flexWrap: "nowrap" },
});
const Product = styled("span")({
  fontWeight: 700,
  fontSize: "1.125rem",
  alignSelf: "center",
  [NARROW]: { display: "none" },
});
const Nav = styled("nav")({
  display: "flex",
  alignItems: "stretch",
  // In a low window height is for reading: places that have no room are scrolled to, and the name takes two lines.
  [LOW]: { minWidth: 0, overflowX: "auto", scrollbarWidth: "none" },
});
const Place = styled("button")({
  font: "inherit",
  color: color("text"),
  background: "none",
  border: 0,
  borderBottom: "4px solid transparent",
  borderTop: "4px solid transparent",
  padding: `${space(1)} ${space(1.75)}`,
  cursor: "pointer",
  "&:hover": { backgroundColor: color("hover") },
  "&[aria-current='page']": { fontWeight: 700, borderBottomColor: color("primary") },
  "&:focus-visible": { outlineOffset: -3 },
  [LOW]: { padding: `${space(0.5)} ${space(1)}`, [NARROW]: { padding: `${space(0.5)} ${space(0.5)}` } },
  [FORCED]: { borderColor: "Canvas", "&[aria-current='page']": { borderBottomColor: "Highlight" } },
});
const Count = styled("span")({ color: color("muted"), fontWeight: 400, marginInlineStart: space(0.75) });
const Who = styled("div")({
  marginInlineStart: "auto",
  alignSelf: "center",
  textAlign: "end",
  lineHeight: 1.25,
  padding: `${space(0.5)} 0`,
  minWidth: 0,
  [LOW]: { flex: "none", maxWidth: "50%", [NARROW]: { width: "5.5rem" } },
});
const Name = styled("p")({ fontWeight: 700 });
const Role = styled("p")({ color: color("muted"), fontSize: "0.9375rem", [LOW]: { display: "none" } });
const Actions = styled("div")({
  display: "flex",
  alignItems: "center",
  gap: space(1),
  [NARROW]: { "& svg": { display: "none" } },
  [LOW]: { "& button": { minHeight: "1.75rem", minWidth: 0, padding: `0 ${space(1)}` } },
});

export type PlaceName = "queue" | "history" | "insights" | "settings" | "scenarios";

interface Props {
  readonly person: Person;
  /** Where one can go; in the practice there is nowhere else. */
  readonly places?: {
    readonly current: PlaceName | undefined;
    readonly waiting: number;
    readonly onGo: (place: PlaceName) => void;
  };
  readonly isInert: boolean;
  readonly onLock: () => void;
  readonly onHelp: () => void;
}

/** Where one is, and who signs here: always in full, always in the same place (P11). */
export function AppBar(props: Props): ReactElement {
  const { shell } = words;
  return (
    <Bar data-region="bar" tabIndex={-1} aria-label={shell.regions.bar} inert={props.isInert}>
      <Product>{shell.product}</Product>
      {props.places !== undefined && <Places {...props.places} />}
      <Here person={props.person} onLock={props.onLock} onHelp={props.onHelp} />
    </Bar>
  );
}

/** What a request that arrives changes nothing of, so it is not drawn again with the count beside it (R9). */
const Here = memo(function Here({ person, onLock, onHelp }: Pick<Props, "person" | "onLock" | "onHelp">): ReactElement {
  const { shell } = words;
  return (
    <>
      <Who>
        <Name>
          <PersonName value={person.name} />
        </Name>
        <Role>
          <RecordValue value={person.role} /> · {shell.regNo} <Identifier value={person.reg_no} />
        </Role>
      </Who>
      <Actions>
        <Button onClick={onHelp}>{shell.help}</Button>
        <Button onClick={onLock} startIcon={<Padlock />}>
          {shell.lock}
        </Button>
      </Actions>
    </>
  );
});

function Places({ current, waiting, onGo }: NonNullable<Props["places"]>): ReactElement {
  const { nav } = words.shell;
  const place = (name: PlaceName, count?: number): ReactElement => (
    <PlaceButton name={name} isCurrent={current === name} count={count} onGo={onGo} />
  );
  return (
    <Nav aria-label={nav.label}>
      {place("queue", waiting)}
      {place("history")}
      {place("insights")}
      {place("settings")}
      {useIsDemo() && place("scenarios")}
    </Nav>
  );
}

interface PlaceProps {
  readonly name: PlaceName;
  readonly isCurrent: boolean;
  readonly count: number | undefined;
  readonly onGo: (place: PlaceName) => void;
}

const PlaceButton = memo(function PlaceButton({ name, isCurrent, count, onGo }: PlaceProps): ReactElement {
  return (
    <Place type="button" aria-current={isCurrent ? "page" : undefined} onClick={() => onGo(name)}>
      {words.shell.nav[name]}
      {count !== undefined && <Count>{count}</Count>}
    </Place>
  );
});
