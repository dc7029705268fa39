import { z } from "zod";

import { digest, text } from "#shared/protocol/claims/primitives.ts";

/**
 * The local channel between a serving gateway and the commands that talk to it (docs/operations.md): HTTP on a loopback
 * port of its own, with a random token that only the owner of the data folder can read.
 */
export const ADMIN_FILE = "admin.json";

/** What the file in the data folder says. */
export const adminFile = z.object({ url: text(256), token: text(128), pid: z.int().positive() });

export const ADMIN_PATHS = {
  raise: "/raise",
  state: "/state",
  withdraw: "/withdraw",
  bundle: "/bundle",
  copy: "/copy",
  agents: "/agents",
  agentReport: "/agents/report",
  agentDisable: "/agents/disable",
  agentHalt: "/agents/halt",
  agentResume: "/agents/resume",
  tools: "/tools",
  evidence: "/evidence",
  evidenceRetry: "/evidence/retry",
  evidenceGiveUp: "/evidence/give-up",
  retention: "/retention",
  storeKey: "/store-key",
} as const;

/** Where the serving gateway is asked to copy its database to. */
export const copyOrder = z.object({ to: text(4096) });

/** Which agent. */
export const agentQuestion = z.strictObject({ agent: text(512) });
/** Who is to be switched off, why, and who asks. */
export const disableOrder = z.strictObject({
  who: z.union([
    z.strictObject({ agent: text(512) }),
    z.strictObject({ owner: text(512) }),
    z.strictObject({ vendor: text(200) }),
  ]),
  reason: text(500),
  by: text(200),
});

/** What the stop switch is turned for. */
export const haltOrder = z.strictObject({
  what: z.union([z.strictObject({ agent: text(512) }), z.strictObject({ type: text(128) })]),
  reason: text(500),
  by: text(200),
});

/** Which evidence is given up: the log entry and which of its resources. */
export const giveUpOrder = z.strictObject({
  leaf: z.int().min(0),
  part: z.int().min(0),
  reason: text(500),
  by: text(200),
});
const whose = z.union([
  z.strictObject({ patient: z.string().regex(/^Patient\/[A-Za-z0-9.-]{1,64}$/) }),
  z.strictObject({ rid: text(64) }),
]);
/** What of retention is asked for. `order`: the reference of who ordered it, a number of a file and not words. */
export const retentionOrder = z.discriminatedUnion("work", [
  z.strictObject({ work: z.literal("status") }),
  z.strictObject({ work: z.literal("hold"), whose, reason: text(500), by: text(200) }),
  z.strictObject({ work: z.literal("release"), hold: text(64), reason: text(500), by: text(200) }),
  z.strictObject({
    ...{ work: z.literal("erase"), whose, by: text(200) },
    order: z.string().regex(/^[A-Za-z0-9._/-]{1,64}$/),
  }),
  z.strictObject({ work: z.literal("confirm-time"), today: z.string().regex(/^\d{4}-\d{2}-\d{2}$/), by: text(200) }),
  z.strictObject({ work: z.literal("run"), after: z.int().min(0), dry: z.boolean() }),
]);
export type RetentionOrder = z.infer<typeof retentionOrder>;

/** One step of a change of the store's key, and who asks. */
export const rekeyOrder = z.strictObject({ by: text(200) });
/** What that comes to. */
export const rekeyed = z.object({
  done: z.boolean(),
  wrapped: z.int().min(0),
  store_key: text(64).optional(),
  was: text(64).optional(),
});

/** How far that is: asked for again and again, since no answer may take as long as a large copy does. */
export const copyState = z.object({
  copied: z.int().min(0),
  total: z.int().min(0),
  done: z.boolean(),
  failed: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type CopyState = z.infer<typeof copyState>;

/** Definitions of tools that an operator accepts, by the digests that were shown. */
export const digests = z.array(digest).min(1).max(1000);
