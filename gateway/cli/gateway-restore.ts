import path from "node:path";

import { notesIn } from "../backup/newest-known.ts";
import { restoreBackup } from "../backup/restore.ts";
import { command, need } from "./command.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";

const NAME = "gateway restore";

/** `gateway restore`: a data folder from a backup, for a gateway that then continues the same log, or none at all. */
export const gatewayRestore = command({
  name: NAME,
  usage: "--from FOLDER --newest-checkpoint FILE… [--data FOLDER] [--keys FOLDER]",
  summary:
    "Restores a backup into a folder that is empty or not there. --newest-checkpoint is the newest one that anybody outside holds, signed or in a bundle: a log that has lost entries since is refused. What waits is withdrawn at the next start, and what was approved ends as unknown.",
  takes: 0,
  options: {
    ...DATA_OPTION,
    from: { type: "string" },
    keys: { type: "string" },
    "newest-checkpoint": { type: "string", multiple: true },
  },
  run({ values, io }) {
    const folder = dataFolder(values.data, io);
    const from = path.resolve(need(values.from, NAME, "from"));
    const [first, ...others] = values["newest-checkpoint"] ?? [];
    // SECURITY: never guessed. Only somebody outside knows what was published after the backup was made.
    const files = [need(first, NAME, "newest-checkpoint"), ...others];
    const { keys } = values;
    const restored = restoreBackup({
      ...{ from, folder, known: files.flatMap(notesIn), now: Math.floor(io.clock.nowMs() / 1000) },
      ...(keys === undefined ? {} : { keys: path.resolve(keys) }),
    });
    io.err(
      `This log has ${String(restored.entries)} entries, the newest checkpoint you gave ${String(restored.known)}. Whoever holds one of more than ${String(restored.entries)} will raise the alarm. Then stop this gateway: its log has lost entries.`,
    );
    const made = new Date(restored.made_at * 1000).toISOString().replace(".000Z", "Z");
    io.err(
      `It was made at ${made}. Do you know of anything that this gateway did later, an erasure by order among it? Then its log has lost entries although you gave no checkpoint that shows it, and what was erased is back: do not start it, destroy ${folder}, and take a newer backup or make a new gateway.`,
    );
    io.err("The next start withdraws what waits, and ends what was approved as unknown: look at each in the record.");
    io.out(JSON.stringify({ ok: true, folder, ...restored }));
    return 0;
  },
});
