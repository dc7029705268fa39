import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";

import { csvWriter } from "#shared/export/csv.ts";
import { evidenceWriter } from "#shared/export/evidence/writer.ts";
import { fhirWriter } from "#shared/export/fhir.ts";
import { jsonlWriter } from "#shared/export/jsonl.ts";
import { COLUMNS } from "#shared/export/words.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

import { verifyOffline } from "../../../gateway/audit/verify-offline.ts";
import { crypto, directory, T0 } from "../protocol/fixture/hospital.ts";
import { verifyKept } from "../protocol/fixture/item.ts";
import { about, erased, joined, NAMES_PATIENT, readKept, refused } from "./items.ts";
import { readCsv } from "./read-csv.ts";

const GONE_AT = T0 + 3000;

describe("a row that was erased", () => {
  it("verifies as far as anything is left, and is not called erased where the rest of it does not hold", () => {
    const whole = readKept(erased(GONE_AT));
    expect(whole).toMatchObject({ checked: "erased", verdict: { kind: "cannot_check", code: "E_STORE_ERASED" } });
    const { item, pins } = erased(GONE_AT);
    const broken = readKept({ pins, item: { ...item, entries: [item.entries[0] ?? "", "{}"] } });
    expect(broken).toMatchObject({ checked: "not_valid" });
    expect(broken).not.toHaveProperty("erasedAt");
  });

  it("is not called erased in any format where its log does not prove it", () => {
    const { item, pins } = erased(GONE_AT);
    const { erasure: _erasure, ...bare } = item.withheld;
    const read = readKept({ pins, item: { ...item, withheld: bare } });
    expect(read).toMatchObject({ checked: "not_valid", verdict: { step: "erasure", code: "E_LOG_ERASURE" } });
    const csv = csvWriter({ identifiers: true, bom: false });
    const [head = [], row = []] = readCsv(joined([...csv.begin(), ...csv.row(read)]));
    expect(Object.fromEntries(head.map((name, i) => [name, row[i]]))).toMatchObject({
      ...{ [COLUMNS.erased]: "", [COLUMNS.checked]: "NOT VALID", [COLUMNS.patient]: "withheld" },
    });
    const jsonl = jsonlWriter(crypto, about("jsonl"), { gateways: pins.gateways, directory: directory.jwk });
    expect(joined(jsonl.row(read)).split("\n")[0]).not.toMatch(/"erase/);
    const archive = evidenceWriter(crypto, { about: about("evidence", false), directory: directory.jwk, zone: "UTC" });
    const begun = archive.begin();
    const files = unzipSync(Buffer.concat([...begun, ...archive.row(read), ...archive.end()]));
    expect(Object.keys(files)).not.toContain("records/000001/erased.json");
    expect(Buffer.from(files["records/000001/digests.json"] ?? []).toString()).not.toContain("erased");
  });

  it.each([9e12, Number.MAX_SAFE_INTEGER])("verifies and is exported, whatever day the gateway says: %d", (beyond) => {
    const read = readKept(erased(beyond));
    expect(read).toMatchObject({ checked: "erased", verdict: { code: "E_STORE_ERASED" } });
    const writer = csvWriter({ identifiers: true, bom: false });
    expect(joined([...writer.begin(), ...writer.row(read)])).toContain(String(beyond));
  });

  it("is not valid where the request that is said to be gone came with it", () => {
    const { item, pins } = refused();
    const withheld = { request: jdig(crypto, item.request), reason: "erased", at: GONE_AT };
    expect(verifyKept({ pins, item: { ...item, withheld } })).toMatchObject({ kind: "not_valid", step: "item" });
  });

  it("is named so in a table, with the day and what is still known, and not as withheld or unchecked", () => {
    const writer = csvWriter({ identifiers: true, bom: false });
    const rows = [refused(), erased(GONE_AT)].flatMap((kept) => writer.row(readKept(kept)));
    const [head = [], , row = []] = readCsv(joined([...writer.begin(), ...rows]));
    expect(Object.fromEntries(head.map((name, i) => [name, row[i]]))).toMatchObject({
      [COLUMNS.erased]: new Date(GONE_AT * 1000).toISOString().replace(".000Z", "Z"),
      [COLUMNS.checked]: "Erased, what is left holds",
      [COLUMNS.state]: "denied",
      [COLUMNS.patient]: "erased",
      [COLUMNS.kind]: "erased",
      [COLUMNS.decision]: "erased",
      [COLUMNS.received]: new Date(T0 * 1000).toISOString().replace(".000Z", "Z"),
      [COLUMNS.finding]: expect.stringContaining("rased") as string,
    });
    expect(row.join(" ")).not.toMatch(/withheld|Cannot check/);
  });

  it("has a line of JSONL that says when it was erased, its receipts and its proofs", () => {
    const kept = erased(GONE_AT);
    const writer = jsonlWriter(crypto, about("jsonl"), { gateways: kept.pins.gateways, directory: directory.jwk });
    const lines = joined(writer.row(readKept(kept)))
      .trimEnd()
      .split("\n");
    const [request, decision] = lines.map((line) => parseStrict(line) as Record<string, unknown>);
    expect(request).toMatchObject({
      t: "request",
      checked: "erased",
      erased: GONE_AT,
      erasure: kept.item.withheld.erasure,
      obj: kept.item.withheld.request,
    });
    expect(request).toMatchObject({ entry: kept.item.entries[0], proof: kept.item.proofs[0] });
    expect(request).not.toHaveProperty("jws");
    expect(decision).toMatchObject({ t: "decision", receipt: kept.item.receipts[0] });
    const [other] = joined(writer.row(readKept(refused()))).split("\n");
    expect(parseStrict(other ?? "")).not.toHaveProperty("erased");
  });

  it("has no AuditEvent, since nobody can verify its decision, and is counted", () => {
    const writer = fhirWriter(about("fhir"));
    const text = joined([refused(), erased(GONE_AT)].flatMap((kept) => writer.row(readKept(kept))));
    expect(text.match(/"resourceType":"AuditEvent"/g)).toHaveLength(1);
    expect(writer.leftOut).toBe(1);
  });

  it("keeps digests, receipts and proofs in an archive of evidence, and the manifest says when it was erased", () => {
    const kept = erased(GONE_AT);
    const writer = evidenceWriter(crypto, {
      ...{ about: about("evidence"), directory: directory.jwk, zone: "Europe/London" },
    });
    const begun = writer.begin();
    const files = unzipSync(Buffer.concat([...begun, ...writer.row(readKept(kept)), ...writer.end()]));
    const text = (name: string): string => Buffer.from(files[name] ?? []).toString();
    expect(JSON.parse(text("manifest.json"))).toMatchObject({
      records: [{ checked: "erased", erased: GONE_AT, bundle: false }],
    });
    expect(JSON.parse(text("records/000001/digests.json"))).toMatchObject({
      ...{ checked: "erased", erased: GONE_AT, request: kept.item.withheld.request },
    });
    const left = JSON.parse(text("records/000001/erased.json")) as { withheld: { erasure: { covers?: object } } };
    expect(verifyOffline(left, directory.jwk)).toMatchObject({
      ...{ ok: true, outcome: "denied", erased: { at: GONE_AT, why: "order" } },
    });
    delete left.withheld.erasure.covers;
    const without = verifyOffline(left, directory.jwk);
    expect([without.ok, without.erased]).toEqual([false, undefined]);
    expect(without.steps).toContainEqual(expect.objectContaining({ step: "erasure", code: "E_LOG_ERASURE" }));
    expect(text("README.txt")).toContain("countersign verify records/*/erased.json");
    expect(text("records/000001/receipt-1.jws")).toBe(kept.item.receipts[0]);
    expect(text("records/000001/log-1.tlog-proof")).toBe(kept.item.proofs[0]);
    expect(Object.keys(files)).not.toContain("records/000001/shown.txt");
    expect(text("README.txt")).toContain("erased");
    expect(text("records/000001/digests.json")).not.toMatch(NAMES_PATIENT);
    expect(writer.leftOut).toBe(1);
  });
});
