import { describe, expect, it } from "vitest";

import { makeTokenAnswers } from "../../../../gateway/agents/backchannel/token.ts";
import type { RequestStatusView } from "../../../../gateway/core.ts";
import type { Offer } from "../../../../gateway/executor/hand-out.ts";

const view = (state: RequestStatusView["state"]): RequestStatusView => ({
  ...{ rid: "r", rev: 1, state, exp: 2_000_000_000 },
  claims: { exp: 2_000_000_000 } as RequestStatusView["claims"],
});
const granted = [{ type: "urn:countersign:rar:fhir-op:1", id: "a1" }];
const offer = {
  rid: "r",
  bound: { jkt: "k" },
  issued: { jti: "j", token: "the.task.token", dig: "d", exp: 1_000_300, granted },
} as never as Offer;

describe("the token endpoint for agents that act themselves (mode B)", () => {
  it("gives the task's token while it waits for its use, however often it is asked", () => {
    const answers = makeTokenAnswers(
      () => 1_000_000_000,
      (rid) => (rid === "r" ? offer : undefined),
    );
    for (let i = 0; i < 3; i++) {
      expect(answers(view("executing"), "handle")).toEqual({
        ...{ access_token: "the.task.token", token_type: "DPoP", expires_in: 300, authorization_details: granted },
      });
    }
  });

  it("gives nothing of a request whose token is not there, or is used", () => {
    const answers = makeTokenAnswers(
      () => 1_000_000_000,
      () => undefined,
    );
    expect(() => answers(view("executing"), "handle")).toThrow(
      expect.objectContaining({ error: "authorization_pending" }),
    );
    expect(answers(view("completed"), "handle")).toMatchObject({ token_type: "N_A", expires_in: 0 });
  });
});
