import { z } from "zod";

import type { Lesson } from "./contract.ts";

/**
 * What the demonstration's host tells the app (approval-experience.md S13): what its agents can try, the tasks by which
 * such a request is known, and the answer of a careful person, which main keeps until the decision.
 */
const scenario = z.strictObject({
  id: z.string().max(64),
  title: z.string().max(120),
  tasks: z.array(z.string().max(128)).max(64),
  answer: z.enum(["approve", "deny", "cannot-approve"]),
  why: z.string().max(400),
}) satisfies z.ZodType<Lesson>;

export const scenarioList = z.array(scenario).max(100);
export type HostedScenario = z.infer<typeof scenario>;
