import { CountersignError } from "#shared/protocol/error.ts";
import { parseScope } from "#shared/scope/smart-scope.ts";

/** Why a scope cannot be asked for: `system/…`, `offline_access` and what does not parse (protocol.md 3.9). */
export function unreadableScope(scopes: readonly string[]): string | undefined {
  for (const scope of scopes) {
    try {
      parseScope(scope);
    } catch (cause) {
      if (cause instanceof CountersignError) return cause.message;
      throw cause;
    }
  }
  return undefined;
}
