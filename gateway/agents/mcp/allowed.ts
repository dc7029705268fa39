import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Access, NoteAccess } from "../access-log.ts";
import { refusal } from "./answers.ts";
import { META } from "./names.ts";

/** How long an answer is kept for a retry under the same key, seconds; of how many calls; and how long an answer. */
const KEPT_S = 600;
const MOST = 1000;
const LONGEST_KEPT = 64 * 1024;

export interface AllowedCall extends Access {
  /** The agent's own idempotency key. */
  readonly key: string | undefined;
}

/** What policy allows without a person: logged before it is done, and done once under one key. */
export interface Allowed {
  /** @throws CountersignError `E_IDEMPOTENCY` when the key was used for another call, `E_STORE_*` when it cannot be logged */
  run(call: AllowedCall, work: () => Promise<CallToolResult>): Promise<CallToolResult>;
}

export interface AllowedOptions {
  readonly crypto: Crypto;
  readonly note: NoteAccess;
  /** Unix seconds. */
  readonly now: () => number;
}

export function makeAllowed({ crypto, note, now }: AllowedOptions): Allowed {
  const kept = new Map<string, { readonly what: string; answer: Promise<CallToolResult>; readonly until: number }>();

  async function once(call: AllowedCall, key: string, work: () => Promise<CallToolResult>): Promise<CallToolResult> {
    const name = JSON.stringify([call.agent, key]);
    const what = dig(crypto, JSON.stringify([call.url, call.body]));
    const known = kept.get(name);
    if (known !== undefined && known.until > now()) {
      if (known.what !== what) throw new CountersignError("E_IDEMPOTENCY");
      return await known.answer;
    }
    if (kept.size >= MOST) for (const [old, { until }] of kept) if (until <= now()) kept.delete(old);
    // SECURITY: what cannot be remembered is not begun: a retry would do it twice.
    if (kept.size >= MOST) throw new CountersignError("E_RATE");
    note(call);
    const entry = { what, answer: work(), until: now() + KEPT_S };
    kept.set(name, entry);
    try {
      const answer = await entry.answer;
      if (isAbsent(answer)) kept.delete(name);
      else if (JSON.stringify(answer).length > LONGEST_KEPT) entry.answer = Promise.resolve(ANSWERED);
      return answer;
    } catch (fault) {
      kept.delete(name);
      throw fault;
    }
  }

  return {
    async run(call, work) {
      if (call.key !== undefined) return await once(call, call.key, work);
      note(call);
      return await work();
    },
  };
}

const ANSWERED = refusal("E_IDEMPOTENCY", "It was answered before under this key. The answer was too long to be kept.");

/** Certainly not done: the same key may try again. */
function isAbsent({ _meta }: CallToolResult): boolean {
  const outcome = _meta?.[META.outcome];
  return typeof outcome === "object" && outcome !== null && "code" in outcome && outcome.code === "E_UPSTREAM";
}
