import type { Tool } from "@modelcontextprotocol/sdk/types.js";

import type { GuardedTool } from "./catalogue.ts";
import type { ToolMapping } from "./mapping.ts";
import { OWN_TOOLS } from "./names.ts";

const HANDLE: Tool["inputSchema"] = {
  type: "object",
  properties: { handle: { type: "string", description: "The handle that the call answered with." } },
  required: ["handle"],
  additionalProperties: false,
};

/** The gateway's own tools. */
export const ownTools: readonly Tool[] = [
  {
    name: OWN_TOOLS.result,
    title: "How a call ends",
    description:
      "How a tool call ends that waits for a person's decision: the tool's own answer once it is approved and carried " +
      "out, otherwise an error that says why nothing was done. It waits for a while and says so when there is no " +
      "decision yet.",
    inputSchema: HANDLE,
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  {
    name: OWN_TOOLS.withdraw,
    title: "Take back a call",
    description: "Takes back a tool call that still waits for a person's decision. Nothing is done then.",
    inputSchema: HANDLE,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  },
];

export const INSTRUCTIONS =
  "Calls that change something may wait for a person's decision. A call that is not done yet answers with an error " +
  `and a handle: ask ${OWN_TOOLS.result} with it. Send a progress token to be kept informed while you wait. Send ` +
  '_meta["countersign/idempotency-key"] to make sure that a repeated call is not a second one.';

/**
 * As its server describes it, under the name it has here. A mapped tool is answered by the gateway from the record, so
 * its server's form of an answer is not promised; task-augmented calls are not offered.
 */
export function shownTool(name: string, { definition }: GuardedTool, mapping: ToolMapping | undefined): Tool {
  const { outputSchema, execution: _tasks, ...rest } = definition;
  return { ...rest, name, ...(outputSchema === undefined || mapping !== undefined ? {} : { outputSchema }) };
}
