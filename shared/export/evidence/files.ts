import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import { template as templateSchema } from "#shared/protocol/template.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import type { DetailItem } from "#shared/reports/items.ts";

import type { ReadItem } from "../read-item.ts";
import { erasedOf } from "./erased-of.ts";
import { bundleOf } from "./bundle-of.ts";
import { shownText } from "./shown.ts";

/** A row with what a bundle needs beside it. */
export interface ReadDetail extends ReadItem {
  readonly item: DetailItem;
}

export interface EvidenceFile {
  /** In the record's folder; the app's words only (approval-experience.md S10). */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const file = (name: string, text: string): EvidenceFile => ({ name, bytes: encodeUtf8(text) });

/** Everything about one record, always in the same order. */
export function evidenceFiles(read: ReadDetail, identifiers: boolean, zone: string): readonly EvidenceFile[] {
  const logged = [...read.logged.values()].flatMap(({ entry, proof }, i) => [
    file(`log-${String(i + 1)}.leaf`, entry),
    file(`log-${String(i + 1)}.tlog-proof`, proof),
  ]);
  // Of what was erased only this is left, and it names nobody.
  const isErased = read.item.withheld?.reason === "erased";
  if (identifiers && !isErased) return [...signedFiles(read, zone), ...logged];
  // SECURITY: without identifiers only where everything in it was verified.
  const erased = identifiers || read.checked === "erased" ? erasedOf(read.item) : undefined;
  const left = erased === undefined ? [] : [file("erased.json", JSON.stringify(erased))];
  return [...digestFiles(read), ...left, ...logged];
}

function signedFiles(read: ReadDetail, zone: string): EvidenceFile[] {
  const { item, claims, digest, decisions } = read;
  const bundle = bundleOf(item);
  const template = templateSchema.safeParse(item.template);
  const shown =
    claims !== undefined && template.success
      ? quietly(() => shownText(claims, digest, template.data, zone))
      : undefined;
  return [
    ...(bundle === undefined ? [] : [file("bundle.json", JSON.stringify(bundle))]),
    ...payloadFile("request.json", item.request),
    ...decisions.flatMap(({ jws }, i) => payloadFile(`decision-${String(i + 1)}.json`, jws)),
    ...(shown === undefined ? [] : [file("shown.txt", shown)]),
  ];
}

/** The bytes that were signed, as they were: no reading and writing again in between. */
function payloadFile(name: string, jws: string | undefined): EvidenceFile[] {
  const bytes = jws === undefined ? undefined : quietly(() => decodeBase64url(jws.split(".")[1] ?? ""));
  return bytes === undefined ? [] : [{ name, bytes }];
}

function digestFiles({ item, digest, decisions, checked, erasedAt }: ReadDetail): EvidenceFile[] {
  const { rid, rev, state } = item;
  const outcomes = decisions.map((decision) => ({ digest: decision.digest, result: decision.receipt.result }));
  const erased = erasedAt === undefined ? {} : { erased: erasedAt };
  const all = { rid, rev, state, request: digest, decisions: outcomes, checked, ...erased };
  return [
    file("digests.json", JSON.stringify(all, null, 2)),
    ...decisions.map(({ receiptJws }, i) => file(`receipt-${String(i + 1)}.jws`, receiptJws)),
  ];
}
