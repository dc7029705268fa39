import { describe, expect, it } from "vitest";

import { isDeadlineOnly } from "#shared/protocol/accept/deadline-only.ts";

import { makeRequest, T0, tplDig, uuid } from "../fixture/hospital.ts";

describe("an extension", () => {
  const first = makeRequest();
  const extended = (change: Partial<typeof first> = {}): typeof first => ({
    ...first,
    jti: uuid(),
    rev: 2,
    prev: tplDig,
    iat: T0 + 100,
    exp: T0 + 1800,
    submit_by: T0 + 1800,
    grant_exp: T0 + 2100,
    nonce: "CCCCCCCCCCCCCCCCCCCCCC",
    deadline_only: true,
    authorization_details: first.authorization_details.map((e) => ({ ...e, not_after: T0 + 2100 })),
    ...change,
  });
  it("moves the deadline and nothing else", () => {
    expect(isDeadlineOnly(first, extended())).toBe(true);
  });
  it("is an ordinary revision when anything else differs, is missing or is new", () => {
    const { deadline_only: _, ...silent } = extended();
    const scope = extended().authorization_details.map((e) => ({ ...e, max_uses: 2 }));
    for (const claims of [
      silent,
      extended({ rev: 3 }),
      extended({ rid: uuid() }),
      extended({ agent: { ...first.agent, name: "Another" } }),
      extended({ authorization_details: scope }),
      extended({ facts: [] }),
      extended({ binding_message: "OTTER-42" }),
    ]) {
      expect(isDeadlineOnly(first, claims)).toBe(false);
    }
  });
});
