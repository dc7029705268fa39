import { z } from "zod";

/** How a row's value is formatted by shared/presentation. */
export const ROW_KINDS = [
  "text",
  "patient",
  "medication",
  "dosage",
  "dispense",
  "codeable",
  "date",
  "quantity",
  "reference",
  "agent",
  "scope",
  "facts",
  "list",
  "raw",
] as const;

const pointer = z
  .string()
  .max(512)
  .regex(/^\/[^#?]*(?:#(?:\/[^?]*)?)?\??$/);

/**
 * A template is data, never code (protocol.md 3.6, rule 2): `{id, ver, must_show[], statement, rows[]?}`;
 * `tpl_dig` = `dig(JCS(all of it))`. A pointer splits at its first `#`: RFC 6901 into the claims, then into the embedded
 * JSON; one ending in `?` may be absent.
 */
export const template = z.strictObject({
  id: z.string().max(256),
  ver: z.int().positive(),
  must_show: z.array(pointer).min(1).max(64),
  statement: z.string().min(1).max(2000),
  rows: z
    .array(
      z.strictObject({
        label: z.string().max(120),
        pointer,
        kind: z.enum(ROW_KINDS),
        unit: z.string().max(32).optional(),
      }),
    )
    .max(128)
    .optional(),
});
export type Template = z.infer<typeof template>;
