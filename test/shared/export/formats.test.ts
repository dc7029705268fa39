import { validateResource } from "@medplum/core";
import { beforeAll, describe, expect, it } from "vitest";

import { fhirWriter } from "#shared/export/fhir.ts";
import { jsonlWriter } from "#shared/export/jsonl.ts";
import { verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { jcs } from "#shared/protocol/jcs.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

import { loadDefinitions } from "../../../demo/fhir/definitions.ts";
import type { Resource } from "../../../demo/fhir/repository.ts";
import { VKEY } from "../protocol/fixture/evidence.ts";
import { crypto, directory } from "../protocol/fixture/hospital.ts";
import { executed, withheld } from "../protocol/fixture/item.ts";
import { about, joined, NAMES_PATIENT, readKept, refused } from "./items.ts";

describe("JSONL", () => {
  const lines = (identifiers: boolean) => {
    const kept = executed();
    const trust = { gateways: kept.pins.gateways, directory: directory.jwk };
    const writer = jsonlWriter(crypto, about("jsonl", identifiers), trust);
    const text = joined([...writer.begin(), ...writer.row(readKept(kept)), ...writer.end()]);
    return { kept, text, events: text.trimEnd().split("\n") };
  };

  it("has one canonical event on each line: what it came from, then what happened, in its order", () => {
    const { events } = lines(true);
    const parsed = events.map((line) => parseStrict(line) as Record<string, never>);
    expect(parsed.map(({ t }) => t)).toEqual(["export", "request", "decision", "rejection", "event", "event"]);
    for (const line of events) expect(jcs(parseStrict(line))).toBe(line);
    expect(parsed[0]).toMatchObject({ purpose: { code: "HQUALIMP" }, filter: { patient: "00-104-77" } });
  });

  it("each line is verifiable by itself: its digest is of its text, and its leaf is in the log", () => {
    let proven = 0;
    for (const line of lines(true).events.slice(1)) {
      const { jws, obj, entry, proof } = JSON.parse(line) as Record<string, string>;
      expect(jdig(crypto, jws!)).toBe(obj);
      if (entry === undefined || proof === undefined) continue;
      proven++;
      expect(JSON.parse(entry)).toMatchObject({ obj });
      expect(() => verifyTlogProof(crypto, { proof, entry, vkey: VKEY })).not.toThrow();
    }
    expect(proven).toBe(4);
  });

  it("without identifiers has digests, receipts and proofs, and no text that names the patient, in plain or in base64url", () => {
    const { text, events, kept } = lines(false);
    const decoded = text.replaceAll(
      /[A-Za-z0-9_-]{20,}/g,
      (part) => `${part} ${Buffer.from(part, "base64url").toString("latin1")}`,
    );
    expect(decoded).not.toMatch(NAMES_PATIENT);
    const request = JSON.parse(events[1] ?? "") as Record<string, unknown>;
    expect(request).toMatchObject({
      t: "request",
      obj: jdig(crypto, kept.item.request),
      proof: expect.any(String) as string,
    });
    expect(JSON.parse(events[2] ?? "")).toMatchObject({ t: "decision", receipt: kept.item.receipts[0] });
    expect(events.length).toBe(6);
  });
});

describe("FHIR R4 bundle", () => {
  beforeAll(loadDefinitions);
  const bundle = (identifiers: boolean, ...items: Parameters<typeof readKept>[0][]) => {
    const writer = fhirWriter(about("fhir", identifiers));
    const text = joined([...writer.begin(), ...items.flatMap((kept) => writer.row(readKept(kept))), ...writer.end()]);
    const parsed = JSON.parse(text) as Resource & { entry?: { fullUrl: string; resource: Resource }[] };
    return { text, parsed, leftOut: writer.leftOut };
  };

  it("is accepted whole by the validator: approvals, denials, with identifiers and without, and with nothing in it", () => {
    for (const identifiers of [true, false]) {
      const { parsed } = bundle(identifiers, executed(), refused(), refused());
      expect(parsed.entry?.map(({ resource }) => resource.resourceType)).toEqual([
        "AuditEvent",
        "AuditEvent",
        "AuditEvent",
      ]);
      expect(() => validateResource(parsed)).not.toThrow();
      for (const { resource } of parsed.entry ?? []) expect(() => validateResource(resource)).not.toThrow();
    }
    const empty = bundle(true).parsed;
    expect(empty.entry).toBeUndefined();
    expect(() => validateResource(empty)).not.toThrow();
  });

  it("carries the stated purpose, and without identifiers no patient", () => {
    const { text } = bundle(true, refused());
    expect(text).toContain('"HQUALIMP"');
    expect(text).toContain("Patient/p-104");
    expect(bundle(false, refused(), executed()).text).not.toMatch(NAMES_PATIENT);
  });

  it("leaves out what did not verify, and what the gateway withheld, and counts it", () => {
    const kept = executed();
    const changed = { ...kept, item: { ...kept.item, sets: kept.item.sets.slice(1) } };
    expect(bundle(true, changed, refused())).toMatchObject({ leftOut: 1, parsed: { entry: { length: 1 } } });
    const { item, pins } = withheld(refused(), [0]);
    const named = { reason: "clinical", decisions: [0], ...item.withheld };
    const auditor = { pins, item: { ...item, withheld: named } } as Parameters<typeof readKept>[0];
    expect(bundle(true, auditor)).toMatchObject({ leftOut: 1 });
  });
});
