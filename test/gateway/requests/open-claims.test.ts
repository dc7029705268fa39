import { describe, expect, it } from "vitest";

import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { makeOpenClaims } from "../../../gateway/requests/open-claims.ts";
import { claimsOf } from "../../../gateway/requests/signed-request.ts";
import type { RequestRow } from "../../../gateway/store/rows.ts";
import { makeRequest, signRequest } from "../../shared/protocol/fixture/hospital.ts";

type Row = Pick<RequestRow, "rid" | "dig" | "jws" | "state">;

/** A request that waits, as a reader of the store gets it. */
function waiting(rid = "0198f000-0000-7000-8000-000000000001"): Row {
  const { claims, dig, jws } = signRequest({ ...makeRequest(), rid });
  return { rid: claims.rid, dig, jws, state: "open" };
}

/** Whoever reads the text is seen. */
const watched = (row: Row): Row & { readonly reads: number } => {
  let reads = 0;
  return Object.defineProperties(
    { ...row, reads },
    {
      jws: { get: () => (reads++, row.jws) },
      reads: { get: () => reads },
    },
  );
};

describe("claims of requests that wait", () => {
  it("are read once, and are what a strict reader of the signed text reads", () => {
    const row = watched(waiting());
    const claims = makeOpenClaims();
    const first = claims.of(row);
    expect(first).toEqual(claimsOf(row));
    expect(Object.getPrototypeOf(first)).toBeNull();
    const before = row.reads;
    expect(claims.of(row)).toBe(first);
    expect(row.reads).toBe(before);
  });

  it("are never those of another revision", () => {
    const row = waiting();
    const claims = makeOpenClaims();
    claims.keep({ rid: row.rid, dig: "sha-256:another" }, { rid: row.rid } as RequestClaims);
    expect(claims.of(row)).toEqual(claimsOf(row));
    expect(claims.of(row).rev).toBe(1);
  });

  it("are in nobody's memory once the request ended, was dropped, or something was erased", () => {
    const open = waiting();
    const claims = makeOpenClaims();
    const readsAfter = (act: () => void, state: RequestRow["state"] = "open"): number => {
      const row = watched({ ...open, state });
      claims.of(row);
      const before = row.reads;
      act();
      claims.of(row);
      return row.reads - before;
    };
    expect(readsAfter(() => undefined)).toBe(0);
    expect(readsAfter(() => claims.drop(open.rid))).toBe(1);
    expect(readsAfter(() => claims.forget())).toBe(1);
    claims.forget();
    expect(readsAfter(() => undefined, "denied")).toBe(1);
  });

  it("are not given for what has ended meanwhile: whether that was erased is seen by reading it", () => {
    const row = waiting();
    const claims = makeOpenClaims();
    claims.of(row);
    const refused = new Error("erased");
    const ended = Object.defineProperty({ ...row, state: "denied" as const }, "jws", {
      get() {
        throw refused;
      },
    });
    expect(() => claims.of(ended)).toThrow(refused);
  });

  it("are at most so many: the newest that were signed, and of those before what there is room for", () => {
    const rows = ["1", "2", "3"].map((n) => watched(waiting(`0198f000-0000-7000-8000-00000000000${n}`)));
    const claims = makeOpenClaims(2);
    for (const row of rows) claims.keep(row, claimsOf(row));
    const readsOf = (act: () => void): readonly number[] => {
      const before = rows.map(({ reads }) => reads);
      act();
      return rows.map(({ reads }, i) => reads - (before[i] ?? 0));
    };
    const all = (): void => rows.forEach((row) => claims.of(row));
    expect(readsOf(all)).toEqual([1, 0, 0]);
    expect(readsOf(all)).toEqual([1, 0, 0]);
    claims.drop(rows[1]?.rid ?? "");
    expect(readsOf(all)).toEqual([1, 1, 0]);
    expect(readsOf(all)).toEqual([0, 1, 0]);
  });
});
