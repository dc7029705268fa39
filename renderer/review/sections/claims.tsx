import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Section } from "#shared/presentation/presentation.ts";

import { KeyHint } from "../../ui/key-hint.tsx";
import { ClaimWell } from "../../ui/provenance/claim-well.tsx";
import type { ClaimText } from "../../ui/provenance/claim-well.tsx";
import { space } from "../../ui/theme/css.ts";
import { words } from "../../words/en-gb.ts";
import { RowValue } from "../parts/row-value.tsx";

const Lead = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  gap: space(2),
  alignItems: "center",
  marginTop: space(0.5),
});

interface Props {
  readonly section: Section;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

/** The agent's words, last, unchecked, in the one well that may draw them (P1, 3.2). */
export function Claims({ section, isOpen, onToggle }: Props): ReactElement {
  const said = section.rows.filter(({ prov }) => prov === "C");
  const about = section.rows.filter(({ prov }) => prov !== "C");
  return (
    <ClaimWell
      words={words.review.claims}
      isOpen={isOpen}
      texts={said.map((row): ClaimText => ({
        id: row.id,
        label: row.label,
        tokens: row.tokens,
        characters: row.length?.characters ?? 0,
        lines: row.length?.lines ?? 1,
        flags: row.notes ?? [],
      }))}
      lead={
        <Lead>
          <Button onClick={onToggle} aria-expanded={isOpen} aria-keyshortcuts="e">
            {isOpen ? words.review.claims.hide : words.review.claims.show}
            <KeyHint aria-hidden="true">e</KeyHint>
          </Button>
          {isOpen
            ? about.map((row) => (
                <p key={row.id}>
                  {row.label}: <RowValue row={row} />
                </p>
              ))
            : words.review.claims.closedHint}
        </Lead>
      }
    />
  );
}
