import { makeAgentKey } from "../agents/make-key.ts";
import { command, need } from "./command.ts";
import { writeNew } from "./files.ts";

const NAME = "agent key";

/** `agent key`: what an agent signs with, for whoever has no key store of their own for it. */
export const agentKey = command({
  name: NAME,
  usage: "--out FILE",
  summary:
    "Makes a key for an agent. The private half goes into FILE, for the agent alone; the public half is printed, for `keys` in agents.json.",
  takes: 0,
  options: { out: { type: "string" } },
  run({ values, io }) {
    const { privateKey, publicKey } = makeAgentKey();
    // SECURITY: readable by its owner alone (protocol.md 3.13).
    writeNew(need(values.out, NAME, "out"), `${JSON.stringify(privateKey)}\n`, true);
    io.out(JSON.stringify(publicKey));
    return 0;
  },
});
