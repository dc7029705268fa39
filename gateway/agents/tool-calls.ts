import { randomUUID } from "node:crypto";

import { z } from "zod";

/** What is needed of an MCP client: that of `@modelcontextprotocol/sdk` has it. */
export interface ToolCaller {
  callTool(
    params: {
      name: string;
      arguments?: Record<string, unknown>;
      _meta?: Record<string, unknown>;
    },
    resultSchema?: undefined,
    options?: { readonly signal?: AbortSignal },
  ): Promise<object>;
}

/** An MCP tool's answer (MCP "Tool result"), as far as it is read here. */
export type ToolAnswer = Readonly<Record<string, unknown>> & {
  readonly isError?: boolean | undefined;
  readonly content?: readonly (Readonly<Record<string, unknown>> & { readonly type: string })[] | undefined;
};

const outcome = z.object({
  status: z.string(),
  reason: z.string().optional(),
  code: z.string().optional(),
  handle: z.string().optional(),
});
const answer = z.looseObject({
  isError: z.boolean().optional(),
  content: z.array(z.looseObject({ type: z.string() })).optional(),
  _meta: z.looseObject({ "countersign/outcome": outcome.optional() }).optional(),
});

/**
 * Calls a tool through the gateway and waits until it has ended, however long a person takes: a call that is parked is
 * asked for by its handle. Sent again under the same `key` it is never a second request (protocol.md 3.15).
 * @returns the tool's own answer; or an error answer (`isError`) that says why nothing was done
 * @throws what the client throws, and the signal's reason
 */
export async function callTool(
  client: ToolCaller,
  call: {
    readonly name: string;
    readonly arguments?: Readonly<Record<string, unknown>>;
    /** Idempotency key, 1 to 255 characters; a fresh one unless given. */
    readonly key?: string;
    /** What the agent says beside the call: `rationale`, `task` and so on (protocol.md 3.15.1, "Context"). */
    readonly context?: Readonly<Record<string, unknown>>;
  },
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<ToolAnswer> {
  const options = signal === undefined ? {} : { signal };
  const _meta = {
    "countersign/idempotency-key": call.key ?? randomUUID(),
    ...(call.context === undefined ? {} : { "countersign/context": call.context }),
  };
  const params = { name: call.name, arguments: { ...call.arguments }, _meta };
  for (let last = answer.parse(await client.callTool(params, undefined, options)); ;) {
    const handle = last._meta?.["countersign/outcome"]?.handle;
    if (handle === undefined) return last;
    signal?.throwIfAborted();
    const asked = { name: "countersign_result", arguments: { handle } };
    last = answer.parse(await client.callTool(asked, undefined, options));
  }
}
