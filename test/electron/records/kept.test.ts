import { describe, expect, it } from "vitest";

import type { RecordDetail } from "#shared/ipc/reports.ts";

import { GATEWAY_ISS, signEvent } from "../hospital.ts";
import { arrangeDesk, type Arranged } from "../requests/arrange-desk.ts";

/** The gateway is gone, for good. */
async function away(t: Arranged): Promise<void> {
  await t.drop();
  t.gateway.server.close();
  for (const client of t.gateway.server.clients) client.terminate();
}

/** An approval that was executed and proven to be logged, and then no gateway any more. */
async function approved(over: Parameters<Arranged["opened"]>[0] = {}) {
  const t = await arrangeDesk();
  const request = await t.opened(over);
  await t.desk.decide(t.approve(request));
  return { t, request, rid: request.claims.rid };
}
const included = (t: Arranged) => {
  t.clock.advance(2_000);
  return t.seen.next((s) => s.kind === "review" && s.review.receipt?.logged === "included");
};

async function newest(t: Arranged): Promise<RecordDetail> {
  const [row] = await t.desk.history(1);
  return t.desk.kept(row!.digest);
}
const named = ({ steps }: RecordDetail, result: string) =>
  steps.filter((step) => step.result === result).map(({ step }) => step);

describe("a decision of one's own without the gateway (S10)", () => {
  it("shows what was shown, signed, answered, logged and heard since, each checked here, and says what was not", async () => {
    const { t, request, rid } = await approved();
    await t.status(rid, "held");
    t.gateway.push("task.event", { set: signEvent(t.gateway.hospital, request, "task-executing", { exec_id: "x" }) });
    await t.status(rid, "executing");
    const done = { outcome: "created", uses: 1, resource: "MedicationRequest/55" };
    t.gateway.push("task.event", { set: signEvent(t.gateway.hospital, request, "task-completed", done) });
    await t.status(rid, "executed");
    await included(t);
    await away(t);

    const detail = await newest(t);
    expect(detail.verdict).toMatchObject({ signature: "valid" });
    expect(detail.row).toMatchObject({ decision: "approve", state: "completed", patient_name: "WATERS, Shauna (Mrs)" });
    expect(detail.shown?.claims).toEqual(request.claims);
    expect(detail.signed).toMatchObject({ digest: request.digest, canonical: expect.any(String) as string });
    expect(detail.decisions).toMatchObject([
      { kind: "approve", signer: { name: "OKAFOR, Amara (Dr)" }, receipt: { result: "recorded", outcome: "approved" } },
    ]);
    expect(detail.events.map(({ name }) => name)).toEqual(["task-executing", "task-completed"]);
    expect(detail.log.map(({ what }) => what)).toEqual(["request", "decision"]);
    expect(named(detail, "failed")).toEqual([]);
    expect(named(detail, "passed")).toEqual(
      expect.arrayContaining([
        "request C1-C5",
        "decisions/0 V1-V8",
        "receipts/0",
        "receipts/0 outcome",
        "log/1",
        "log pinned",
      ]),
    );
    expect(detail.actions).toEqual([]);
    expect(detail.unasked).toEqual(["log-still", "since", "keys"]);
  });

  it("says that it cannot tell whether it is in the log where no proof came before the gateway went", async () => {
    const { t, rid } = await approved();
    await t.status(rid, "held");
    await away(t);
    const detail = await newest(t);
    expect(detail.verdict).toMatchObject({ signature: "cannot_check", step: "log", code: "E_LOG_PENDING" });
    expect([detail.log, detail.unasked]).toEqual([[], ["log-ever", "since", "keys"]]);
    expect(detail.shown).toBeDefined();
  });

  it("puts an approval and what took it back together, in their order", async () => {
    const { t, request, rid } = await approved();
    await t.status(rid, "held");
    await t.desk.decide({
      ...t.deny(request),
      choice: { kind: "revoke", reason: { code: "other", text: "Wrong ward" } },
    });
    await t.status(rid, "revoked");
    await away(t);
    const detail = await newest(t);
    expect(detail.decisions.map(({ kind }) => kind)).toEqual(["approve", "revoke"]);
    expect(detail.row).toMatchObject({ decision: "revoke", state: "revoked" });
    expect(named(detail, "failed")).toEqual(["log"]);
  });

  it("does not judge how many approved where others' decisions are at the gateway alone", async () => {
    const { t, rid } = await approved({ policy: { quorum: { need: 2, blind: true } } });
    await t.status(rid, "waiting_second");
    await included(t);
    await away(t);
    const detail = await newest(t);
    expect(detail.unasked).toContain("others");
    expect(detail.verdict).toMatchObject({ signature: "valid" });
    expect(named(detail, "not_run")).toEqual(expect.arrayContaining(["decisions/0 V25", "receipts/0 outcome"]));
  });

  it("draws a denial that nobody answered as signed and as one that never counted", async () => {
    const t = await arrangeDesk();
    const [first, second] = [await t.opened(), t.judge.issue()];
    await t.seen.next((s) => s.kind === "row" && s.row.digest === second.digest);
    await t.drop();
    await t.desk.decide(t.deny(first));
    t.desk.openReview({ iss: GATEWAY_ISS, rid: second.claims.rid });
    await t.desk.decide(t.deny(second));
    // The first is refused, so what was chained to it never counts.
    t.judge.requests.get(first.claims.rid)!.state = "withdrawn";
    t.gateway.snapshot = [second.jws];
    await t.reconnect();
    await t.status(second.claims.rid, "undelivered");
    await away(t);
    const rows = await t.desk.history(10);
    const detail = await t.desk.kept(rows.find(({ key }) => key.rid === second.claims.rid)!.digest);
    expect(detail.verdict).toMatchObject({ signature: "cannot_check", step: "receipts/0", code: "E_CHAIN_GAP" });
    expect(detail.decisions).toMatchObject([{ kind: "deny", undelivered: "E_CHAIN_GAP" }]);
    expect(detail.decisions[0]).not.toHaveProperty("receipt");
    expect(detail.row.decision).toBe("deny");
    expect(detail.unasked).toEqual(["answer", "log-ever", "since", "keys"]);
  });

  it.each([
    ["request", "request C1-C5"],
    ["decision", "decisions/0 V1-V8"],
    ["credential", "credentials/0"],
  ] as const)("draws nothing of a kept %s whose signature does not hold, and says so", async (member, step) => {
    const { t, rid } = await approved();
    await t.status(rid, "held");
    await away(t);
    const { decision, receipts } = await t.files.journal.read((await t.desk.history(1))[0]!.digest);
    const jws = decision[member];
    const forged = { ...decision, [member]: `${jws.slice(0, -9)}${jws.at(-9) === "A" ? "B" : "A"}${jws.slice(-8)}` };
    const digest = `sha-256:${"B".repeat(43)}`;
    await t.files.journal.append([
      { ...forged, dec_dig: digest, req_dig: digest },
      { t: "receipt", dec_dig: digest, jws: receipts[0]!, result: "recorded", at: decision.at },
    ]);
    const detail = await t.desk.kept(digest);
    expect(detail.verdict).toMatchObject({ signature: "not_valid", step });
    // The signature is not a part of what a digest is of: nothing but the check itself tells it from the true one.
    if (member === "request") expect(detail).not.toHaveProperty("shown");
    if (member !== "request") expect(detail.decisions).toEqual([]);
  });

  it("opens nothing that is not there, and nothing that another person signed", async () => {
    const { t, rid } = await approved();
    await t.status(rid, "held");
    await expect(t.desk.kept(`sha-256:${"A".repeat(43)}`)).rejects.toMatchObject({ code: "E_CLI_NOT_FOUND" });
    const { decision } = await t.files.journal.read((await t.desk.history(1))[0]!.digest);
    const [head, body = "", signature] = decision.decision.split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
    const another = Buffer.from(JSON.stringify({ ...claims, sub: "urn:another" })).toString("base64url");
    const digest = `sha-256:${"C".repeat(43)}`;
    const theirs = { decision: [head, another, signature].join("."), dec_dig: digest, req_dig: digest };
    await t.files.journal.append([{ ...decision, ...theirs }]);
    await expect(t.desk.kept(digest)).rejects.toMatchObject({ code: "E_AUTH_CRED" });
  });
});
