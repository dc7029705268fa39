import Button from "@mui/material/Button";
import { useState } from "react";
import type { ReactElement } from "react";

import type { RecordDetail } from "#shared/ipc/reports.ts";
import { classifyText } from "#shared/presentation/text-hygiene.ts";

import { Hint, Stack } from "../../ui/layout/page.tsx";
import { Panel } from "../../ui/layout/panel.tsx";
import { ClaimWell } from "../../ui/provenance/claim-well.tsx";
import { CheckWords, Identifier, Monospaced } from "../../ui/provenance/values.tsx";
import { erasure } from "../../words/en-gb/erasure.ts";
import { records } from "../../words/en-gb/records.ts";
import { Fact, Facts } from "./facts.tsx";

/** Digest and check words of the exact bytes, and the bytes themselves as text. */
export function SignedBytes({
  signed,
  isErased,
}: {
  readonly signed: RecordDetail["signed"];
  readonly isErased: boolean;
}): ReactElement {
  const said = records.detail;
  const [isOpen, setIsOpen] = useState(false);
  const { canonical } = signed;
  return (
    <Panel kind="plain" title={said.sections.signed}>
      <Stack>
        <Facts>
          <Fact label={said.digest}>
            <Monospaced>
              <Identifier value={signed.digest} />
            </Monospaced>
            {isErased && <Hint>{erasure.digestLeft}</Hint>}
          </Fact>
          {signed.check_words.length > 0 && (
            <Fact label={said.checkWords}>
              <CheckWords>{signed.check_words.join("-")}</CheckWords>
            </Fact>
          )}
        </Facts>
        {canonical !== undefined && (
          // SECURITY: it holds the agent's words among everything else, so it is drawn as they are (approval-experience.md 3.2).
          <ClaimWell
            words={said.canonical}
            isOpen={isOpen}
            texts={[
              {
                id: "canonical",
                label: said.canonical.label,
                tokens: isOpen ? classifyText(canonical, { cls: "C" }).display : [],
                characters: canonical.length,
                lines: 1,
                flags: [],
              },
            ]}
            lead={
              <p>
                <Button onClick={() => setIsOpen(!isOpen)} aria-expanded={isOpen}>
                  {isOpen ? said.canonical.hide : said.canonical.show}
                </Button>
              </p>
            }
          />
        )}
      </Stack>
    </Panel>
  );
}
