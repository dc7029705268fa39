import type { EventEmitter } from "node:events";

import type { AuditEvent, Provenance } from "#shared/fhir/resources.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../ports.ts";
import type { RefusedEvidence } from "../store/evidence.ts";
import type { LeafRow } from "../store/rows.ts";
import type { Store } from "../store/store.ts";
import type { Logger } from "../transport/logger.ts";
import type { SendEvidence } from "./send.ts";

export interface EvidenceOptions {
  readonly store: Store;
  /** `core.events`: `checkpoint` says that the log has grown. */
  readonly events: EventEmitter;
  /** What one entry of the log is in FHIR (`partsOf`). */
  readonly parts: (leaf: LeafRow) => readonly (AuditEvent | Provenance)[];
  readonly send: SendEvidence;
  readonly iss: string;
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Gives the hospital's record the evidence that the log speaks of. */
export interface EvidenceWriter {
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Tries what was refused once more, at once, and resolves when that is done. */
  retry(): Promise<void>;
  /** Sends nothing more and waits for what is under way; the next start goes on from there. */
  close(): Promise<void>;
}

const PAGE = 64;
const RETRY_MS = [1000, 5000, 30_000, 120_000, 600_000] as const;
/** How often what was refused is tried again, and how often people are told that evidence waits. */
const HOUR_MS = 3_600_000;
/** Of what was refused, so many an hour. */
const MOST_RETRIED = 500;
/** In the place of a status. */
const NEVER_SENT = 0;

/**
 * The log is the outbox: every decision, execution and access has its entry in the commit that made it, so evidence is
 * owed from that moment, and a cursor in the store says how much of the debt is paid. Nothing waits for it: what cannot be
 * written is written later, in the order of the log; what the server refuses for good is set aside, told, and tried again
 * every hour. It begins with what is logged after it was first switched on.
 */
export function writeEvidence(options: EvidenceOptions): EvidenceWriter {
  const { store, events, parts, send, clock, logger } = options;
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const gone = new AbortController();
  let closing = false;
  let failures = 0;
  let toldAtMs = -HOUR_MS;
  let cancelRetry: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  /** What was refused is tried once at a start, and every hour. */
  let retryDue = true;

  if (store.evidenceCursor() === undefined) store.write((tx) => tx.setEvidenceCursor(tx.logSize()));

  /** False when the server is away: everything after it waits too. */
  async function deliver(leaf: LeafRow): Promise<{ readonly goOn: boolean; readonly sent: number }> {
    const resources = madeFrom(leaf);
    for (const [part, resource] of resources.entries()) {
      const sent = await send(resource, idOf(leaf, part), gone.signal);
      if (sent.kind === "away") return away(sent.why);
      if (sent.kind === "refused") refuse(leaf.index, part, resource.resourceType, sent.status);
    }
    if (resources.length > 0 && failures > 0) {
      failures = 0;
      toldAtMs = -HOUR_MS;
      logger.warn("evidence.written-again");
    }
    return { goOn: true, sent: resources.length };
  }

  /** What cannot be made is owed as well; it must not stand in the way of the rest. */
  function madeFrom(leaf: LeafRow): ReturnType<EvidenceOptions["parts"]> {
    try {
      return parts(leaf);
    } catch (error) {
      logger.error("evidence.fault", { leaf: leaf.index, error: error instanceof Error ? error.name : typeof error });
      refuse(leaf.index, 0, "AuditEvent", NEVER_SENT);
      return [];
    }
  }

  function refuse(leaf: number, part: number, type: RefusedEvidence["type"], status: number): void {
    store.write((tx) => tx.refuseEvidence({ leaf, part, type, status, at: now() }));
    logger.error("evidence.refused", { leaf, type, status });
  }

  function away(why: string): { readonly goOn: false; readonly sent: 0 } {
    const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? HOUR_MS;
    failures++;
    if (clock.nowMs() - toldAtMs >= HOUR_MS) {
      toldAtMs = clock.nowMs();
      logger.error("evidence.waiting", { entries: store.logSize() - (store.evidenceCursor() ?? 0), why });
    }
    cancelRetry?.();
    if (!closing) cancelRetry = clock.after(wait, start);
    return { goOn: false, sent: 0 };
  }

  async function drain(): Promise<void> {
    for (;;) {
      const page = store.leavesFrom(store.evidenceCursor() ?? 0, PAGE);
      let seen: number | undefined;
      for (const leaf of page) {
        if (closing) break;
        const { goOn, sent } = await deliver(leaf);
        if (!goOn) break;
        seen = leaf.index + 1;
        // What was sent is remembered at once; entries that are not about the record, a page at a time.
        if (sent > 0) store.write((tx) => tx.setEvidenceCursor(leaf.index + 1));
      }
      if (seen !== undefined && seen !== store.evidenceCursor()) {
        const to = seen;
        store.write((tx) => tx.setEvidenceCursor(to));
      }
      if (page.length === 0 || seen !== (page.at(-1)?.index ?? -1) + 1) return;
    }
  }

  async function retryRefused(): Promise<void> {
    retryDue = false;
    for (const { leaf, part, type } of store.evidenceRefused(MOST_RETRIED)) {
      const row = store.leaf(leaf);
      const resource = row && madeFrom(row)[part];
      if (row === undefined || resource === undefined) continue;
      if (closing) return;
      const sent = await send(resource, idOf(row, part), gone.signal);
      if (sent.kind === "away") return;
      if (sent.kind === "refused") refuse(leaf, part, type, sent.status);
      else store.write((tx) => tx.settleEvidence(leaf, part));
    }
  }

  /** The same entry has the same id for ever, and no other gateway has it. */
  function idOf({ obj, type }: LeafRow, part: number): string {
    const hash = options.crypto.sha256(Buffer.from(JSON.stringify([options.iss, type, obj, part])));
    const bytes = Buffer.from(hash.subarray(0, 16));
    // RFC 9562 5.8: version 8, our own use of the bits.
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  /** One at a time; what comes meanwhile is seen to in the next round. */
  function start(): void {
    again = true;
    if (running !== undefined || closing) return;
    running = rounds().finally(() => {
      running = undefined;
      if (again) start();
    });
  }

  async function rounds(): Promise<void> {
    while (again && !closing) {
      again = false;
      try {
        if (retryDue) await retryRefused();
        await drain();
      } catch (error) {
        // A defect of ours or a full disk stops the evidence, never the gateway.
        const code = error instanceof CountersignError ? error.code : "E_INTERNAL";
        logger.error("evidence.fault", { code });
        away(code);
      }
    }
  }

  let cancelHourly = clock.after(HOUR_MS, hourly);
  function hourly(): void {
    retryDue = true;
    cancelHourly = clock.after(HOUR_MS, hourly);
    start();
  }

  events.on("checkpoint", start);
  start();
  const idle = async (): Promise<void> => {
    while (running !== undefined) await running;
  };
  return {
    idle,
    async retry() {
      retryDue = true;
      start();
      await idle();
    },
    async close() {
      closing = true;
      gone.abort();
      events.off("checkpoint", start);
      cancelHourly();
      cancelRetry?.();
      await idle();
    },
  };
}
