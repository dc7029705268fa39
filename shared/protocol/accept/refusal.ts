import { uuid7 } from "../claims/primitives.ts";
import { CountersignError } from "../error.ts";
import { openJws, parsePayload } from "../jws.ts";

/**
 * The name a refused request gives itself, for `action.view`: nothing of it is verified (protocol.md 3.22). Empty when it
 * cannot be read.
 */
export function unverifiedName(jws: string): { rid?: string; rev?: number } {
  try {
    const { rid, rev } = parsePayload(openJws(jws));
    const named = uuid7.safeParse(rid);
    return named.success ? { rid: named.data, ...(typeof rev === "number" ? { rev } : {}) } : {};
  } catch (e) {
    if (e instanceof CountersignError) return {};
    throw e;
  }
}
