import { z } from "zod";

import { CountersignError } from "#shared/protocol/error.ts";

import { ADMIN_PATHS, digests } from "./admin.ts";
import { askGateway } from "./admin-client.ts";
import { command } from "./command.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";

const tools = z.array(
  z.looseObject({
    ...{ server: z.string(), dig: z.string(), state: z.enum(["accepted", "new", "changed"]) },
    definition: z.looseObject({ name: z.string() }),
  }),
);

const list = z.object({ tools, away: z.array(z.string()) });

/** `gateway tools`: what the MCP servers list, each with what an operator has to say about it. */
export const gatewayTools = command({
  name: "gateway tools",
  usage: "[--data FOLDER]",
  summary:
    "Prints one line of JSON for each tool of the MCP servers: its state, its definition's digest, and the definition. Exit 1 while some are new or changed, which agents cannot see or call, or a server is away.",
  takes: 0,
  options: DATA_OPTION,
  async run({ values, io }) {
    const answer = await askGateway(dataFolder(values.data, io), { method: "GET", path: ADMIN_PATHS.tools });
    const { tools: listed, away } = list.parse(answer);
    for (const { state, dig, server, definition } of listed) io.out(JSON.stringify({ state, dig, server, definition }));
    for (const server of away) io.err(`${server} is not connected: what it lists now is not known.`);
    return away.length > 0 || listed.some(({ state }) => state !== "accepted") ? 1 : 0;
  },
});

/** `gateway accept DIGEST…`: an operator read these definitions and lets agents use them. */
export const gatewayAccept = command({
  name: "gateway accept",
  usage: "DIGEST… [--data FOLDER]",
  summary:
    'Accepts tools by the digests that "gateway tools" printed: exactly these definitions, until they change. It is in the log.',
  takes: "one or more",
  options: DATA_OPTION,
  async run({ values, words, io }) {
    const body = digests.safeParse(words);
    if (!body.success) throw new CountersignError("E_CLI_INPUT", 'Give the digests that "gateway tools" printed.');
    const folder = dataFolder(values.data, io);
    const answer = await askGateway(folder, { method: "POST", path: ADMIN_PATHS.tools, body: body.data });
    for (const { server, definition, dig } of tools.parse(answer)) {
      io.out(JSON.stringify({ accepted: `${server}/${definition.name}`, dig }));
    }
    return 0;
  },
});
