import path from "node:path";

import { checkedAs } from "#shared/export/checked.ts";
import { csvWriter } from "#shared/export/csv.ts";
import { EVIDENCE_ROWS, evidenceWriter, type EvidenceWriter } from "#shared/export/evidence/writer.ts";
import { fhirWriter } from "#shared/export/fhir.ts";
import { jsonlWriter } from "#shared/export/jsonl.ts";
import type { ExportAbout } from "#shared/export/about.ts";
import { readItem } from "#shared/export/read-item.ts";
import type { ExportWriter } from "#shared/export/writer.ts";
import type { ExportResult, ExportStatus } from "#shared/ipc/exports.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";
import { detailItem, type HistoryItem } from "#shared/reports/items.ts";

import type { Link } from "../connection/link.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import { exportAsking, type ExportWish } from "./asking.ts";
import { openPartFile, type PartFile } from "./part-file.ts";

export interface ExportingParts {
  readonly crypto: Crypto;
  readonly link: Pick<Link, "call" | "gateway">;
  readonly directory: PinnedDirectory;
  readonly gatewayName: string;
  /** Who exports: their URI. */
  readonly sub: string;
  readonly nowS: () => number;
  readonly zone: () => string;
  /** Verifies rows with what this computer pinned. */
  readonly check: (items: readonly HistoryItem[]) => Promise<readonly ItemVerdict[]>;
}

export interface ExportOrder extends ExportWish {
  readonly bom: boolean;
  /** Where the person wants it. */
  readonly file: string;
}

/** Exports of what one gateway's history finds, one at a time, page by page, to a file that is whole or not there. */
export interface Exporting {
  /**
   * Runs to its end, which is told; never throws. `onStatus` hears of every page.
   * @throws CountersignError `E_CLI_STATE` while another one runs
   */
  run(order: ExportOrder, onStatus: (status: ExportStatus) => void): Promise<void>;
  readonly isRunning: boolean;
  /** Gives it up: nothing of the file stays. */
  cancel(): void;
}

const NOTHING_CHECKED = { valid: 0, valid_retired: 0, not_valid: 0, cannot_check: 0, erased: 0 };

export function makeExporting(parts: ExportingParts): Exporting {
  const asking = exportAsking(parts.link);
  let running: AbortController | undefined;

  async function exportTo(
    order: ExportOrder,
    part: PartFile,
    signal: AbortSignal,
    onStatus: (status: ExportStatus) => void,
  ): Promise<ExportResult> {
    // From here on it can be stopped, also while the gateway does not answer.
    onStatus({ kind: "running", done: 0 });
    const announced = await unlessStopped(signal, () => asking.announce(order));
    const of = announced.announced_rows;
    if (order.format === "evidence" && of !== undefined && of > EVIDENCE_ROWS) {
      throw new CountersignError("E_QUERY_BROAD", tooMany(of));
    }
    const writer = writerFor(parts, order, announced.export);
    const checked = { ...NOTHING_CHECKED };
    let [rows, unread] = [0, 0];
    let next: string | undefined;
    onStatus({ kind: "running", done: 0, ...(of === undefined ? {} : { of }) });
    await part.write(writer.begin());
    do {
      const page = await unlessStopped(signal, () => asking.rows(order, next));
      const items = order.format === "evidence" ? await detailed(page.items, order, signal) : page.items;
      const verdicts = await unlessStopped(signal, () => parts.check(items));
      for (const [i, item] of items.entries()) {
        const verdict = verdicts[i];
        // SECURITY: what was not checked is neither left out in silence nor handed on.
        if (verdict === undefined) throw new CountersignError("E_CLI_VERIFIER");
        signal.throwIfAborted();
        checked[checkedAs(verdict)]++;
        rows++;
        await part.write(writer.row(item, verdict));
      }
      unread += page.unread;
      next = page.next;
      onStatus({ kind: "running", done: rows, ...(of === undefined ? {} : { of: Math.max(of, rows) }) });
    } while (next !== undefined);
    await part.write(writer.end());
    const { digest, bytes } = await part.settle();
    signal.throwIfAborted();
    // The log has it before the file has its name: what nobody wrote down is not handed on.
    await asking.finish(announced.export, rows, digest, order.purpose);
    await part.keep();
    const file = path.basename(order.file);
    return { kind: "done", ...{ file, rows, bytes, digest, checked }, left_out: writer.leftOut() + unread };
  }

  async function detailed(
    items: readonly HistoryItem[],
    { purpose }: ExportOrder,
    signal: AbortSignal,
  ): Promise<readonly HistoryItem[]> {
    const found: HistoryItem[] = [];
    for (const item of items) {
      const detail = await unlessStopped(signal, () => asking.detail(item, purpose));
      if (detail === undefined) throw new CountersignError("E_CLM_SHAPE");
      found.push(detail);
    }
    return found;
  }

  return {
    async run(order, onStatus) {
      if (running) throw new CountersignError("E_CLI_STATE");
      const mine = new AbortController();
      running = mine;
      let part: PartFile | undefined;
      try {
        part = await openPartFile(order.file);
        onStatus(await exportTo(order, part, mine.signal, onStatus));
      } catch (error) {
        await part?.drop();
        onStatus(mine.signal.aborted ? { kind: "cancelled" } : { kind: "failed", error: faultOf(error) });
      } finally {
        running = undefined;
      }
    },
    get isRunning() {
      return running !== undefined;
    },
    cancel() {
      running?.abort();
    },
  };
}

/** The answer, or at once the end where it is given up: what comes later is nobody's. */
async function unlessStopped<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(new Error("stopped"));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([ask(), stopped.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

const tooMany = (rows: number): string =>
  `An archive of evidence holds at most ${EVIDENCE_ROWS.toLocaleString("en-GB")} records, and this finds ${rows.toLocaleString("en-GB")}. Narrow the range.`;

function faultOf(error: unknown): { code: CountersignError["code"]; message: string } {
  if (!(error instanceof CountersignError)) {
    return { code: "E_INTERNAL", message: "This app had a fault of its own. No file was kept." };
  }
  const { code, message } = error;
  return { code, message: message === code ? sentenceOf(code) : message };
}

interface RowWriter {
  begin(): readonly Uint8Array[];
  row(item: HistoryItem, verdict: ItemVerdict): readonly Uint8Array[];
  end(): readonly Uint8Array[];
  leftOut(): number;
}

function writerFor(parts: ExportingParts, order: ExportOrder, id: string): RowWriter {
  const { crypto, link, directory } = parts;
  const { format, identifiers, purpose, filter, bom } = order;
  const credential = link.gateway;
  if (!credential) throw new CountersignError("E_CLI_OFFLINE");
  const about: ExportAbout = {
    ...{ format, identifiers, purpose, filter, export: id, by: parts.sub, made_at: parts.nowS() },
    gateway: { iss: credential.iss, name: parts.gatewayName },
  };
  const { jwk } = directory.key;
  if (format === "evidence") {
    return detailWriter(crypto, evidenceWriter(crypto, { about, directory: jwk, zone: parts.zone() }));
  }
  const writer: ExportWriter =
    format === "csv"
      ? csvWriter({ identifiers, bom })
      : format === "jsonl"
        ? jsonlWriter(crypto, about, { gateways: [credential.credential], directory: jwk })
        : fhirWriter(about);
  return {
    begin: () => writer.begin(),
    row: (item, verdict) => writer.row(readItem(crypto, item, verdict)),
    end: () => writer.end(),
    leftOut: () => writer.leftOut,
  };
}

const detailWriter = (crypto: Crypto, writer: EvidenceWriter): RowWriter => ({
  begin: () => writer.begin(),
  row(item, verdict) {
    const detail = detailItem.parse(item);
    return writer.row({ ...readItem(crypto, detail, verdict), item: detail });
  },
  end: () => writer.end(),
  leftOut: () => writer.leftOut,
});
