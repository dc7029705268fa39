import { simulate, type Simulation } from "../policy/review/simulate.ts";
import { cedarPolicy } from "../policy/cedar/policy.ts";
import { command } from "./command.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import type { Io } from "./io.ts";
import { readPolicyFolder } from "./policy-folder.ts";
import { loadOptions, TEMPLATES_OPTION } from "./policy-set.ts";
import { withKeptRequests } from "./policy-store.ts";

const QUIET_MS = 2000;

/** `policy simulate FOLDER`: what another policy would have said of the requests that were asked. */
export const policySimulate = command({
  name: "policy simulate",
  usage: "FOLDER [--data FOLDER] [--templates FOLDER]",
  summary:
    "Asks a policy set about every request that a stopped gateway, or a copy of its data folder, has kept, and counts what would change.",
  takes: 1,
  options: { ...DATA_OPTION, ...TEMPLATES_OPTION },
  run({ values, words: [folder = ""], io }) {
    const policy = cedarPolicy(readPolicyFolder(folder).files, loadOptions(values.templates));
    const result = withKeptRequests(dataFolder(values.data, io), (kept) =>
      simulate(kept.all(), policy, progressTo(io, kept.total)),
    );
    for (const line of linesOf(result)) io.err(line);
    io.out(JSON.stringify(result));
    return 0;
  },
});

function linesOf({ requests, counts, groups }: Simulation): readonly string[] {
  const { same, allowed, refused, lowered, raised, other } = counts;
  const sum = `${String(requests)} requests: ${String(same)} as they were, ${String(raised)} raised, ${String(lowered)} lowered, ${String(refused)} refused, ${String(allowed)} allowed without a person, ${String(other)} otherwise changed.`;
  return [
    sum,
    ...groups.map(
      ({ count, what, examples }) =>
        `  ${String(count)} × ${what} (${examples.join(", ")}${count > examples.length ? ", …" : ""})`,
    ),
  ];
}

/** Says nothing of what is quickly done; then every two seconds how far it is. */
function progressTo({ clock, err }: Pick<Io, "clock" | "err">, total: number): (done: number) => void {
  let saidMs = clock.nowMs();
  return (done) => {
    const nowMs = clock.nowMs();
    if (nowMs - saidMs < QUIET_MS) return;
    saidMs = nowMs;
    err(`Asked about ${String(done)} of ${String(total)} requests and revisions.`);
  };
}
