import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import { MONO, color } from "../theme/css.ts";
import { TokenText, tokensOf } from "./shown-text.tsx";
import type { Shown } from "./shown-text.tsx";

/** Isolated, wrapped and never shortened: P4 and approval-experience.md 3.3. */
const Isolated = styled("bdi")({ unicodeBidi: "isolate", overflowWrap: "anywhere", whiteSpace: "pre-wrap" });
const Action = styled(Isolated)({ fontWeight: 700 });
/** An atomic box moves to the next line as one; only where a whole line is too short for it does it wrap inside. */
const OnePiece = styled(Isolated)({ display: "inline-block", maxWidth: "100%" });
const Raw = styled(Isolated)({ fontFamily: MONO, fontSize: "0.9375em", lineHeight: 1.45 });

interface ValueProps {
  readonly value: Shown;
  /** BCP 47 tag, when the source says which. */
  readonly lang?: string;
  /** Identifiers, doses and drug names are left-to-right in every locale; prose takes its own direction. */
  readonly dir?: "ltr" | "auto";
}

/** Class A: what will be executed. */
export function ActionValue({ value, lang, dir = "auto" }: ValueProps): ReactElement {
  return (
    <Action data-prov="A" lang={lang} dir={dir}>
      <TokenText tokens={tokensOf(value, "A")} />
    </Action>
  );
}

/** Class A in ordinary weight: the values around the one that matters most. */
export function ActionText({ value, lang, dir = "auto" }: ValueProps): ReactElement {
  return (
    <Isolated data-prov="A" lang={lang} dir={dir}>
      <TokenText tokens={tokensOf(value, "A")} />
    </Isolated>
  );
}

/** Character by character, as it was sent: class A, or the record's own text. */
export function RawValue({ value, prov = "A" }: { readonly value: Shown; readonly prov?: "A" | "R" }): ReactElement {
  return (
    <Raw data-prov={prov} dir="ltr">
      <TokenText tokens={tokensOf(value, prov)} />
    </Raw>
  );
}

/** Class R: what a system of record says. */
export function RecordValue({ value, lang, dir = "auto" }: ValueProps): ReactElement {
  return (
    <Isolated data-prov="R" lang={lang} dir={dir}>
      <TokenText tokens={tokensOf(value, "R")} />
    </Isolated>
  );
}

/** Class R: a number that somebody is known by, and a date of birth. Broken at its hyphen it would read as two (NUM-0001). */
export function Identifier({ value }: { readonly value: Shown }): ReactElement {
  return (
    <OnePiece data-prov="R" dir="ltr">
      <TokenText tokens={tokensOf(value, "R")} />
    </OnePiece>
  );
}

/** Class R: the name of a person, where joiners of some scripts are spelling. */
export function PersonName({ value }: { readonly value: Shown }): ReactElement {
  return (
    <Isolated data-prov="R" dir="auto">
      <TokenText tokens={tokensOf(value, "N")} />
    </Isolated>
  );
}

/** Class U: what a person typed in the app: a reason, a note. */
export function UserText({ value }: { readonly value: Shown }): ReactElement {
  return (
    <Isolated data-prov="U" dir="auto">
      <TokenText tokens={tokensOf(value, "U")} />
    </Isolated>
  );
}

/** Class K inside a value of another class: a unit of layout of the app's own words. */
export function AppText({ children }: { readonly children: ReactNode }): ReactElement {
  return <span data-prov="K">{children}</span>;
}

/** A number that people compare by eye: check words, references, digests. */
export const Monospaced = styled("span")({ fontFamily: MONO, fontSize: "0.9375em", color: color("text") });
/** Words that people read to each other stay on one line. */
export const CheckWords = styled(Monospaced)({ whiteSpace: "nowrap" });
