import { spawnSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { hasProgram } from "../../../scripts/setup/system-parts.mjs";
import { interleave, spread, type Spread } from "../measure/interleaved.ts";
import { report, type Bar, type Figure } from "../measure/report.ts";
import { IN_FLIGHT, prepareSubmissions, submitRound } from "./submissions.ts";

const ROUNDS = 21;
const WARM_UP = 3;

const R2: Bar = {
  ...{ id: "R2", bar: 0.55, aim: 0.75, sense: "min" },
  what: `Decisions per second from submission to durable answer, ${String(IN_FLIGHT)} in flight, over raw crypto.verify.`,
};
const R3: Bar = {
  ...{ id: "R3", bar: 0.125, aim: 1 / 32, sense: "max" },
  what: `Flushes of the disk per decision, ${String(IN_FLIGHT)} in flight.`,
};
const R3_COVERED: Bar = {
  ...{ id: "R3 covered", bar: 0, aim: 0, sense: "max" },
  what: "Acknowledgements without a flush between submission and answer.",
};

/** R2, wall time, since a commit waits for the disk: rounds of 64 decisions and as many raw verifications, in turns. */
export async function decisionsPerSecond(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-wire-"));
  try {
    const prepared = await prepareSubmissions(folder, ROUNDS + WARM_UP);
    const [first = []] = prepared.rounds;
    const raw = first.map((jws) => {
      const cut = jws.lastIndexOf(".");
      const { jwk } = prepared.keyOf(jws);
      const key = createPublicKey({ key: jwk, format: "jwk" });
      return { data: Buffer.from(jws.slice(0, cut)), signature: Buffer.from(jws.slice(cut + 1), "base64url"), key };
    });
    // Warm: the interpreter has seen both ways before anything counts.
    interleave([{ name: "raw", run: (times) => Array.from({ length: times }, () => verifyAll(raw)) }], {
      rounds: 11,
      sliceMs: 10,
    });
    const ratios: number[] = [];
    for (const [i, round] of prepared.rounds.entries()) {
      const rawMs = timed(() => {
        verifyAll(raw);
      });
      const began = performance.now();
      await submitRound(prepared.gateway, round);
      const ms = performance.now() - began;
      if (i >= WARM_UP) ratios.push(rawMs / ms);
    }
    await prepared.close();
    return [report(R2, spread(ratios))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Raw = readonly {
  readonly data: Buffer;
  readonly signature: Buffer;
  readonly key: ReturnType<typeof createPublicKey>;
}[];

function verifyAll(raw: Raw): void {
  for (const { data, signature, key } of raw) {
    if (!verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature)) throw new Error("a good one failed");
  }
}

function timed(fn: () => void): number {
  const began = performance.now();
  fn();
  return performance.now() - began;
}

/** R3 from the kernel's own record of what was flushed, and of a mark for each submission and each answer. */
export function flushes(): readonly Figure[] {
  if (!hasProgram("strace")) {
    process.stdout.write("R3           not measured: there is no strace on this machine\n");
    return [];
  }
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-flushes-"));
  try {
    const file = path.join(folder, "trace");
    const traced = ["-f", "-o", file, "-e", "trace=fsync,fdatasync,write", "-s", "32"];
    const entry = path.join(import.meta.dirname, "marked.ts");
    const { status, stderr } = spawnSync("strace", [...traced, process.execPath, entry, folder], { encoding: "utf8" });
    if (status !== 0) {
      process.stdout.write(`R3           not measured: ${stderr.slice(0, 200)}\n`);
      return [];
    }
    const { perRound, uncovered } = readTrace(file);
    const each: Spread = spread(perRound.map((n) => n / IN_FLIGHT));
    return [report(R3, each), report(R3_COVERED, { median: uncovered, iqr: [uncovered, uncovered] })];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Marks are writes of `submit` and `answer`; anything else of that call is not ours. */
function readTrace(file: string): { perRound: readonly number[]; uncovered: number } {
  const perRound: number[] = [];
  let [flushed, uncovered, isRound] = [0, 0, false];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line.includes('"submit"')) [flushed, isRound] = [0, true];
    else if (isRound && /\bf(?:data)?sync\(/.test(line)) flushed++;
    else if (line.includes('"answer"') && flushed === 0) uncovered++;
    else if (line.includes('"done"')) {
      perRound.push(flushed);
      isRound = false;
    }
  }
  return { perRound, uncovered };
}
