import { z } from "zod";

/** Seconds of a window: up to a day, since a request waits no longer. */
const window = z
  .int()
  .positive()
  .max(24 * 3600);
const asks = z.strictObject({
  /** Requests and revisions put before people within `per_s`. */
  asks: z.int().positive(),
  per_s: window,
  /** Requests that wait for a decision at the same time. */
  waiting: z.int().positive(),
});

/**
 * How much people may be asked (protocol.md T-23): attention is what approval is made of. Part of the policy set, so a
 * change of it is signed and logged like any other.
 */
export const budgets = z
  .strictObject({
    /** By one agent. */
    agent: asks,
    /** About one patient, by all agents together. */
    patient: asks,
    /** Of one person: the requests put before a pool, over the people in it. */
    approver: asks,
    /** After so many denials within so long an agent asks nobody for a while. */
    mute: z.strictObject({ denials: z.int().positive(), within_s: window, for_s: window }),
  })
  .partial();
export type Budgets = z.infer<typeof budgets>;
