import type { LoadedPolicies } from "./load.ts";

/** Every pool that a set may send requests to, in alphabetical order. */
export function poolsOf({ parts }: Pick<LoadedPolicies, "parts">): readonly string[] {
  const named = [...parts.values()].flatMap(({ obligation }) =>
    "pools" in obligation ? (obligation.pools ?? []) : [],
  );
  return [...new Set(named)].sort();
}

/** Those that a gateway does not serve: nobody would ever see such a request. */
export const strangePools = (set: Pick<LoadedPolicies, "parts">, served: readonly string[]): readonly string[] =>
  poolsOf(set).filter((pool) => !served.includes(pool));
