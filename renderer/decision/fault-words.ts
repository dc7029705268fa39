import type { WireFault } from "#shared/ipc/contract.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { words } from "../words/en-gb.ts";

/** What a refusal means on the approval sheet, and what happens next there. */
export interface SheetFault {
  readonly text: string;
  readonly next: "mismatch" | "ask_pin" | "stay";
}

export function sheetFault(fault: WireFault, patientName: string | undefined): SheetFault {
  const said = words.decision.approve;
  switch (fault.code) {
    case "E_CLI_REENTRY":
      return {
        text: patientName === undefined ? said.mismatchNoPatient : said.mismatch(patientName),
        next: "mismatch",
      };
    case "E_CLI_PIN":
      return { text: said.wrongPin(fault.tries_left), next: "ask_pin" };
    case "E_UV_STALE":
    case "E_UV_ACR":
      return { text: said.pinAsked, next: "ask_pin" };
    default:
      return { text: `${said.refused(sentenceOf(fault.code))} ${words.shell.code(fault.code)}`, next: "stay" };
  }
}
