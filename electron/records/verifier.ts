import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../clock.ts";
import type { MeasureAnswer, MeasureStep } from "../insights/measuring.ts";
import type { CheckInput, CheckOutput, CheckReply, CheckRequest } from "./messages.ts";

/** A running process that verifies: Electron's `utilityProcess`, or a child of Node in tests. */
export interface VerifyProcess {
  post(request: CheckRequest): void;
  onReply(listener: (reply: CheckReply) => void): void;
  /** It is gone, for whatever reason; called once. */
  onExit(listener: () => void): void;
  kill(): void;
}
export type StartVerifyProcess = () => VerifyProcess;

export interface Verifier {
  /** @throws CountersignError `E_CLI_VERIFIER` when the process ended or did not answer in time: then nothing was checked */
  check(input: CheckInput): Promise<CheckOutput>;
  /** One step of taking figures. @throws as `check` */
  measure(step: MeasureStep): Promise<MeasureAnswer>;
  /** Ends the process and what it knows; the next check starts another. */
  end(): void;
}

/** A page of a hundred rows takes a second or two; one that takes longer hangs. */
const ANSWER_MS = 60_000;

export function makeVerifier(start: StartVerifyProcess, clock: Clock): Verifier {
  interface Waiting {
    readonly resolve: (reply: Extract<CheckReply, { readonly ok: true }>) => void;
    readonly reject: (error: CountersignError) => void;
    readonly cancel: () => void;
  }
  interface Running {
    readonly child: VerifyProcess;
    readonly waiting: Map<number, Waiting>;
  }
  let running: Running | undefined;
  let last = 0;

  function settle({ waiting }: Running, id: number): Waiting | undefined {
    const asked = waiting.get(id);
    waiting.delete(id);
    asked?.cancel();
    return asked;
  }

  function begin(): Running {
    const now: Running = { child: start(), waiting: new Map() };
    now.child.onReply((reply) => {
      const asked = settle(now, reply.id);
      if (reply.ok) asked?.resolve(reply);
      else asked?.reject(new CountersignError("E_CLI_VERIFIER"));
    });
    now.child.onExit(() => {
      if (running === now) running = undefined;
      for (const id of [...now.waiting.keys()]) settle(now, id)?.reject(new CountersignError("E_CLI_VERIFIER"));
    });
    return now;
  }

  function ask(make: (id: number) => CheckRequest): Promise<Extract<CheckReply, { readonly ok: true }>> {
    const now = (running ??= begin());
    return new Promise((resolve, reject) => {
      const id = ++last;
      const cancel = clock.after(ANSWER_MS, () => {
        now.child.kill();
      });
      now.waiting.set(id, { resolve, reject, cancel });
      now.child.post(make(id));
    });
  }

  return {
    async check(input) {
      const reply = await ask((id) => ({ id, input }));
      if (!("output" in reply)) throw new CountersignError("E_CLI_VERIFIER");
      return reply.output;
    },
    async measure(step) {
      const reply = await ask((id) => ({ id, measure: step }));
      if (!("measured" in reply)) throw new CountersignError("E_CLI_VERIFIER");
      return reply.measured;
    },
    end() {
      running?.child.kill();
      running = undefined;
    },
  };
}
