import { describe, expect, it } from "vitest";

import { GATEWAY_ISS } from "../hospital.ts";
import { arrangeDesk } from "./arrange-desk.ts";

const OKAFOR = "https://directory.northgate.example/approvers/okafor";

describe("who asked for it may not approve it (V15)", () => {
  it.each([
    ["excluded by policy", { policy: { sod: { exclude: [OKAFOR] } } }],
    ["who started it", { initiator: { kind: "human" as const, person: OKAFOR } }],
  ])("%s: the review says so, and a denial is still possible", async (_who, change) => {
    const t = await arrangeDesk();
    const request = await t.opened(change);
    const key = { iss: GATEWAY_ISS, rid: request.claims.rid };
    expect(t.desk.openReview(key)).toMatchObject({ barred: "E_SOD_EXCLUDED" });
    await t.desk.decide(t.deny(request));
    await t.status(request.claims.rid, "denied");
  });

  it("says nothing to everybody else", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    expect(t.desk.openReview({ iss: GATEWAY_ISS, rid: request.claims.rid })).not.toHaveProperty("barred");
  });
});
