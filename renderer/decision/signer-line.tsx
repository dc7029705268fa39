import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { SignerLine as Signer } from "#shared/ipc/contract.ts";

import { Identifier, PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Line = styled("p")({ display: "flex", flexWrap: "wrap", columnGap: space(1.5), alignItems: "baseline" });
const Label = styled("span")({ color: color("muted") });
const Name = styled("strong")({ fontSize: "1.0625rem" });

/** The signer in full, beside the control that signs (P11). */
export function SignerLine({ signer }: { readonly signer: Signer }): ReactElement {
  return (
    <Line>
      <Label>{words.decision.approve.signAs}</Label>
      <Name>
        <PersonName value={signer.name} />
      </Name>
      <span>
        {words.shell.regNo} <Identifier value={signer.reg_no} />
      </span>
      <RecordValue value={signer.role} />
    </Line>
  );
}
