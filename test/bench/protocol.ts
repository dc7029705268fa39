import { ALGS, type Alg } from "#shared/protocol/names.ts";

import { prepareCommits } from "./measure/commits.ts";
import { prepareDecisions, type Prepared } from "./measure/decisions.ts";
import { interleave, inverse, type Spread } from "./measure/interleaved.ts";
import { frameOf, malformedFrames, receive } from "./measure/malformed.ts";
import { LOG_SIZE, prepareProofs } from "./measure/proofs.ts";
import { report, rounded, type Bar, type Figure } from "./measure/report.ts";

/**
 * `npm run bench -- protocol`: R1, R13, R14 and R16 of the reliability bar, each as the median of the rounds' own ratios,
 * contenders in turns within one run. Ratios of computing are of CPU time; commits wait for the disk and are wall time.
 */

interface Measured {
  readonly rounds: number;
  readonly figures: readonly Figure[];
  /** Microseconds per operation. */
  readonly us: Readonly<Record<string, Spread>>;
}

const R1 = { bar: 0.8, aim: 0.88, sense: "min" } as const satisfies Partial<Bar>;
const R14 = { id: "R14", bar: 0.25, aim: 0.05, sense: "max" } as const satisfies Partial<Bar>;
const R13: Bar = { id: "R13", what: "Commits/s with a Merkle leaf over without.", bar: 0.9, aim: 0.97, sense: "min" };
const R16: Bar = {
  ...{ id: "R16", bar: 5, aim: 1, sense: "max" },
  what: `One inclusion and one consistency proof checked, checkpoint signature included, log of ${String(LOG_SIZE)} leaves.`,
};

export default function protocol(): Promise<unknown> {
  const prepared = { ES256: prepareDecisions("ES256"), Ed25519: prepareDecisions("Ed25519") };
  return Promise.resolve({
    verification: ALGS.map((alg) => verification(alg, prepared[alg])),
    malformed: malformed(prepared.ES256),
    commits: commits(prepared.ES256.decisions[0] ?? ""),
    proofs: proofs(),
  });
}

function verification(alg: Alg, { whole, signed, raw, rawDer }: Prepared): Measured {
  const names = {
    whole: `${alg} V1-V27`,
    signed: `${alg} parse, signature, claims`,
    raw: alg === "ES256" ? "ES256 crypto.verify of r||s, as a decision holds it" : `${alg} crypto.verify`,
    rawDer: "ES256 crypto.verify of a signature that is DER already",
  };
  const run = interleave([
    { name: names.raw, run: raw },
    ...(alg === "ES256" ? [{ name: names.rawDer, run: rawDer }] : []),
    { name: names.whole, run: whole },
    { name: names.signed, run: signed },
  ]);
  const figure = (id: string, what: string, name: string, over: string): Figure =>
    report({ ...R1, id, what: `${what} per second over ${over}.` }, inverse(run.cpuRatio(name, over)));
  const [part, all] = ["Decisions with strict parse, signature and claims", "Decisions through every step V1-V27"];
  return measured(run, [
    figure("R1", part, names.signed, names.raw),
    figure("R1 whole", all, names.whole, names.raw),
    // The harder question: over the fastest form there is, which no JOSE signature comes in (docs/testing.md).
    ...(alg === "ES256" ? [figure("R1 DER", part, names.signed, names.rawDer)] : []),
  ]);
}

function malformed({ decisions, state }: Prepared): Measured {
  const frames = decisions.map(frameOf);
  const bad = malformedFrames(decisions[0] ?? "");
  const kinds = Object.keys(bad);
  const all = Object.values(bad);
  let next = 0;
  const take = (list: readonly string[]): string => list[(next = (next + 1) % list.length)] ?? "";
  const refuse = (frame: string): void => {
    const code = receive(frame, state);
    if (!code.startsWith("E_FMT_") && !code.startsWith("E_SIG_") && code !== "E_KEY_UNKNOWN") throw new Error(code);
  };
  const repeat = (fn: () => void) => (times: number) => {
    for (let i = 0; i < times; i++) fn();
  };
  const run = interleave([
    {
      name: "valid",
      run: repeat(() => {
        if (receive(take(frames), state) !== "record") throw new Error("a good decision was refused");
      }),
    },
    {
      name: "malformed",
      run: repeat(() => {
        refuse(take(all));
      }),
    },
    ...kinds.map((name) => ({
      name,
      run: repeat(() => {
        refuse(bad[name] ?? "");
      }),
    })),
  ]);
  const [dearest = ""] = [...kinds].sort((a, b) => (run.cpuUs[b]?.median ?? 0) - (run.cpuUs[a]?.median ?? 0));
  return measured(run, [
    report(
      { ...R14, what: `Cost of a malformed frame (mean of ${String(kinds.length)} kinds) over a valid decision's.` },
      run.cpuRatio("malformed", "valid"),
    ),
    report({ ...R14, id: "R14 dearest", what: `The dearest kind: ${dearest}.` }, run.cpuRatio(dearest, "valid")),
  ]);
}

function commits(jws: string): Measured {
  const stores = prepareCommits(jws);
  try {
    const run = interleave(
      [
        { name: "commit without leaf", run: stores.withoutLeaf },
        { name: "commit with leaf", run: stores.withLeaf },
      ],
      { rounds: 31, sliceMs: 20, warmUpMs: 200 },
    );
    const figures = [report(R13, inverse(run.wallRatio("commit with leaf", "commit without leaf")))];
    const us = Object.fromEntries(Object.entries(run.wallUs).map(([name, spread]) => [name, rounded(spread)]));
    return { rounds: run.rounds, figures, us };
  } finally {
    stores.close();
  }
}

function proofs(): Measured {
  const run = interleave([{ name: "proof check", run: prepareProofs() }]);
  const us = run.cpuUs["proof check"];
  if (!us) throw new Error("nothing was measured");
  const ms = { median: us.median / 1000, iqr: [us.iqr[0] / 1000, us.iqr[1] / 1000] } as const;
  return measured(run, [report(R16, ms, " ms")]);
}

function measured(run: ReturnType<typeof interleave>, figures: readonly Figure[]): Measured {
  const us = Object.fromEntries(Object.entries(run.cpuUs).map(([name, spread]) => [name, rounded(spread)]));
  return { rounds: run.rounds, figures, us };
}
