import { expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import { makeWaiting } from "../../../../gateway/agents/mcp/waiting.ts";
import type { Raised } from "../../../../gateway/core.ts";
import { makeDraft } from "../../world.ts";

it("a call whose request was erased is asked anew, like one whose request has ended", async () => {
  const status = (): never => {
    throw new CountersignError("E_STORE_ERASED");
  };
  const waiting = makeWaiting({ status, store: { requestsIn: () => [] } });
  let count = 0;
  const raise = (): Promise<Raised> => Promise.resolve({ kind: "pending", rid: `r${String((count += 1))}`, exp: 9 });
  expect(await waiting.join(makeDraft(), raise)).toMatchObject({ rid: "r1" });
  expect(await waiting.join(makeDraft(), raise)).toMatchObject({ rid: "r2" });
});
