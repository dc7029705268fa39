import { z } from "zod";

import { CountersignError } from "#shared/protocol/error.ts";

import { ADMIN_PATHS } from "./admin.ts";
import { askGateway } from "./admin-client.ts";
import { command } from "./command.ts";
import { readDraft } from "./draft.ts";
import { writeNew } from "./files.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import type { Io } from "./io.ts";

const RID_USAGE = "RID [--data FOLDER]";
const raised = z.looseObject({ kind: z.enum(["pending", "allowed", "refused"]) });

/** `gateway raise FILE`: asks as an agent would, through the serving gateway. */
export const gatewayRaise = command({
  name: "gateway raise",
  usage: "FILE [--data FOLDER]",
  summary:
    "Raises the request of a draft file (docs/samples) at the serving gateway. Prints its rid; exit 1 when policy refuses it.",
  takes: 1,
  options: DATA_OPTION,
  async run({ values, words: [file = ""], io }) {
    const body = readDraft(file);
    const answer = await askGateway(dataFolder(values.data, io), { method: "POST", path: ADMIN_PATHS.raise, body });
    io.out(JSON.stringify(answer));
    return raised.parse(answer).kind === "refused" ? 1 : 0;
  },
});

/** `gateway state RID`. */
export const gatewayState = command({
  name: "gateway state",
  usage: RID_USAGE,
  summary: "Prints the state of a request, without clinical content.",
  takes: 1,
  options: DATA_OPTION,
  run: async ({ values, words: [rid = ""], io }) => await print(values.data, io, "GET", ADMIN_PATHS.state, rid),
});

/** `gateway withdraw RID`. */
export const gatewayWithdraw = command({
  name: "gateway withdraw",
  usage: RID_USAGE,
  summary: "Withdraws a request that waits for a decision; every screen takes it down.",
  takes: 1,
  options: DATA_OPTION,
  run: async ({ values, words: [rid = ""], io }) => await print(values.data, io, "POST", ADMIN_PATHS.withdraw, rid),
});

/** `gateway bundle RID`: the evidence of a decided request, or what is left of an erased one, for `countersign verify`. */
export const gatewayBundle = command({
  name: "gateway bundle",
  usage: "RID [--out FILE] [--data FOLDER]",
  summary:
    "Prints the evidence bundle of a decided request. It holds clinical content: keep it as a record. Of a request that was erased: what is left of it, with the log's proof of its erasure, about nobody.",
  takes: 1,
  options: { ...DATA_OPTION, out: { type: "string" } },
  async run({ values, words: [rid = ""], io }) {
    const folder = dataFolder(values.data, io);
    const bundle = await askGateway(folder, { method: "GET", path: ADMIN_PATHS.bundle, rid });
    if (bundle === null) {
      throw new CountersignError(
        "E_LOG_PENDING",
        "There is no evidence yet: the request is not decided, or the log has not signed for it. The log signs within a second.",
      );
    }
    const text = JSON.stringify(bundle);
    if (values.out === undefined) io.out(text);
    else writeNew(values.out, `${text}\n`, true);
    return 0;
  },
});

async function print(data: string | undefined, io: Io, method: "GET" | "POST", path: string, rid: string): Promise<0> {
  io.out(JSON.stringify(await askGateway(dataFolder(data, io), { method, path, rid })));
  return 0;
}
