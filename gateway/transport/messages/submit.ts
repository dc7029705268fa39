import { CLOSE, clientBodies } from "#shared/protocol/messages.ts";

import type { SubmitAnswer } from "../../core.ts";
import type { Peer } from "../peer.ts";
import { failWith } from "./fault.ts";
import { whenReady } from "./route.ts";

/** `decision.submit` → exactly one `decision.receipt`, or an `error` with nothing stored (V28). */
export const decisionSubmit = whenReady(clientBodies["decision.submit"], (peer, body, re, live) => {
  switch (peer.decisionStarts()) {
    case "wait":
      peer.fail(re, "E_RATE");
      return;
    case "close":
      peer.fail(re, "E_RATE");
      peer.close(CLOSE.tooFast, "decisions in flight");
      return;
    case "go":
      break;
  }
  const ends = () => peer.decisionEnds();
  peer.around.core.submitInGroup(body.jws, live.session, (outcome) => {
    if ("value" in outcome) {
      tell(peer, re, "decision.receipt", outcome.value, ends);
    } else {
      ends();
      failWith(peer, re, "decision.submit", outcome.error);
    }
  });
});

/** `statement.submit` → `statement.receipt` or `error` (protocol.md 3.20). */
export const statementSubmit = whenReady(clientBodies["statement.submit"], (peer, body, re, live) => {
  tell(peer, re, "statement.receipt", peer.around.core.submitStatement(body.jws, live.session));
});

function tell(
  peer: Peer,
  re: string,
  type: "decision.receipt" | "statement.receipt",
  answer: SubmitAnswer,
  flushed?: () => void,
): void {
  if (answer.kind === "receipt") {
    peer.answer(re, type, { jws: answer.jws, ...(answer.duplicate ? { duplicate: true } : {}) }, flushed);
  } else {
    peer.answer(re, "error", { ...answer.error, re }, flushed);
  }
}
