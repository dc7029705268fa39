import { CountersignError } from "#shared/protocol/error.ts";

/** A policy set by its place in the order: `version` counts up, `dig` is over its files. */
export interface PolicyVersion {
  readonly version: number;
  readonly dig: string;
}

/**
 * A set may follow the newest one when its version is higher, or when it is that one.
 * @throws CountersignError `E_POL_OLDER`
 */
export function mayFollow(newest: PolicyVersion | undefined, next: PolicyVersion): void {
  if (newest === undefined || next.version > newest.version || next.dig === newest.dig) return;
  const what =
    next.version === newest.version
      ? `Another policy set of version ${String(next.version)} was published before.`
      : `The policy set has version ${String(next.version)}; version ${String(newest.version)} was published before.`;
  throw new CountersignError("E_POL_OLDER", `${what} Count "ver" in policy.json up and have it signed anew.`);
}
