import { useState } from "react";

import { sentenceOf } from "#shared/protocol/registry.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";

/** The two things that can be asked of a practice from outside it, and why one was refused. */
export function usePractice(): {
  readonly fault: string | undefined;
  readonly begin: () => void;
  readonly finish: () => void;
} {
  const bridge = useBridge();
  const [fault, setFault] = useState<string>();
  const asked = async (reply: ReturnType<typeof bridge.practice_begin>): Promise<void> => {
    const answer = await ask(reply);
    setFault(answer.ok ? undefined : sentenceOf(answer.error.code));
  };
  return {
    fault,
    begin: () => void asked(bridge.practice_begin(undefined)),
    finish: () => void asked(bridge.practice_finish(undefined)),
  };
}
