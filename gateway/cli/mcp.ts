import { CountersignError } from "#shared/protocol/error.ts";

import { createAgent } from "../agents/client.ts";
import { command, need } from "./command.ts";
import { readJson } from "./files.ts";
import { privateJwk } from "./gateway-keys.ts";

/** `mcp`: what an MCP host (a desktop agent) starts in place of a server. */
export const mcp = command({
  name: "mcp",
  usage: "--gateway URL --sub AGENT --key FILE [--iss ISSUER]",
  summary:
    "Speaks MCP on standard input and output and passes it on to a gateway as a registered agent, with that agent's key. For the configuration of an MCP host.",
  takes: 0,
  options: {
    gateway: { type: "string" },
    sub: { type: "string" },
    key: { type: "string" },
    iss: { type: "string" },
  },
  async run({ values, io }) {
    const gateway = need(values.gateway, "mcp", "gateway");
    const file = need(values.key, "mcp", "key");
    const key = privateJwk.safeParse(readJson(file));
    if (!key.success) throw new CountersignError("E_CLI_INPUT", `${file} holds no private key (JWK).`);
    if (!URL.canParse(gateway)) throw new CountersignError("E_CLI_INPUT", `${gateway} is no address.`);
    const agent = createAgent({
      ...{ gateway, sub: need(values.sub, "mcp", "sub"), key: key.data },
      ...(values.iss === undefined ? {} : { issuer: values.iss }),
    });
    const { bridgeStdio } = await import("../agents/mcp/bridge.ts");
    await bridgeStdio({
      ...{ agent, clock: io.clock, ...io.streams() },
      onFault: () => io.err("The gateway cannot be reached. It is tried again."),
    });
    return 0;
  },
});
