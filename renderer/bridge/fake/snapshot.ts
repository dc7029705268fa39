import type { AppSnapshot, GatewayStatus, Settings } from "#shared/ipc/contract.ts";

import { ISS } from "./claims.ts";
import { OKAFOR } from "./people.ts";
import { childDose, opioid } from "./conflicts.ts";
import { arabicName, bisoprolol, hiddenCharacter, refill } from "./orders.ts";
import { bulkAssign, externalReferral, phoneChange } from "./others.ts";
import { makeRow } from "./reviews.ts";
import { NOW, minutes } from "./time.ts";

export const SETTINGS: Settings = {
  language: "en-GB",
  theme: "system",
  text_size: 100,
  density: "comfortable",
  single_keys: true,
  facility_zone: "Europe/London",
  site_ca_file: "",
  managed: [],
};

export function makeGateway(change: Partial<GatewayStatus> = {}): GatewayStatus {
  return {
    iss: ISS,
    name: "Northgate Hospital",
    env: "production",
    connection: { kind: "live", since: NOW - minutes(94) },
    clock_offset_s: 0,
    last_message_at: NOW - 5,
    refused: {},
    ...change,
  };
}

/** A morning's queue: what the gallery shows unless a state says otherwise. */
export function makeSnapshot(change: Partial<AppSnapshot> = {}): AppSnapshot {
  return {
    seq: 1,
    version: "0.1.0",
    phase: { kind: "unlocked", person: OKAFOR },
    gateways: [makeGateway()],
    rows: [
      makeRow(childDose, { status: { kind: "expiring", at: childDose.exp }, unread: true }),
      makeRow(opioid, { unread: true }),
      makeRow(hiddenCharacter, {
        status: {
          kind: "quarantined",
          code: "E_DSP_TEXT",
          findings: [{ pointer: "/action/op/body#/medicationCodeableConcept/text", token: "[U+200B]" }],
        },
      }),
      makeRow(bisoprolol, { viewing: ["LEE, Min (Dr)"] }),
      makeRow(arabicName, { unread: true }),
      makeRow(externalReferral, { status: { kind: "needs_second" } }),
      makeRow(bulkAssign),
      makeRow(phoneChange, { status: { kind: "changed", at: NOW - minutes(3), from_rev: 1 }, rev: 2 }),
      makeRow(refill),
    ],
    settings: SETTINGS,
    scenarios: [],
    now: NOW,
    ...change,
  };
}
