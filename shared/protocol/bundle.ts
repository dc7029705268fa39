import { z } from "zod";

import { compactJws } from "./claims/primitives.ts";

/** Self-contained evidence of one request and its decisions, protocol.md 3.12. */
export const bundle = z.looseObject({
  format: z.literal("countersign-bundle/1"),
  request: compactJws,
  decisions: z.array(compactJws).min(1).max(32),
  receipts: z.array(compactJws).min(1).max(32),
  events: z.array(compactJws).max(64),
  credentials: z.array(compactJws).min(1).max(32),
  gateway: compactJws,
  log: z.looseObject({
    vkey: z.string().max(512),
    proofs: z.array(z.string().max(65_536)).max(128),
    entries: z.array(z.string().max(65_535)).max(128),
  }),
  templates: z.array(z.looseObject({})).max(32),
  status: z.array(compactJws).max(32),
});
export type Bundle = z.infer<typeof bundle>;
