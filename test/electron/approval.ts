import type { CommandInput, ReviewData } from "#shared/ipc/contract.ts";
import { mustSee } from "#shared/presentation/presentation.ts";
import { present } from "#shared/presentation/present.ts";

import { typedAgain } from "../../demo/typed-again.ts";

export const PIN = "730415";

/** What the page sends when a person has read everything and approves. */
export function approval({ row, claims, template }: ReviewData): CommandInput<"decide"> {
  const drawn = present(claims, template, { facilityZone: "Europe/London", now: row.received_at });
  return {
    key: row.key,
    rev: row.rev,
    digest: row.digest,
    choice: {
      kind: "approve",
      granted: claims.authorization_details.map((e) => e.id),
      ack: (claims.facts ?? []).filter((f) => f.ack).map((f) => f.id),
      overrides: [],
      seen: [...mustSee(drawn)],
      reentry: typedAgain(claims),
      pin: PIN,
    },
  };
}
