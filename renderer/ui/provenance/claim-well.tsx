import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useId, useState } from "react";
import type { ReactElement, ReactNode } from "react";

import type { Token } from "#shared/presentation/text/tokens.ts";

import { VisuallyHidden } from "../layout/visually-hidden.tsx";
import { color, space } from "../theme/css.ts";
import { TokenText } from "./shown-text.tsx";

/** The app's words around a claim; the well has none of its own, so that no claim can look like one of them. */
export interface ClaimWords {
  /** "Agent's words, not checked": heading and accessible name. */
  readonly name: string;
  readonly end: string;
  readonly showAll: (characters: number) => string;
  readonly showLess: string;
}

export interface ClaimText {
  readonly id: string;
  /** The app's word for what this is, e.g. "Why the agent asks". */
  readonly label: string;
  readonly tokens: readonly Token[];
  readonly characters: number;
  readonly lines: number;
  /** Flags in the app's words, e.g. "Agent text, not a system message". */
  readonly flags: readonly string[];
}

const MOST_LINES = 12;
const ABOUT_CHARACTERS_PER_LINE = 90;

const Well = styled("section")({
  border: `1px dashed ${color("claimEdge")}`,
  borderInlineStart: `6px double ${color("claimEdge")}`,
  borderRadius: 4,
  backgroundColor: color("claimBack"),
  color: color("claimText"),
  padding: `${space(1.5)} ${space(2)}`,
  unicodeBidi: "isolate",
});
const Head = styled("header")({ display: "flex", alignItems: "center", gap: space(1), flexWrap: "wrap" });
const Title = styled("h2")({ fontSize: "1.0625rem", fontWeight: 700, lineHeight: 1.35 });
const Words = styled("bdi")({
  display: "block",
  unicodeBidi: "isolate",
  whiteSpace: "pre-wrap",
  overflowWrap: "anywhere",
  overflow: "hidden",
  maxWidth: "72ch",
  lineHeight: 1.4,
  "&[data-capped='true']": { maxHeight: `calc(${MOST_LINES} * 1.4em)` },
});
const Label = styled("h3")({ fontSize: "0.875rem", fontWeight: 700, marginTop: space(1.5) });
const Flag = styled("p")({ fontSize: "0.9375rem", fontWeight: 700, marginTop: space(0.5) });
const End = styled("p")({ fontSize: "0.875rem", marginTop: space(1) });

interface Props {
  readonly words: ClaimWords;
  readonly texts: readonly ClaimText[];
  readonly isOpen: boolean;
  /** Button that opens it, and what the app itself says about the agent. Never class C. */
  readonly lead: ReactNode;
}

/**
 * The only component that draws class C (approval-experience.md 3.2): plain text in an isolated, dashed, tinted well of
 * at most twelve lines, between a name and an end marker that are outside the agent's text.
 */
export function ClaimWell({ words, texts, isOpen, lead }: Props): ReactElement {
  const heading = useId();
  return (
    <Well aria-labelledby={heading} data-prov="K">
      <Head>
        <Title id={heading}>{words.name}</Title>
      </Head>
      {lead}
      {isOpen && (
        <>
          {texts.map((text) => (
            <OneClaim key={text.id} text={text} words={words} />
          ))}
          <End>{words.end}</End>
        </>
      )}
    </Well>
  );
}

function OneClaim({ text, words }: { readonly text: ClaimText; readonly words: ClaimWords }): ReactElement {
  const [isWhole, setIsWhole] = useState(false);
  const isLong = text.lines > MOST_LINES || text.characters > MOST_LINES * ABOUT_CHARACTERS_PER_LINE;
  return (
    <div>
      <Label>{text.label}</Label>
      {text.flags.map((flag) => (
        <Flag key={flag}>{flag}</Flag>
      ))}
      <Words data-prov="C" data-capped={isLong && !isWhole} dir="auto">
        <TokenText tokens={text.tokens} />
      </Words>
      {isLong && (
        <Button variant="text" onClick={() => setIsWhole(!isWhole)} aria-expanded={isWhole}>
          {isWhole ? words.showLess : words.showAll(text.characters)}
          <VisuallyHidden>{`: ${text.label}`}</VisuallyHidden>
        </Button>
      )}
    </div>
  );
}
