import { CountersignError } from "#shared/protocol/error.ts";
import { ACTION_TYPES, actionType } from "#shared/protocol/names.ts";

import type { HaltOrder } from "../agents/roster.ts";
import { EVERYTHING, type Stopped, type StoppedRequests } from "../requests/stop-agent.ts";
import { ADMIN_PATHS } from "./admin.ts";
import { command, need, usageError } from "./command.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import { withRoster } from "./with-roster.ts";

const OPTIONS = {
  ...DATA_OPTION,
  reason: { type: "string" },
  type: { type: "string" },
  everything: { type: "boolean", default: false },
} as const;
const USAGE = "AGENT | --type ACTION | --everything  --reason TEXT [--data FOLDER]";

interface Given {
  readonly reason?: string | undefined;
  readonly type?: string | undefined;
  readonly everything: boolean;
}

/** `agent halt`: the stop switch, on a channel that no agent reaches (AISVS 9.6.1). */
export const agentHalt = command({
  name: "agent halt",
  usage: USAGE,
  summary:
    "The stop switch: one agent, one type of action, or everything. What waits is withdrawn, approvals that have not begun are revoked, tokens are dead, nothing new is taken or carried out, until it is resumed.",
  takes: "at most one",
  options: OPTIONS,
  async run({ values, words: [agent], io }) {
    const order = orderOf("agent halt", agent, values, io.user);
    const request = { method: "POST", path: ADMIN_PATHS.agentHalt, body: order } as const;
    const answer = await withRoster(dataFolder(values.data, io), io, request, (roster) => roster.halt(order));
    io.out(JSON.stringify(answer));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the roster of the same release said it
    const { withdrawn, revoked } = answer as StoppedRequests;
    io.err(`Stopped. ${String(withdrawn.length)} requests withdrawn, ${String(revoked.length)} approvals revoked.`);
    return 0;
  },
});

/** `agent resume`. */
export const agentResume = command({
  name: "agent resume",
  usage: USAGE,
  summary: "Takes a stop back. What it ended stays ended: agents ask again.",
  takes: "at most one",
  options: OPTIONS,
  async run({ values, words: [agent], io }) {
    const order = orderOf("agent resume", agent, values, io.user);
    const request = { method: "POST", path: ADMIN_PATHS.agentResume, body: order } as const;
    await withRoster(dataFolder(values.data, io), io, request, (roster) => roster.resume(order));
    io.err("Resumed.");
    return 0;
  },
});

/** Exactly one of the three. */
function orderOf(name: string, agent: string | undefined, given: Given, by: string): HaltOrder {
  const named: readonly Stopped[] = [
    ...(agent === undefined ? [] : [{ agent }]),
    ...(given.type === undefined ? [] : [{ type: typeNamed(given.type) }]),
    ...(given.everything ? [{ type: EVERYTHING }] : []),
  ];
  const [what, second] = named;
  if (what === undefined || second !== undefined) throw usageError(name, "needs an agent, or --type, or --everything");
  return { what, reason: need(given.reason, name, "reason"), by };
}

function typeNamed(given: string): string {
  const known = ACTION_TYPES.find((type) => type === given || actionType(type) === given);
  if (known === undefined) {
    throw new CountersignError("E_CLI_INPUT", `${given} is no type of action. There are: ${ACTION_TYPES.join(", ")}.`);
  }
  return actionType(known);
}
