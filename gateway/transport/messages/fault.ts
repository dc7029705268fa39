import { CountersignError } from "#shared/protocol/error.ts";
import { ReportError } from "#shared/reports/query.ts";

import type { Peer } from "../peer.ts";

/** Answers a message whose handling threw: by its code, or as an internal error that is logged. */
export function failWith(peer: Peer, re: string, type: string, error: unknown): void {
  if (error instanceof ReportError) {
    peer.fail(re, error.code, { detail: error.message, ...error.fault });
    return;
  }
  if (error instanceof CountersignError) {
    peer.fail(re, error.code);
    return;
  }
  // Ids and classes only: the message of an unforeseen error could hold content.
  peer.around.logger.error("ws.fault", { type, error: error instanceof Error ? error.name : typeof error });
  peer.fail(re, "E_INTERNAL");
}
