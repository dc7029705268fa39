import type { DisabledAgent, Leaving } from "../agents/roster.ts";
import { ADMIN_PATHS } from "./admin.ts";
import { disabledWords } from "./agent-words.ts";
import { command, need, usageError } from "./command.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import { withRoster } from "./with-roster.ts";

const NAME = "agent disable";

/** `agent disable AGENT`, or `--owner`, `--vendor`: off-boarding in one command (docs/operations.md). */
export const agentDisable = command({
  name: NAME,
  usage: "AGENT | --owner ID | --vendor NAME  --reason TEXT [--data FOLDER]",
  summary:
    "Switches an agent off for good, or all of an owner or of a vendor of models: keys refused, requests withdrawn, tokens revoked, all of it in the log. Prints what each ever did.",
  takes: "at most one",
  options: {
    ...DATA_OPTION,
    reason: { type: "string" },
    owner: { type: "string" },
    vendor: { type: "string" },
  },
  async run({ values, words: [agent], io }) {
    const order = { who: whoOf({ agent, ...values }), reason: need(values.reason, NAME, "reason"), by: io.user };
    const request = { method: "POST", path: ADMIN_PATHS.agentDisable, body: order } as const;
    const answer = await withRoster(dataFolder(values.data, io), io, request, (roster) => roster.disable(order));
    io.out(JSON.stringify(answer));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the roster of the same release said it
    for (const one of answer as readonly DisabledAgent[]) for (const line of disabledWords(one)) io.err(line);
    return 0;
  },
});

/** Exactly one of the three: a command that cannot be taken back guesses nothing. */
function whoOf(given: {
  readonly agent?: string | undefined;
  readonly owner?: string | undefined;
  readonly vendor?: string | undefined;
}): Leaving {
  const { agent, owner, vendor } = given;
  const named: readonly Leaving[] = [
    ...(agent === undefined ? [] : [{ agent }]),
    ...(owner === undefined ? [] : [{ owner }]),
    ...(vendor === undefined ? [] : [{ vendor }]),
  ];
  const [who, second] = named;
  if (who === undefined || second !== undefined) throw usageError(NAME, "needs an agent, or --owner, or --vendor");
  return who;
}
