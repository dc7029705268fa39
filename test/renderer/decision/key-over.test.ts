import { expect, it } from "vitest";

import { withoutTime } from "../../../renderer/decision/receipt-times.ts";
import { receiptState } from "../../../renderer/decision/receipt-state.ts";
import { statusWords } from "../../../renderer/review/status-words.ts";

it.each(["E_KEY_REVOKED", "E_KEY_VALIDITY"] as const)(
  "a decision that its key's end (%s) kept from being delivered asks for no other signature, and does not say that nothing was done",
  (code) => {
    const status = { kind: "undelivered", decision: "deny", code } as const;
    const said = receiptState(status, {} as never, false, 0);
    expect(said).toMatchObject({ tone: "trouble", canReadAgain: false });
    expect(`${said.title} ${said.detail ?? ""}`).not.toMatch(/sign again|nothing was done/i);
    expect(statusWords(status, 0, "Europe/London")).toEqual({ text: "Not delivered", shape: "triangle" });
    expect(withoutTime(status, undefined)).toEqual({ accepted: "Not known", executed: "No" });
    const approval = { ...status, decision: "approve" } as const;
    expect(withoutTime(approval, undefined)).toEqual({ accepted: "Not known", executed: "Not known" });
  },
);
