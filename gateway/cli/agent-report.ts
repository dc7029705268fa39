import type { AgentLine, AgentReport } from "../agents/roster.ts";
import { ADMIN_PATHS } from "./admin.ts";
import { lineWords, reportWords } from "./agent-words.ts";
import { command } from "./command.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import { withRoster } from "./with-roster.ts";

/** `agent list`. */
export const agentList = command({
  name: "agent list",
  usage: "[--data FOLDER]",
  summary: "Lists every agent that is registered or ever asked, and whether it is served.",
  takes: 0,
  options: DATA_OPTION,
  async run({ values, io }) {
    const request = { method: "GET", path: ADMIN_PATHS.agents } as const;
    const answer = await withRoster(dataFolder(values.data, io), io, request, (roster) => roster.list());
    io.out(JSON.stringify(answer));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the roster of the same release said it
    for (const line of answer as readonly AgentLine[]) io.err(lineWords(line));
    return 0;
  },
});

/** `agent report AGENT`. */
export const agentReport = command({
  name: "agent report",
  usage: "AGENT [--data FOLDER]",
  summary: "Prints what an agent ever did here: requests by outcome, executions, tokens, times; nothing of a patient.",
  takes: 1,
  options: DATA_OPTION,
  async run({ values, words: [agent = ""], io }) {
    const request = { method: "POST", path: ADMIN_PATHS.agentReport, body: { agent } } as const;
    const answer = await withRoster(dataFolder(values.data, io), io, request, (roster) => roster.report(agent));
    io.out(JSON.stringify(answer));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the roster of the same release said it
    for (const line of reportWords(answer as AgentReport)) io.err(line);
    return 0;
  },
});
