import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";

import { openLog } from "../../../gateway/audit/log.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { StoreTx } from "../../../gateway/store/store.ts";
import { crypto } from "../../shared/protocol/fixture/hospital.ts";
import { makeManualClock } from "../../gateway/manual-clock.ts";

/** Leaves in the log before the first measured commit, so that appending closes subtrees as in a real one. */
const LEAVES_BEFORE = 4_095;

/** About as many as half a second brings, after which the gateway signs a checkpoint (protocol.md 3.16). */
const LEAVES_PER_CHECKPOINT = 512;

export interface Commits {
  readonly withLeaf: (times: number) => void;
  readonly withoutLeaf: (times: number) => void;
  close(): void;
}

/**
 * Two stores on disk, each commit one decision as the gateway stores it (decision, answer, chain head, feed event), durable
 * when it returns; one of them also appends its leaf to the log, and signs a checkpoint from time to time.
 */
export function prepareCommits(jws: string): Commits {
  const folder = mkdtempSync(join(tmpdir(), "cs-bench-"));
  const [logged, plain] = ["logged", "plain"].map((name) => openSqliteStore(join(folder, `${name}.sqlite`)));
  if (!logged || !plain) throw new Error("no store");
  const clock = makeManualClock();
  const log = openLog({
    ...{ crypto, store: logged, clock, origin: "bench.example/log" },
    signer: makeSigner(generateKey("Ed25519")),
  });
  let serial = 0;
  const leaf = () => {
    const obj = `sha-256:${(++serial).toString(36).padStart(43, "0")}`;
    return { t: "decision", rid: RID, rev: 1, obj, kid: KID, out: "approved" } as const;
  };
  logged.write((tx) => {
    for (let i = 0; i < LEAVES_BEFORE; i++) log.append(tx, leaf());
  });
  log.signNow();

  const decision = (tx: StoreTx, dig: string): void => {
    const n = serial;
    const name = `${n.toString(16).padStart(8, "0")}-0000-7000-8000-000000000000`;
    const row = { dig, rid: name, rev: 1, kid: KID, jws, at: 1_790_000_000 };
    tx.addDecision({ ...row, sub: SUB, decision: "approve", iat: 1_790_000_000, live: true });
    tx.addAnswer({ ...row, jti: name, kind: "decision", receipt: jws, result: "recorded" });
    tx.setChainHead(KID, { n, prev: dig });
    tx.addFeedEvent({ type: "decision.receipt", body: { jws }, aud: [SUB], only_kid: KID, at: 1_790_000_000 });
  };
  return {
    withLeaf(times) {
      for (let i = 0; i < times; i++) {
        const one = leaf();
        logged.write((tx) => {
          decision(tx, one.obj);
          log.append(tx, one);
        });
        if (serial % LEAVES_PER_CHECKPOINT === 0) log.signNow();
      }
    },
    withoutLeaf(times) {
      for (let i = 0; i < times; i++) {
        const one = leaf();
        plain.write((tx) => {
          decision(tx, one.obj);
        });
      }
    },
    close() {
      logged.close();
      plain.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const RID = "019f0000-0000-7000-8000-000000000000";
const KID = "K".repeat(43);
const SUB = "https://directory.example/approvers/lee";
