import { createHash } from "node:crypto";
import path from "node:path";

import type { EvidenceItem } from "#shared/protocol/evidence/item.ts";

import { makeFolder, replaceFile } from "./durable.ts";

/**
 * What shows that a gateway's log was changed (reliability.md 3.4): two checkpoints under its own signature that cannot both
 * be true, and the answer that should have joined them. Digests and signatures only, so it is kept in clear and can be handed
 * to an auditor without anybody's PIN.
 */
export interface LogAlarm {
  readonly format: "countersign-log-alarm/1";
  readonly code: string;
  readonly iss: string;
  /** Gateway seconds. */
  readonly at: number;
  /** `countersign-gateway+jwt`: names the log's key under the directory's signature. */
  readonly gateway: string;
  /** The checkpoint that this computer had verified, if any. */
  readonly pinned?: string;
  /** The checkpoint that contradicts it, as it came. */
  readonly seen: string;
  /**
   * An entry of the gateway's history that its log does not hold, with the proof that came with it; `withheld` where the
   * gateway calls a row erased and its log does not prove that, as it came: digests of the row and of the erasure. Without a
   * proof the entry is one that was promised and has not come.
   */
  readonly shown?: {
    readonly entry: string;
    readonly proof?: string;
    readonly withheld?: NonNullable<EvidenceItem["withheld"]>;
  };
  /** The gateway's answer to `log.consistency`, if it was asked. */
  readonly consistency?: { readonly from: number; readonly to: number; readonly hashes: readonly string[] };
}

/** Keeps alarms in a folder, one file each, named by their content: the same alarm again is the same file. */
export function logAlarmFiles(folder: string): (alarm: LogAlarm) => Promise<void> {
  return async (alarm) => {
    const { at: _at, ...same } = alarm;
    const name = createHash("sha256").update(JSON.stringify(same)).digest("hex").slice(0, 16);
    await makeFolder(folder);
    await replaceFile(path.join(folder, `log-alarm-${name}.json`), Buffer.from(JSON.stringify(alarm, undefined, 1)));
  };
}
