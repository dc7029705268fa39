import { z } from "zod";

import { reportView } from "./page.ts";

/**
 * A page as it came to whoever asked. Its rows stay what they are: each is read and judged by itself, so that one that was
 * changed spoils no other.
 */
export const askedPage = z.looseObject({
  items: z.array(z.looseObject({})),
  view: reportView,
  next: z.string().optional(),
  total: z.int().nonnegative().optional(),
  fits: z.looseObject({ from: z.int(), to: z.int() }).optional(),
});
export type AskedPage = z.infer<typeof askedPage>;
