import { describe, expect, it } from "vitest";

import type { RequestStatus } from "#shared/ipc/contract.ts";

import { withoutTime } from "../../../renderer/decision/receipt-times.ts";

const at = 1_790_000_000;
const elsewhere = (outcome: Extract<RequestStatus, { kind: "decided_elsewhere" }>["outcome"]): RequestStatus => ({
  ...{ kind: "decided_elsewhere", outcome, by: [] },
});

describe("where a receipt has no time", () => {
  it.each<[RequestStatus, accepted: string, executed: string]>([
    [{ kind: "sending", decision: "approve", since: at }, "Not yet", "Not yet"],
    [{ kind: "waiting_second" }, "Not yet", "Not yet"],
    [{ kind: "held", until: at }, "Not yet", "Not yet"],
    [{ kind: "executing" }, "Not yet", "Not yet"],
    [{ kind: "rejected", code: "E_REQ_LATE" }, "No", "No"],
    [{ kind: "undelivered", decision: "approve", code: "E_REQ_LATE" }, "No", "No"],
    [{ kind: "failed", code: "E_EXEC_UNKNOWN", unknown: true }, "Not yet", "Not known"],
    [{ kind: "failed", code: "E_EXEC_UNKNOWN", unknown: false }, "Not yet", "No"],
    // A first approval of two, after which nothing can come any more.
    [{ kind: "expired", at }, "Not yet", "No"],
    [{ kind: "withdrawn", at, by: "urn:agent", reason: "other" }, "Not yet", "No"],
    [{ kind: "lapsed" }, "Not yet", "No"],
    [{ kind: "revoked" }, "Not yet", "No"],
    [elsewhere("denied"), "Not yet", "No"],
    [elsewhere("executing"), "Not yet", "Not yet"],
    [elsewhere("failed"), "Not yet", "Not known"],
  ])("%j: accepted %s, executed %s", (status, accepted, executed) => {
    expect(withoutTime(status, undefined)).toEqual({ accepted, executed });
  });

  it("the gateway's no to a decision stays a no, though others decided the request afterwards", () => {
    expect(withoutTime(elsewhere("executing"), "rejected").accepted).toBe("No");
  });
});
