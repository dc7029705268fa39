import { z } from "zod";

import { budgets } from "../budgets.ts";
import { tiers } from "../friction.ts";

const name = z.string().min(1).max(64);
const code = z.strictObject({ system: z.string().max(256), code: z.string().max(64) });

/** The file of a policy set that holds its figures and lists; everything else is in its `.cedar` files. */
export const MANIFEST_FILE = "policy.json";

export const manifest = z.strictObject({
  format: z.literal("countersign-policy/1"),
  id: z.string().min(1).max(256),
  /** Counts up with every change: gateways and clients refuse to go back (protocol.md C11). */
  ver: z.int().positive(),
  tiers,
  /** `resource.medicines` holds the names of those that fit. */
  medicines: z
    .array(
      z.strictObject({
        name,
        /** Parts of names, in any case. */
        words: z.array(z.string().min(3).max(64)).max(512),
        codes: z.array(code).max(2048),
      }),
    )
    .max(32),
  /** References of recipients inside the organisation: `Organization/x`, or a whole type `Practitioner/*`. */
  home: z.array(z.string().max(256)).max(512),
  /** FHIR types whose change is `Action::"administer"`. */
  administrative: z.array(name).max(128),
  /** How much people may be asked; without limit where absent. */
  budgets: budgets.optional(),
});
export type PolicyManifest = z.infer<typeof manifest>;
