import { present } from "#shared/presentation/present.ts";

import type { Draw } from "./revision.ts";

/**
 * Draws requests for one person's desk. Each is compared with the names of every patient drawn before it and its own: an
 * action that writes a name which only looks like one of them cannot be approved (approval-experience.md 3.4(3)).
 */
export function makeDraw(zone: () => string): Draw {
  const known = new Set<string>();
  /** Only grows, so that its index is extended and not made again for each request. */
  const patientNames: string[] = [];
  return (claims, template) => {
    const { name = "", family = "", given = [] } = claims.patient ?? {};
    for (const text of [name, family, ...given]) {
      if (text === "" || known.has(text)) continue;
      known.add(text);
      patientNames.push(text);
    }
    return present(claims, template, { facilityZone: zone(), now: claims.iat, patientNames });
  };
}
