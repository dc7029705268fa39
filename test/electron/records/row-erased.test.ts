import { expect, it } from "vitest";

import { rowOf } from "../../../electron/records/row.ts";

it("says of a row that it was erased and when, and not that the person's role does not open it", () => {
  const item = (reason: string) => ({
    ...{ rid: "019f0000-0000-7000-8000-000000000001", rev: 1, state: "denied", attention: false, statements: [] },
    ...{ decisions: [], receipts: [], sets: [], credentials: [], proofs: [], entries: [] },
    withheld: { reason, request: `sha-256:${"A".repeat(43)}`, decisions: [], at: 1 },
  });
  expect(rowOf("https://gw.example", "1", item("erased"))).toMatchObject({
    is_withheld: true,
    is_erased: true,
    erased_at: 1,
  });
  expect(rowOf("https://gw.example", "1", item("clinical"))).not.toHaveProperty("is_erased");
});
