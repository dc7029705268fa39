import words from "#shared/protocol/check-words.json" with { type: "json" };

import type { ReportNames } from "./report-names.ts";
import type { Sql } from "./sql.ts";

/** What a free text means, as JSON lists of numbers: rows that it names, and agents and signers whose name holds it. */
export interface TextMatch {
  readonly rows: string;
  readonly agents: string;
  readonly signers: string;
}

/** Rows one text may name: a single check word names one in 2,048. */
const MOST_ROWS = 1000;
const BITS_A_WORD = 11;
const BITS_A_LETTER = 6;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const REQUEST_ID = /^[0-9a-f]{8}(?:-?[0-9a-f-]{0,28})$/;
const DIGEST = /^sha-256:[A-Za-z0-9_-]{8,43}$/;
/** Above every letter of base64url and of an id. */
const AFTER = "~";

/** Free text over what is not clinical: ids, digests, check words, names of agents and signers (shared/reports/filter.ts). */
export function matchText(sql: Sql, names: ReportNames, typed: string): TextMatch {
  const text = typed.trim();
  return {
    rows: JSON.stringify(rowsNamed(sql, text)),
    agents: names.like("agent", text),
    signers: names.like("signer", text),
  };
}

function rowsNamed(sql: Sql, text: string): readonly number[] {
  const id = text.toLowerCase();
  if (REQUEST_ID.test(id)) return byRange(sql, "SELECT n FROM report_rows WHERE rid >= ? AND rid < ?", [id]);
  if (DIGEST.test(text)) {
    return [...byDigest(sql, [text]), ...byRange(sql, `${OF_DECISIONS} WHERE d.dig >= ? AND d.dig < ?`, [text])];
  }
  const prefixes = digestPrefixes(id.split(/[\s-]+/));
  return prefixes === undefined ? [] : byDigest(sql, prefixes);
}

const OF_DECISIONS = "SELECT r.n FROM decisions d JOIN report_rows r ON r.rid = d.rid AND r.rev = d.rev";
const byDigest = (sql: Sql, prefixes: readonly string[]): number[] =>
  byRange(
    sql,
    "SELECT r.n FROM requests q JOIN report_rows r ON r.rid = q.rid AND r.rev = q.rev WHERE q.dig >= ? AND q.dig < ?",
    prefixes,
  );

function byRange(sql: Sql, select: string, prefixes: readonly string[]): number[] {
  const limited = `${select} LIMIT ${String(MOST_ROWS)}`;
  return prefixes.flatMap((prefix) => sql.all(limited, prefix, `${prefix}${AFTER}`).map((row) => row.int("n")));
}

/**
 * How the digests begin whose first check words these are (README decision 16); undefined where one is no such word. Bits
 * that the last letter has beyond the words may be anything.
 */
function digestPrefixes(typed: readonly string[]): readonly string[] | undefined {
  if (typed.length > 4) return undefined;
  const places = typed.map((word) => words.indexOf(word));
  if (places.includes(-1)) return undefined;
  const bits = places.map((place) => place.toString(2).padStart(BITS_A_WORD, "0")).join("");
  const open = (BITS_A_LETTER - (bits.length % BITS_A_LETTER)) % BITS_A_LETTER;
  return Array.from({ length: 2 ** open }, (_, rest) => {
    const all = open === 0 ? bits : bits + rest.toString(2).padStart(open, "0");
    const letters = all.match(/.{6}/g) ?? [];
    return `sha-256:${letters.map((six) => LETTERS[Number.parseInt(six, 2)] ?? "").join("")}`;
  });
}
