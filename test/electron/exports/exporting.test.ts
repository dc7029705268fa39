import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, it, onTestFinished } from "vitest";

import { checkItems } from "../../../electron/exports/check-items.ts";
import { makeExporting, type ExportOrder } from "../../../electron/exports/exporting.ts";
import { exportName } from "../../../electron/ipc/export-commands.ts";
import type { ExportStatus } from "#shared/ipc/exports.ts";
import { EVIDENCE_ROWS } from "#shared/export/evidence/writer.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { verifyItem } from "#shared/protocol/evidence/verify-item.ts";
import { EXPORT_FORMATS } from "#shared/reports/names.ts";

import { decodeStatusList } from "../../shared/protocol/fixture/evidence.ts";
import { erased, readKept, refused } from "../../shared/export/items.ts";
import { readCsv } from "../../shared/export/read-csv.ts";
import { crypto, ISS, T0, template } from "../../shared/protocol/fixture/hospital.ts";
import { executed, type Kept } from "../../shared/protocol/fixture/item.ts";
import { checkAs, EXPORT, exportGateway, partsOf, PINNED } from "./gateway.ts";

function arrange(format: ExportOrder["format"] = "csv", refuse?: Parameters<typeof exportGateway>[1]) {
  const folder = mkdtempSync(path.join(tmpdir(), "export-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const reads = [executed(), refused(), refused()].map((kept) => readKept(kept));
  const { link, asked } = exportGateway(
    [reads.slice(0, 2).map(({ item }) => item), reads.slice(2).map(({ item }) => item)],
    refuse,
  );
  const exporting = makeExporting(partsOf(link, checkAs(reads)));
  const file = path.join(folder, "out");
  const order: ExportOrder = {
    ...{ format, file, identifiers: true, bom: false },
    filter: { from: T0 },
    purpose: { code: "HQUALIMP" },
  };
  const told: ExportStatus[] = [];
  const run = (also: (status: ExportStatus) => void = () => undefined) =>
    exporting.run(order, (status) => {
      told.push(status);
      also(status);
    });
  return { folder, file, asked, exporting, order, told, run, link, reads };
}

describe("an export", () => {
  it("is announced, fetched page by page, finished with its rows and digest, and only then has its name", async () => {
    const { run, told, asked, file, folder } = arrange();
    await run((status) => {
      if (status.kind === "running") expect(readdirSync(folder)).toEqual(["out.part"]);
    });
    const bytes = readFileSync(file);
    const digest = `sha-256:${createHash("sha256").update(bytes).digest("base64url")}`;
    expect(asked.map(({ name, filter, page }) => [name, ...Object.keys(filter), page ?? ""])).toEqual([
      ["exports", "announce", ""],
      ["history", "from", ""],
      ["history", "from", "1"],
      ["exports", "finish", ""],
    ]);
    expect(asked.at(-1)?.filter).toEqual({ finish: { export: EXPORT, rows: 3, digest } });
    expect(told).toMatchObject([
      // It can be stopped before the gateway has answered.
      { kind: "running", done: 0 },
      { kind: "running", done: 0, of: 3 },
      { kind: "running", done: 2, of: 3 },
      { kind: "running", done: 3, of: 3 },
      {
        kind: "done",
        file: "out",
        rows: 3,
        bytes: bytes.length,
        digest,
        left_out: 0,
        checked: { valid: 3, not_valid: 0 },
      },
    ]);
    expect(readCsv(bytes.toString())).toHaveLength(4);
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it.each(EXPORT_FORMATS)("runs in every format: %s", async (format) => {
    const { run, told, file } = arrange(format);
    await run();
    expect(told.at(-1)).toMatchObject({ kind: "done", rows: 3, left_out: 0 });
    const bytes = readFileSync(file);
    if (format === "fhir") expect(JSON.parse(bytes.toString())).toMatchObject({ entry: { length: 3 } });
    if (format === "jsonl") expect(bytes.toString().trimEnd().split("\n").length).toBeGreaterThan(8);
    if (format === "evidence") expect(Object.keys(unzipSync(bytes))).toContain("records/000003/bundle.json");
  });

  it("that is given up leaves nothing, and the gateway hears of no end", async () => {
    const { run, told, asked, folder, exporting } = arrange();
    await run((status) => {
      if (status.kind === "running" && status.done === 2) exporting.cancel();
    });
    expect(told.at(-1)).toEqual({ kind: "cancelled" });
    expect(readdirSync(folder)).toEqual([]);
    expect(asked.some(({ filter }) => "finish" in filter)).toBe(false);
  });

  it.each(["announce", "history"])("stops at once, also while the gateway does not answer: %s", async (where) => {
    const { link, reads, order, folder } = arrange();
    const asked = Promise.withResolvers<undefined>();
    const silent = {
      ...link,
      call(...query: Parameters<typeof link.call>) {
        if (!JSON.stringify(query[1]).includes(`"${where}"`)) return link.call(...query);
        asked.resolve(undefined);
        return new Promise<never>(() => undefined);
      },
    };
    const exporting = makeExporting(partsOf(silent as typeof link, checkAs(reads)));
    const told: ExportStatus[] = [];
    const ended = exporting.run(order, (status) => told.push(status));
    await asked.promise;
    exporting.cancel();
    await ended;
    expect([told.at(-1), readdirSync(folder)]).toEqual([{ kind: "cancelled" }, []]);
  });

  it.each([
    ["the second page is refused", "history", "E_CLI_OFFLINE" as const],
    ["the end is not recorded", "finish", "E_FORBIDDEN" as const],
    ["it may not be announced", "announce", "E_QUERY_BROAD" as const],
  ])("leaves nothing where %s, and says why", async (_, where, code) => {
    const { run, told, folder } = arrange("csv", ({ name, filter, page }) =>
      where in filter || (name === where && page !== undefined) ? code : undefined,
    );
    await run();
    expect(told.at(-1)).toMatchObject({
      kind: "failed",
      error: { code, message: expect.stringMatching(/ /) as string },
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves nothing where a row was not checked: it is neither left out in silence nor written as it came", async () => {
    const { link, reads, order, folder } = arrange();
    const check = checkAs(reads);
    const exporting = makeExporting(partsOf(link, async (items) => (await check(items)).slice(1)));
    const told: ExportStatus[] = [];
    await exporting.run(order, (status) => told.push(status));
    expect(told.at(-1)).toMatchObject({ kind: "failed", error: { code: "E_CLI_VERIFIER" } });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("writes into no file that somebody laid in its way", async () => {
    const { run, told, file, folder } = arrange();
    const elsewhere = path.join(folder, "elsewhere");
    writeFileSync(elsewhere, "somebody's");
    symlinkSync(elsewhere, `${file}.part`);
    await run();
    expect(told.at(-1)).toMatchObject({ kind: "done" });
    expect(readFileSync(elsewhere, "utf8")).toBe("somebody's");
    expect(lstatSync(file).isSymbolicLink()).toBe(false);
  });

  it("never takes away a file that was there, unless a whole one takes its place", async () => {
    const failing = arrange("csv", ({ filter }) => ("finish" in filter ? "E_CLI_OFFLINE" : undefined));
    writeFileSync(failing.file, "before");
    await failing.run();
    expect(readFileSync(failing.file, "utf8")).toBe("before");
  });

  it("says that it could not be written where there is no folder", async () => {
    const { exporting, order, told, asked } = arrange();
    await exporting.run({ ...order, file: path.join(order.file, "nowhere", "x") }, (status) => told.push(status));
    expect(told).toMatchObject([{ kind: "failed", error: { code: "E_CLI_FILE" } }]);
    expect(asked).toEqual([]);
  });

  it("runs alone", async () => {
    const { exporting, order, run, file } = arrange();
    const first = run();
    await expect(exporting.run(order, () => undefined)).rejects.toMatchObject({ code: "E_CLI_STATE" });
    await first;
    expect(existsSync(file)).toBe(true);
    expect(exporting.isRunning).toBe(false);
  });

  it("counts what could not be read and what did not verify, and keeps the rest", async () => {
    const { folder, file } = arrange();
    const reads = [executed(), refused()].map((kept) => readKept(kept));
    const { link } = exportGateway([[reads[0]!.item, { rid: "nonsense" }, reads[1]!.item]]);
    const bad = {
      ...reads[1]!,
      verdict: { ...reads[1]!.verdict, kind: "not_valid" as const, step: "V4", code: "E_SIG_BAD" as const },
    };
    const told: ExportStatus[] = [];
    const order = {
      file,
      filter: {},
      purpose: { code: "HLEGAL" as const },
      format: "csv" as const,
      identifiers: true,
      bom: false,
    };
    await makeExporting(partsOf(link, checkAs([reads[0]!, bad]))).run(order, (status) => told.push(status));
    expect(told.at(-1)).toMatchObject({ kind: "done", rows: 2, left_out: 1, checked: { valid: 1, not_valid: 1 } });
    expect(readFileSync(path.join(folder, "out"), "utf8")).toContain('"NOT VALID"');
  });

  it.each(EXPORT_FORMATS)("counts what was erased by itself, and not as unchecked: %s", async (format) => {
    const { folder, file } = arrange();
    const other = refused((claims) => {
      claims.rid = "019f0000-0000-7000-8000-0000000000aa";
    });
    const reads = [readKept(other), readKept(erased(T0 + 3000))];
    const { link } = exportGateway([reads.map(({ item }) => item)]);
    const told: ExportStatus[] = [];
    const order = { file, filter: {}, purpose: { code: "HLEGAL" as const }, format, identifiers: true, bom: false };
    await makeExporting(partsOf(link, checkAs(reads))).run(order, (status) => told.push(status));
    // Neither an AuditEvent nor a bundle can be made of it.
    const left_out = format === "fhir" || format === "evidence" ? 1 : 0;
    const checked = { valid: 1, erased: 1, cannot_check: 0, not_valid: 0 };
    expect(told.at(-1)).toMatchObject({ kind: "done", rows: 2, left_out, checked });
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it("of evidence that no archive can hold is refused before it begins", async () => {
    const { link, asked } = exportGateway([Array.from({ length: EVIDENCE_ROWS + 1 }, () => ({}))]);
    const { order, folder } = arrange("evidence");
    const told: ExportStatus[] = [];
    await makeExporting(partsOf(link, checkAs([]))).run(order, (status) => told.push(status));
    expect(told).toMatchObject([
      { kind: "running", done: 0 },
      { kind: "failed", error: { code: "E_QUERY_BROAD", message: expect.stringContaining("5,000") as string } },
    ]);
    expect(asked).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** The check of an export on a computer that pinned what belongs to the row; `accused`: what it has of the log as evidence. */
function checkOf(kept: Kept) {
  const { link } = arrange();
  const accused: string[] = [];
  const check = checkItems({
    logWatch: {
      ...{ see: () => Promise.resolve(undefined), promised: () => Promise.resolve(true) },
      accuse: (code, shown) => Promise.resolve(void accused.push(`${code} ${shown.entry}`)),
    },
    ...{ iss: ISS, link, directory: PINNED, nowS: () => T0 + 3600, statusLists: () => kept.pins.status },
    verifier: {
      check: ({ items, pins }) =>
        Promise.resolve({
          verdicts: items.map((one) =>
            verifyItem(one, pins, crypto, { builtinTemplates, findHidden, decodeStatusList }),
          ),
          faults: [],
          statements: [],
        }),
    },
    memory: { checkpoint: () => kept.pins.pinned, provesFrom: () => undefined },
    templates: { builtin: (digest) => builtinTemplates.find(({ id }) => id === digest), fetched: () => template },
    fetchTemplate: () => Promise.resolve(true),
  });
  return { check, accused };
}

it("checks rows with what this computer pinned, and not with what came with them", async () => {
  const kept = executed();
  const { item } = readKept(kept);
  const { check, accused } = checkOf(kept);
  const forged = { ...item, receipts: item.receipts.toReversed() };
  expect((await check([item, forged])).map(({ kind }) => kind)).toEqual(["valid", "not_valid"]);
  expect(accused).toEqual([]);
});

it("raises the alarm of history where an entry is not what the log holds, with the entry as evidence", async () => {
  const kept = executed();
  const { item } = readKept(kept);
  const { check, accused } = checkOf(kept);
  const [entry = "", ...rest] = item.entries;
  const changed = entry.replace(/"ts":(\d+)/, (_, ts) => `"ts":${String(Number(ts) - 60)}`);
  const [verdict] = await check([{ ...item, entries: [changed, ...rest] }]);
  expect(verdict).toMatchObject({ kind: "not_valid", code: "E_LOG_PROOF" });
  expect(accused).toEqual([`E_LOG_PROOF ${changed}`]);
});

it("files are named by the app's words and a date", () => {
  expect(EXPORT_FORMATS.map((format) => exportName(format, T0))).toEqual([
    "countersign-history-2026-09-21.csv",
    "countersign-history-2026-09-21.jsonl",
    "countersign-history-2026-09-21.fhir.json",
    "countersign-evidence-2026-09-21.zip",
  ]);
});
