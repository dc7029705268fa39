import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { deepEqual, directionsOf, limit, strings, type Direction } from "./members.ts";
import { includes, parseScope } from "./smart-scope.ts";

/**
 * `granted ⊑ requested` (protocol.md 3.9, step V19). Returns when it holds; anything not understood is "wider".
 * @throws CountersignError `E_AUZ_EMPTY`, `E_AUZ_DUP`, `E_AUZ_TYPE`, `E_AUZ_WIDER`, `E_AUZ_SCOPE`, `E_AUZ_INCOMPLETE`
 */
export function compareGrant(requested: readonly RarElement[], granted: readonly RarElement[]): void {
  if (granted.length === 0) throw new CountersignError("E_AUZ_EMPTY");
  const ids = new Set(granted.map((g) => g.id));
  if (ids.size !== granted.length) throw new CountersignError("E_AUZ_DUP");
  for (const g of granted) {
    const matches = requested.filter((r) => r.id === g.id);
    const [r] = matches;
    if (r === undefined || matches.length !== 1) throw wider(g, "its id is not in the request");
    const directions = directionsOf(g);
    if (directions === undefined || r.type !== g.type) throw new CountersignError("E_AUZ_TYPE");
    compareElement(r, g, directions);
  }
  if (requested.some((r) => r.required === true && !ids.has(r.id))) throw new CountersignError("E_AUZ_INCOMPLETE");
}

function compareElement(r: RarElement, g: RarElement, directions: Readonly<Record<string, Direction>>): void {
  const names = new Set([...Object.keys(r), ...Object.keys(g), ...Object.keys(directions)]);
  for (const name of names) {
    const direction = Object.hasOwn(directions, name) ? directions[name] : undefined;
    if (!narrower(direction, r[name], g[name])) throw wider(g, `${name} is not narrower`);
  }
}

/** An absent member is `undefined`. */
function narrower(direction: Direction | undefined, r: unknown, g: unknown): boolean {
  switch (direction) {
    case "set": {
      const wide = strings(r);
      const narrow = strings(g);
      return wide !== undefined && narrow !== undefined && narrow.length > 0 && narrow.every((v) => wide.includes(v));
    }
    case "limit": {
      if (g === undefined) return r === undefined;
      const asked = limit(r);
      const given = limit(g);
      // A limit that only the grant has narrows (protocol.md 3.22).
      return given !== undefined && (r === undefined || (asked !== undefined && given <= asked));
    }
    case "scopes": {
      const wide = strings(r);
      const narrow = strings(g);
      if (wide === undefined || narrow === undefined || narrow.length === 0) throw new CountersignError("E_AUZ_SCOPE");
      return includes(wide.map(parseScope), narrow.map(parseScope));
    }
    case "same":
      return deepEqual(r, g);
    case undefined:
      return r !== undefined && g !== undefined && deepEqual(r, g);
    default:
      return direction satisfies never;
  }
}

function wider(g: RarElement, why: string): CountersignError {
  return new CountersignError("E_AUZ_WIDER", `The grant "${g.id}" is wider than the request: ${why}.`);
}
