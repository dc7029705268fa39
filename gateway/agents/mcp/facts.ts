import { CountersignError } from "#shared/protocol/error.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";
import { isMembers } from "#shared/protocol/json-pointer.ts";

import type { FactsPort, Gathered } from "../../ports.ts";
import { readToolUrl } from "../../requests/tool-url.ts";
import type { Catalogue, GuardedTool } from "./catalogue.ts";

/** A description longer than this is cut on the screen; an operator accepted all of it. */
const LONGEST = 1500;

/**
 * Facts about a call of a tool: what its server says that it does, as an operator accepted it, and that nobody has
 * looked at what it really does. Everything else is gathered from the record.
 */
export function factsWithTools(record: FactsPort, catalogue: Pick<Catalogue, "find">): FactsPort {
  return {
    async gather(draft, action) {
      if (draft.operation.method !== "tools/call") return await record.gather(draft, action);
      if (action !== "tool.call") throw new CountersignError("E_OP_BODY", `The operation is tool.call, not ${action}.`);
      const { server, tool } = readToolUrl(draft.operation.url);
      const known = catalogue.find(server, tool);
      if (known === undefined) throw new CountersignError("E_TOOL_UNKNOWN");
      if (known.state !== "accepted") throw new CountersignError("E_TOOL_CHANGED");
      if (!isMembers(parseFhir(draft.operation.body))) throw new CountersignError("E_TOOL_ARGUMENTS");
      return factsOf(known);
    },
  };
}

function factsOf({ definition, dig, server }: GuardedTool): Gathered {
  const said = definition.description ?? "The server does not say what it does.";
  const text = said.length > LONGEST ? `${said.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "")}…` : said;
  return {
    facts: [
      {
        ...{ id: "f1", src: "gateway", sev: "info", code: "tool-definition", ack: false },
        ...{ label: `What ${server} says this tool does`, text: text === "" ? "Nothing." : text, dig },
      },
    ],
    checks: [
      {
        ...{ id: "tool-definition", label: "The tool is the one that an operator accepted", result: "pass" },
        by: "gateway",
      },
      {
        ...{ id: "tool-effect", label: "What the tool does with this data", result: "not_run", by: "gateway" },
        why: "The gateway cannot see into the tool. Its description is its server's own.",
      },
    ],
  };
}
