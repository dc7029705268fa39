import type { ExportAbout } from "#shared/export/about.ts";
import type { ReadDetail } from "#shared/export/evidence/files.ts";
import { readItem } from "#shared/export/read-item.ts";
import { detailItem } from "#shared/reports/items.ts";
import type { ExportFormat } from "#shared/reports/names.ts";

import { decide, deny } from "../protocol/fixture/decision.ts";
import { deniedScene, eraseScene, type ErasedRow } from "../protocol/fixture/erased.ts";
import { event, statusList, VKEY } from "../protocol/fixture/evidence.ts";
import { crypto, ISS, makeRequest, signRequest, T0, template } from "../protocol/fixture/hospital.ts";
import type { withheld } from "../protocol/fixture/item.ts";
import { KIM, makeItem, verifyKept, type Kept } from "../protocol/fixture/item.ts";

type Change = Parameters<typeof makeRequest>[0];

/** A request that one person denied with these words of theirs. */
export function refused(change: Change = () => undefined, text = "not for this patient"): Kept {
  const request = signRequest(makeRequest(change));
  const denial = decide(KIM, request, (claims) => {
    deny(claims);
    claims.reason = { code: "other", text };
  });
  const resolved = event("request-resolved", request, { outcome: "denied" }, T0 + 63);
  const decisions = [{ ...denial, at: T0 + 62 }];
  return makeItem({ people: [KIM], request, decisions, events: [resolved] }, "denied");
}

/** A denial that was erased `at`: in an auditor's form, with every decision kept back. */
export const erased = (at: number): ErasedRow => eraseScene(deniedScene(), "denied", { at });

/** As a report's detail hands it out, checked and read. */
export function readKept(
  kept: Kept | Pick<ReturnType<typeof withheld>, "item" | "pins">,
  attention = true,
): ReadDetail {
  const item = detailItem.parse({
    ...kept.item,
    ...(kept.item.withheld === undefined ? {} : { withheld: { decisions: [0], ...kept.item.withheld } }),
    attention,
    statements: [],
    gateway: kept.pins.gateways[0],
    vkey: VKEY,
    template,
    status: statusList([0, 0, 0], T0 + 100),
  });
  return { ...readItem(crypto, item, verifyKept(kept)), item };
}

export const about = (format: ExportFormat, identifiers = true): ExportAbout => ({
  format,
  gateway: { iss: ISS, name: "Northgate Hospital" },
  export: "019f0000-0000-7000-8000-0000000000ee",
  made_at: T0 + 7200,
  by: "https://directory.example/approvers/lee",
  purpose: { code: "HQUALIMP", text: "about Ruth EXAMPLE" },
  filter: { from: T0, to: T0 + 900, patient: "00-104-77" },
  identifiers,
});

export const joined = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString("utf8");

/** What the fixture's patient can be told by. */
export const NAMES_PATIENT = /Ruth|EXAMPLE|00-104-77|1951-03-09|p-104/;
