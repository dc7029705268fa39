import type { RarElement } from "#shared/protocol/claims/primitives.ts";

import { deepEqual, directionsOf, limit, strings, type Direction } from "./members.ts";
import { meetScopes, parseScope, scopeText } from "./smart-scope.ts";

/**
 * The effective grant of a quorum: per element the narrowest of what everybody granted (protocol.md 3.10). Each of
 * `grants` must already be `⊑ requested`. `null` when a required element has no common part (`no-common-grant`).
 */
export function meetGrants(
  requested: readonly RarElement[],
  grants: readonly (readonly RarElement[])[],
): RarElement[] | null {
  const out: RarElement[] = [];
  for (const r of requested) {
    const given = grants.map((grant) => grant.find((g) => g.id === r.id));
    const met = given.reduce<RarElement | undefined>(
      (acc, g, i) => (i === 0 ? g : acc && g ? meetElements(acc, g) : undefined),
      undefined,
    );
    if (met !== undefined) out.push(met);
    else if (r.required === true) return null;
  }
  return out.length === 0 ? null : out;
}

/** `meet(a, b) ⊑ a` and `⊑ b`; `undefined` when nothing is common. */
export function meetElements(a: RarElement, b: RarElement): RarElement | undefined {
  const directions = directionsOf(a);
  if (directions === undefined || a.type !== b.type || a.id !== b.id) return undefined;
  const out: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const met = meetMember(Object.hasOwn(directions, name) ? directions[name] : undefined, a[name], b[name]);
    if (met === undefined) return undefined;
    out[name] = met;
  }
  return { ...out, type: a.type, id: a.id };
}

function meetMember(direction: Direction | undefined, a: unknown, b: unknown): unknown {
  switch (direction) {
    case "set": {
      const right = strings(b) ?? [];
      const both = (strings(a) ?? []).filter((v) => right.includes(v));
      return both.length === 0 ? undefined : both;
    }
    case "limit": {
      const limits = [a, b].filter((v) => v !== undefined).map(limit);
      const known = limits.filter((v) => v !== undefined);
      return known.length === limits.length ? Math.min(...known) : undefined;
    }
    case "scopes": {
      const met = meetScopes((strings(a) ?? []).map(parseScope), (strings(b) ?? []).map(parseScope));
      return met.length === 0 ? undefined : met.map(scopeText);
    }
    case "same":
    case undefined:
      return deepEqual(a, b) ? a : undefined;
    default:
      return direction satisfies never;
  }
}
