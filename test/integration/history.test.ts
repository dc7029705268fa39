import { describe, expect, it } from "vitest";

import type { CommandInput, CommandName, CommandOutput } from "#shared/ipc/contract.ts";

import { approval, PIN } from "../electron/approval.ts";
import { arrange, enrol, live, raise, review } from "./real-gateway.ts";

type Arranged = Awaited<ReturnType<typeof arrange>>;

/** A command that has to work. */
async function get<C extends CommandName>(
  { app }: Arranged,
  command: C,
  input: CommandInput<C>,
): Promise<CommandOutput<C>> {
  const reply = await app.ask(command, input);
  if (!reply.ok) throw new Error(`${command}: ${reply.error.code} ${reply.error.message}`);
  return reply.value;
}

const purpose = { code: "PATSFTY" } as const;

/** One executed order and one that waits, and a person of these roles who approved the first. */
async function withHistory(roles: readonly string[]) {
  const t = await arrange({ hold_s: 1 }, ["Consultant", ...roles]);
  const kid = await enrol(t);
  await t.app.ask("unlock", { kid, pin: PIN });
  await live(t.app);
  const rid = await raise(t.gateway);
  await t.app.row("pending");
  await get(t, "decide", approval(await review(t.app, rid, t.gateway.iss)));
  await t.app.row("executed");
  const iss = t.gateway.iss;
  const ask = (filter: CommandInput<"query_records">["filter"] = {}) =>
    get(t, "query_records", { iss, filter, order: "newest", purpose });
  return { t, iss, rid, ask };
}

describe("history of the real gateway", () => {
  it("is valid on this computer as soon as it is under a checkpoint, row and record, and says until then why it is not", async () => {
    const { t, iss, rid, ask } = await withHistory([]);
    expect(await t.app.ask("query_records", { iss, filter: {}, order: "newest" })).toMatchObject({
      error: { code: "E_QUERY_PURPOSE" },
    });
    const look = async () => {
      const { rows } = await ask();
      return get(t, "verify_records", { iss, ids: rows.map(({ id }) => id) });
    };
    await expect.poll(async () => (await look()).verdicts.map(({ signature }) => signature)).toEqual(["valid"]);
    expect(await look()).toMatchObject({ troubles: [] });
    const { rows, view } = await ask();
    expect(view).toMatchObject({ scope: "own", clinical: true });
    expect(rows).toMatchObject([{ decision: "approve", state: "completed", reference: rid }]);
    const detail = await get(t, "open_record", { iss, id: rows[0]!.id });
    expect(detail).toMatchObject({ verdict: { signature: "valid" }, shown: { claims: { rid } } });
    expect(detail.events.map(({ name }) => name)).toContain("task-completed");
    expect(detail.log.map(({ what }) => what)).toEqual(["request", "decision", "outcome"]);
    expect(detail.decisions[0]?.attention?.ms).toBeGreaterThanOrEqual(0);
  });

  it("lets a supervisor flag, close, pause and resume, each a receipt, and shows what was said with its author", async () => {
    const { t, iss, rid, ask } = await withHistory(["supervisor"]);
    const reason = { code: "other", text: "Weight looks wrong." };
    const say = (saying: CommandInput<"say">["saying"]) => get(t, "say", { iss, saying });
    await say({ kind: "flag-decision", rid, rev: 1, reason });
    const [row] = (await ask({ review: "open" })).rows;
    expect(row).toMatchObject({ reference: rid, review: "open" });
    const detail = await get(t, "open_record", { iss, id: row!.id });
    expect(detail.statements).toMatchObject([
      { kind: "flag-decision", by: "OKAFOR, Amara (Dr)", signature: "valid", reason },
    ]);
    expect(detail.actions).toContain("close-review");
    await say({ kind: "close-review", rid, rev: 1, reason });
    expect((await ask({ review: "open" })).rows).toEqual([]);

    const agent = row!.agent!.sub;
    const receipt = await say({ kind: "pause-agent", agent, reason });
    expect(receipt.digest).toMatch(/^sha-256:/);
    expect((await get(t, "ask_agent", { iss, agent })).paused_at).toBeGreaterThan(0);
    await say({ kind: "resume-agent", agent, reason });
    expect(await get(t, "ask_agent", { iss, agent })).not.toHaveProperty("paused_at");
    await say({ kind: "pause-type", type: row!.action_type, reason });
    await say({ kind: "resume-type", type: row!.action_type, reason });
    await say({ kind: "report-agent", agent, reason });
    expect((await get(t, "ask_agent", { iss, agent })).reports).toBe(1);
    // A filter that is not theirs to ask is refused with its place.
    const query = { iss, filter: { problems: ["unseen-fields" as const] }, order: "newest" as const };
    expect(await t.app.ask("query_records", query)).toMatchObject({
      error: { code: "E_FORBIDDEN", pointer: "/filter/problems" },
    });
  });

  it("lets a supervisor stop everything and resume it: said on every screen with the name, and nothing is asked meanwhile", async () => {
    const { t, iss } = await withHistory(["supervisor"]);
    const waits = await raise(t.gateway, "task-2");
    await t.app.row("pending");
    const status = () => t.app.snapshot().gateways[0];
    expect(status()).toMatchObject({ may_stop: true });
    expect(status()).not.toHaveProperty("everything_stopped");
    const say = (kind: "pause-type" | "resume-type") =>
      get(t, "say", { iss, saying: { kind, type: "*", reason: { code: "other", text: "Incident 4711" } } });
    const { at } = await say("pause-type");
    expect(status()?.everything_stopped).toEqual({ at, by: "OKAFOR, Amara (Dr)", proof: "statement" });
    expect(t.gateway.core.status(waits)?.state).toBe("withdrawn");
    await expect(raise(t.gateway, "task-3")).rejects.toThrow("E_AGENT_PAUSED");
    await say("resume-type");
    expect(status()).not.toHaveProperty("everything_stopped");
    await raise(t.gateway, "task-4");
  });

  it("hears of a stop that somebody else made, and does not offer it to who may not stop", async () => {
    const { t } = await withHistory([]);
    expect(t.app.snapshot().gateways[0]).not.toHaveProperty("may_stop");
    const { core } = t.gateway;
    const everything = { type: "*" };
    core.store.write((tx) => {
      tx.pause("type", everything.type, 1_790_000_000);
      core.stop(tx, everything, { by: "operator", reason: "agent-paused" });
    });
    const heard = (isStopped: boolean) =>
      t.app.events.next((e) => e.kind === "gateway" && (e.gateway.everything_stopped !== undefined) === isStopped);
    expect(await heard(true)).toMatchObject({ gateway: { everything_stopped: { proof: "none" } } });
    core.store.write((tx) => core.resume(tx, everything));
    await heard(false);
  });

  it("verifies for an auditor what the gateway keeps back the content of", async () => {
    const { t, iss, ask } = await withHistory(["auditor"]);
    const look = async () => {
      const { rows } = await ask();
      const { verdicts } = await get(t, "verify_records", { iss, ids: rows.map(({ id }) => id) });
      return rows.map(({ is_withheld }, i) => [is_withheld, verdicts[i]?.signature]);
    };
    // What the auditor decided in person they see whole: a request of somebody else is withheld.
    await raise(t.gateway, "task-2");
    await expect.poll(look).toEqual([
      [true, "valid"],
      [false, "valid"],
    ]);
  });
});
