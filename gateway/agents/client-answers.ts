import { z } from "zod";

import type { TaskView } from "./task-view.ts";

/** A refusal by the gateway: our code and its sentence. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  /** One of the protocol's codes, or `E_HTTP` for an answer that is not the gateway's. */
  readonly code: string;
  readonly status: number;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const raised = z.object({ auth_req_id: z.string(), binding_message: z.string().optional() });
export const discovery = z.object({ issuer: z.string() });
const task = z.object({
  status: z.enum([
    ...(["pending", "approved", "completed", "failed", "denied"] as const),
    ...(["expired", "withdrawn", "revoked", "lapsed"] as const),
  ]),
  rev: z.int(),
  reason: z.string().optional(),
  expires_in: z.int().optional(),
  interval: z.int().optional(),
  response: z.object({ status: z.int(), location: z.string().optional(), body: z.string() }).optional(),
});
const outcome = z.object({
  issue: z
    .array(
      z.object({
        details: z.object({ text: z.string(), coding: z.array(z.object({ code: z.string() })).min(1) }),
        diagnostics: z.string().optional(),
      }),
    )
    .min(1),
});

/** @throws ZodError for an answer that is no task */
export function readTask(json: unknown): TaskView {
  const { reason, expires_in, interval, response, ...rest } = task.parse(json);
  return {
    ...rest,
    ...(reason === undefined ? {} : { reason }),
    ...(expires_in === undefined ? {} : { expires_in }),
    ...(interval === undefined ? {} : { interval }),
    ...(response === undefined ? {} : { response: readResponse(response) }),
  };
}

function readResponse({ location, ...rest }: NonNullable<z.infer<typeof task>["response"]>) {
  return { ...rest, ...(location === undefined ? {} : { location }) };
}

/** What an answer that is a refusal says. */
export async function errorOf(response: Response | undefined): Promise<AgentError> {
  if (response === undefined) return new AgentError(0, "E_HTTP", "The gateway cannot be reached.");
  const read = outcome.safeParse(await response.json().catch(() => undefined));
  const issue = read.data?.issue[0];
  const code = issue?.details.coding[0]?.code ?? "E_HTTP";
  const text = issue?.diagnostics ?? issue?.details.text ?? `The gateway answered ${String(response.status)}.`;
  return new AgentError(response.status, code, text);
}
