import { createHmac, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { ReportError } from "#shared/reports/query.ts";

import type { ReportPlace } from "../store/reports.ts";

/** Long enough for an export, short enough that nobody reads on with a purpose of last month. */
const LIFE_S = 12 * 3600;
const MAC_BYTES = 16;
const body = z.tuple([z.int(), z.int(), z.int()]);

/**
 * The `next` of pages: where to go on, for this person and this query alone. A page under a mark has no `access` leaf of its
 * own, so a mark that nobody gave out must not open anything.
 */
export interface PageMarks {
  make(place: ReportPlace): string;
  /** @throws ReportError `E_QUERY` */
  read(mark: string): ReportPlace;
}

export function pageMarks(key: Uint8Array, now: () => number, query: readonly unknown[]): PageMarks {
  const mac = (text: string): Buffer =>
    createHmac("sha256", key)
      .update(`countersign-page/1\0${JSON.stringify(query)}\0${text}`)
      .digest()
      .subarray(0, MAC_BYTES);
  return {
    make({ key: at, n }) {
      const text = Buffer.from(JSON.stringify([at, n, now()])).toString("base64url");
      return `${text}.${mac(text).toString("base64url")}`;
    },
    read(mark) {
      const [text = "", given = ""] = mark.split(".");
      const expected = mac(text);
      const told = Buffer.from(given, "base64url");
      // SECURITY: compared before anything in it is believed.
      if (told.length === expected.length && timingSafeEqual(told, expected)) {
        const [at, n, madeAt] = body.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
        if (now() - madeAt <= LIFE_S) return { key: at, n };
      }
      throw new ReportError("E_QUERY", "This page belongs to another query, or is too old. Begin again.", {
        pointer: "/page",
      });
    },
  };
}
