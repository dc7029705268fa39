import { CountersignError } from "#shared/protocol/error.ts";

import { encodeRecord, Fields } from "./fields.ts";
import type { FrameFile } from "./frame-file.ts";

/**
 * What this computer must not forget about a gateway, whatever the gateway later says: revisions seen, requests ended,
 * the highest policy and template versions, and the pinned checkpoint (README decision 5; C8, C11; protocol.md 3.16).
 */
export type MemoryRecord =
  | {
      readonly t: "seen";
      readonly iss: string;
      readonly rid: string;
      readonly rev: number;
      readonly digest: string;
      readonly until: number;
    }
  | { readonly t: "forked"; readonly iss: string; readonly rid: string; readonly until: number }
  | { readonly t: "ended"; readonly iss: string; readonly digest: string; readonly until: number }
  | { readonly t: "policy"; readonly iss: string; readonly id: string; readonly ver: number }
  | { readonly t: "template"; readonly iss: string; readonly id: string; readonly ver: number }
  | { readonly t: "checkpoint"; readonly iss: string; readonly vkey: string; readonly note: string }
  | { readonly t: "proving"; readonly iss: string; readonly vkey: string; readonly from: number }
  | ({ readonly t: "promised"; readonly iss: string; readonly vkey: string; readonly isKept: 0 | 1 } & PromisedEntry);

/** A gateway's word that this entry of its log makes a row an erased one, and is not in the log yet. */
export interface PromisedEntry {
  /** The exact leaf. */
  readonly entry: string;
  /** Digest of the request that is said to be erased. */
  readonly request: string;
  /** When, as the gateway says: Unix seconds. */
  readonly at: number;
}

export interface Memory {
  /** Highest revision of a request seen so far, with its digest. */
  seen(iss: string, rid: string): { readonly rev: number; readonly digest: string } | undefined;
  /** True once two different requests came under one `(rid, rev)`. */
  forked(iss: string, rid: string): boolean;
  /** True when a verified event or receipt ended this exact revision. */
  ended(iss: string, digest: string): boolean;
  policyVersion(iss: string, id: string): number;
  templateVersion(iss: string, id: string): number;
  /** Signed note of the last checkpoint that this computer verified of the log with this key. */
  checkpoint(iss: string, vkey: string): string | undefined;
  /** Place in that log at which the gateway first said that it proves every erasure, if it ever did (protocol.md 3.20.2). */
  provesFrom(iss: string, vkey: string): number | undefined;
  /** Entries that this log has promised and that nobody has seen in it. */
  promised(iss: string, vkey: string): readonly PromisedEntry[];
  /** Verifier keys of the logs of which a checkpoint was verified: more than one where a gateway began anew. */
  logs(iss: string): readonly string[];
  /**
   * Learns at once and resolves when it is on the disk. Versions never go back.
   * @throws CountersignError `E_CLI_JOURNAL`
   */
  learn(records: readonly MemoryRecord[]): Promise<void>;
}

/** @throws CountersignError `E_CLI_JOURNAL` */
export function decodeMemory(bytes: Uint8Array): MemoryRecord {
  const f = new Fields(bytes);
  const iss = f.text("iss");
  switch (f.text("t")) {
    case "seen": {
      const [rid, rev, digest, until] = [f.text("rid"), f.integer("rev"), f.text("digest"), f.integer("until")];
      return { t: "seen", iss, rid, rev, digest, until };
    }
    case "forked":
      return { t: "forked", iss, rid: f.text("rid"), until: f.integer("until") };
    case "ended":
      return { t: "ended", iss, digest: f.text("digest"), until: f.integer("until") };
    case "policy":
      return { t: "policy", iss, id: f.text("id"), ver: f.integer("ver") };
    case "template":
      return { t: "template", iss, id: f.text("id"), ver: f.integer("ver") };
    case "checkpoint":
      return { t: "checkpoint", iss, vkey: f.optionalText("vkey") ?? "", note: f.text("note") };
    case "proving":
      return { t: "proving", iss, vkey: f.text("vkey"), from: f.integer("from") };
    case "promised": {
      const promised = { entry: f.text("entry"), request: f.text("request"), at: f.integer("at") };
      return { t: "promised", iss, vkey: f.text("vkey"), ...promised, isKept: f.integer("isKept") === 1 ? 1 : 0 };
    }
    default:
      throw new CountersignError("E_CLI_JOURNAL", "The record is of an unknown kind.");
  }
}

/** The same memory folded: one record for each subject. */
export class MemoryTable {
  readonly #records = new Map<string, MemoryRecord>();
  /** Apart, because few are open at a time and all of them are asked for. */
  readonly #promised = new Map<string, Extract<MemoryRecord, { t: "promised" }>>();

  apply(record: MemoryRecord): void {
    const subject = subjectOf(record);
    if (record.t === "promised") {
      if (record.isKept === 1) this.#promised.delete(subject);
      else this.#promised.set(subject, record);
      return;
    }
    const known = this.#records.get(subject);
    if (known && isOlder(record, known)) return;
    this.#records.set(subject, record);
  }

  get<T extends MemoryRecord["t"]>(t: T, ...subject: string[]): Extract<MemoryRecord, { t: T }> | undefined {
    const record = this.#records.get([t, ...subject].join("\n"));
    return record && isKind(record, t) ? record : undefined;
  }

  logs(iss: string): readonly string[] {
    return [...this.#records.values()].flatMap((r) => (r.t === "checkpoint" && r.iss === iss ? [r.vkey] : []));
  }

  promised(iss: string, vkey: string): readonly PromisedEntry[] {
    return [...this.#promised.values()].filter((r) => r.iss === iss && r.vkey === vkey);
  }

  /** Everything still worth keeping at `now` (gateway seconds): what has `until` in the past is dropped. */
  living(now: number): readonly MemoryRecord[] {
    return [...this.#records.values(), ...this.#promised.values()].filter((r) => !("until" in r) || r.until >= now);
  }

  get size(): number {
    return this.#records.size + this.#promised.size;
  }
}

function isKind<T extends MemoryRecord["t"]>(r: MemoryRecord, t: T): r is Extract<MemoryRecord, { t: T }> {
  return r.t === t;
}

function subjectOf(r: MemoryRecord): string {
  switch (r.t) {
    case "seen":
    case "forked":
      return [r.t, r.iss, r.rid].join("\n");
    case "ended":
      return [r.t, r.iss, r.digest].join("\n");
    case "policy":
    case "template":
      return [r.t, r.iss, r.id].join("\n");
    case "checkpoint":
    case "proving":
      // A log is its key (C2SP): what was seen of one says nothing of another, and is never forgotten for it.
      return [r.t, r.iss, r.vkey].join("\n");
    case "promised":
      return [r.t, r.iss, r.vkey, r.entry].join("\n");
    default:
      throw new CountersignError("E_INTERNAL", r satisfies never);
  }
}

/** SECURITY: versions only rise, C11 (T-14): a late write of an older one changes nothing. */
function isOlder(next: MemoryRecord, known: MemoryRecord): boolean {
  if (next.t === "seen" && known.t === "seen") return next.rev < known.rev;
  if ((next.t === "policy" && known.t === "policy") || (next.t === "template" && known.t === "template")) {
    return next.ver < known.ver;
  }
  // What was said once holds from there on, whatever is said later.
  if (next.t === "proving" && known.t === "proving") return next.from > known.from;
  return false;
}

/** @param frames an open file whose frames `table` already holds */
export function makeMemory(table: MemoryTable, frames: FrameFile): Memory {
  return {
    seen: (iss, rid) => table.get("seen", iss, rid),
    forked: (iss, rid) => table.get("forked", iss, rid) !== undefined,
    ended: (iss, digest) => table.get("ended", iss, digest) !== undefined,
    policyVersion: (iss, id) => table.get("policy", iss, id)?.ver ?? 0,
    templateVersion: (iss, id) => table.get("template", iss, id)?.ver ?? 0,
    checkpoint: (iss, vkey) => table.get("checkpoint", iss, vkey)?.note,
    provesFrom: (iss, vkey) => table.get("proving", iss, vkey)?.from,
    promised: (iss, vkey) => table.promised(iss, vkey),
    logs: (iss) => table.logs(iss),
    async learn(records) {
      for (const record of records) table.apply(record);
      if (records.length > 0) await frames.append(records.map(encodeRecord));
    },
  };
}
