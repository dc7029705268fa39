import type { ErrorCode } from "#shared/protocol/registry.ts";
import { gateSigned } from "#shared/protocol/verify/signed.ts";
import { CountersignError } from "#shared/protocol/error.ts";

/** So many failures of one key within this time suspend it (protocol.md 3.8, side channels; OWASP 2.4). */
const FAILURES = 5;
const WITHIN_S = 600;

/** Counts failures that only the key's holder, or someone with the key's live session, can cause. */
export interface Suspicion {
  /** A V22 failure of a verified decision. True: the key must be suspended. */
  rejected(kid: string, code: ErrorCode): boolean;
  /** An `error` inside a session. True: the session's key must be suspended. */
  failed(jws: string, session: { readonly kid: string } | undefined, code: ErrorCode): boolean;
}

export function makeSuspicion(now: () => number): Suspicion {
  const failures = new Map<string, number[]>();
  const count = (kid: string): boolean => {
    const recent = (failures.get(kid) ?? []).filter((at) => at > now() - WITHIN_S);
    recent.push(now());
    failures.set(kid, recent);
    return recent.length >= FAILURES;
  };
  return {
    rejected: (kid, code) => code.startsWith("E_UV_") && count(kid),
    failed(jws, session, code) {
      // SECURITY: bad signatures from outside the key's own session never count, else anybody could lock a clinician
      // out (T-36).
      if (code !== "E_SIG_BAD" || session === undefined) return false;
      return signerOf(jws) === session.kid && count(session.kid);
    },
  };
}

function signerOf(jws: string): string | undefined {
  try {
    return gateSigned("decision", jws).header.kid;
  } catch (error) {
    if (error instanceof CountersignError) return undefined;
    throw error;
  }
}
