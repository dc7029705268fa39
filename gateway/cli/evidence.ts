import type { EvidenceState } from "../evidence/desk.ts";
import { ADMIN_PATHS } from "./admin.ts";
import { askGateway } from "./admin-client.ts";
import { command, need, usageError } from "./command.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import type { Io } from "./io.ts";

/** `evidence list`: what the hospital's record did not take. Ids and numbers, nothing of a patient. */
export const evidenceList = command({
  name: "evidence list",
  usage: "[--data FOLDER]",
  summary: "Lists the evidence that the hospital's record refused, and how much of the log it was not given yet.",
  takes: 0,
  options: DATA_OPTION,
  run: async ({ values, io }) => await tell(values.data, io, "GET", ADMIN_PATHS.evidence),
});

/** `evidence retry`. */
export const evidenceRetry = command({
  name: "evidence retry",
  usage: "[--data FOLDER]",
  summary:
    "Tries at once what was refused, for example after the server's rules were changed; otherwise that is every hour.",
  takes: 0,
  options: DATA_OPTION,
  run: async ({ values, io }) => await tell(values.data, io, "POST", ADMIN_PATHS.evidenceRetry),
});

const NAME = "evidence give-up";

/** `evidence give-up ENTRY.PART --reason TEXT`. */
export const evidenceGiveUp = command({
  name: NAME,
  usage: "ENTRY.PART --reason TEXT [--data FOLDER]",
  summary:
    "Gives up one resource that the server will never take: it is tried no more, and the log says who decided so. The log's own entry stays.",
  takes: 1,
  options: { ...DATA_OPTION, reason: { type: "string" } },
  async run({ values, words: [which = ""], io }) {
    const [, leaf, part] = /^(\d{1,12})\.(\d{1,2})$/.exec(which) ?? [];
    if (leaf === undefined || part === undefined) throw usageError(NAME, "needs ENTRY.PART, as evidence list has it");
    const reason = need(values.reason, NAME, "reason");
    const body = { leaf: Number(leaf), part: Number(part), reason, by: io.user };
    return await tell(values.data, io, "POST", ADMIN_PATHS.evidenceGiveUp, body);
  },
});

async function tell(
  data: string | undefined,
  io: Io,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<0> {
  const answer = await askGateway(dataFolder(data, io), { method, path, ...(body === undefined ? {} : { body }) });
  io.out(JSON.stringify(answer));
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the gateway of the same release said it
  const { waiting, refused } = answer as EvidenceState;
  io.err(`${String(waiting)} log entries wait, ${String(refused.length)} resources were refused.`);
  for (const { leaf, part, type, status, tries, at } of refused) {
    const when = new Date(at * 1000).toISOString();
    const why = status === 0 ? "could not be made" : `was refused with ${String(status)}`;
    io.err(`${String(leaf)}.${String(part)} ${type} ${why}, ${String(tries)} times, last ${when}`);
  }
  return 0;
}
