import type { RequestClaims } from "#shared/protocol/claims/request.ts";

/** An update as a fuzz target reads it. */
export interface Update {
  readonly method: RequestClaims["action"]["op"]["method"];
  readonly before: string;
  readonly body: string;
}

const list = <T>(length: number, of: (i: number) => T): T[] => Array.from({ length }, (_, i) => of(i));
const members = (count: number): Record<string, number> => Object.fromEntries(list(count, (i) => [`k${String(i)}`, i]));
const nested = (levels: number, value: unknown): unknown => (levels === 0 ? value : { d: nested(levels - 1, value) });
const put = (before: unknown, after: unknown): Update => ({
  method: "PUT",
  before: JSON.stringify(before),
  body: JSON.stringify(after),
});
const patch = (before: unknown, ...operations: readonly object[]): Update => ({
  ...put(before, operations),
  method: "PATCH",
});
const rotated = (of: (i: number) => unknown, length: number): Update =>
  put({ a: list(length, of) }, { a: list(length, (i) => of(length - 1 - i)) });
const zeros = `1${"0".repeat(30_000)}1`;

/**
 * Updates built so that work which is not linear in the text shows: each took from a tenth of a second to nine seconds
 * before it was mended. Random changes of a good request do not find them.
 */
export const DEAREST: readonly Update[] = [
  put({}, { ["k".repeat(60_000)]: members(900) }),
  put({}, { [`~é/${"k".repeat(30_000)}`]: members(900) }),
  ...["List", "Basic"].map((resourceType) =>
    put(
      { resourceType, code: { coding: list(400, (i) => ({ display: `${"x".repeat(60)}${String(i)}` })) } },
      { resourceType, code: { coding: list(400, (i) => ({ display: `${"y".repeat(60)}${String(i)}` })) } },
    ),
  ),
  rotated((i) => i, 990),
  rotated((i) => ({ id: `element ${String(i)}`, n: i }), 450),
  put(
    {
      a: nested(
        28,
        list(900, (i) => `v${String(i)}`),
      ),
    },
    {
      a: nested(
        28,
        list(900, (i) => `w${String(i)}`),
      ),
    },
  ),
  patch({ a: list(20_000, () => 1) }, ...list(1_500, () => ({ op: "replace", path: "/a/0", value: 1 }))),
  patch({ a: list(20_000, () => 1) }, ...list(1_500, () => ({ op: "add", path: "/a/0", value: 1 }))),
  patch(members(3_000), ...list(1_500, () => ({ op: "replace", path: "/k1", value: 1 }))),
  { method: "PATCH", before: `{"a":${zeros}}`, body: `[{"op":"test","path":"/a","value":${zeros}}]` },
  { method: "PUT", before: `{"a":0.${zeros}}`, body: `{"a":${zeros}}` },
];
