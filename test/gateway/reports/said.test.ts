import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { TYP } from "#shared/protocol/names.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { freshUuid } from "../device.ts";
import { receiptOf } from "../signing.ts";
import { AGENT, GW, type Person } from "../world.ts";
import { ask, makeWard, refusal, wordsIn, type Ward } from "./ward.ts";

let ward: Ward;
beforeEach(async () => {
  ward = await makeWard();
});
afterEach(() => {
  ward.world.close();
});

describe("what supervisors say", () => {
  const say = (person: Person, kind: string, target: object) =>
    receiptOf(
      ward.world.core.submitStatement(
        person.device.signer.sign(TYP.statement, {
          ...{ ver: 1, iss: person.claims.device, sub: person.claims.sub, aud: GW, jti: freshUuid(), kind, target },
          ...{ iat: ward.world.now(), exp: ward.world.now() + 60, reason: { code: "other", text: "looks hasty" } },
        }),
        person.session,
      ),
    );

  it("stands beside the decision: a flag, and the closing of its review", () => {
    const { supervisor, reviewer, approver, auditor, elsewhereSupervisor } = ward.people;
    expect(say(elsewhereSupervisor, "flag-decision", { rid: ward.approved })).toMatchObject({ code: "E_REQ_UNKNOWN" });
    expect(say(reviewer, "flag-decision", { rid: ward.approved, rev: 2 })).toMatchObject({ code: "E_REQ_UNKNOWN" });
    expect(say(reviewer, "flag-decision", { rid: ward.approved, rev: 1 })).toMatchObject({ result: "recorded" });
    const open = { filter: { review: "open" } };
    const flagged = (who: Person) =>
      ask(ward, who, "history", open).items.map(({ rid, review, statements }) => [
        rid === ward.approved,
        review,
        statements.length,
      ]);
    expect(flagged(supervisor)).toEqual([[true, "open", 1]]);
    // The words of who flagged are the reviewers'; an auditor sees that there is a review.
    expect(flagged(auditor)).toEqual([[true, "open", 0]]);
    expect(flagged(approver)).toEqual([[true, undefined, 0]]);
    const agent = () => ask(ward, supervisor, "agents", { filter: { agents: [AGENT] } }).items[0];
    expect(agent()).toMatchObject({ open_reviews: 1 });
    expect(say(elsewhereSupervisor, "close-review", { rid: ward.approved })).toMatchObject({ code: "E_REQ_UNKNOWN" });
    expect(say(supervisor, "close-review", { rid: ward.approved })).toMatchObject({ result: "recorded" });
    expect(flagged(supervisor)).toEqual([]);
    const [closed] = ask(ward, supervisor, "history", { filter: { review: "closed" } }).items;
    expect(closed?.statements.map(({ statement }) => readStored("statement", statement).kind)).toEqual([
      ...["flag-decision", "close-review"],
    ]);
    ward.world.clock.advance(1000);
    const [proven] = ask(ward, supervisor, "history", { filter: { review: "closed" } }).items;
    expect(proven?.statements[0]).toMatchObject({ credential: reviewer.cred, entry: expect.any(String) as string });
  });

  it("tells who stopped an agent or a type and what was reported, and what is not stopped", () => {
    const { supervisor, approver } = ward.people;
    say(approver, "report-agent", { agent: AGENT });
    say(supervisor, "pause-agent", { agent: AGENT });
    say(supervisor, "pause-type", { type: "tool.call" });
    const { items } = ask(ward, supervisor, "agents", { filter: { stopped: true } });
    expect(items).toMatchObject([
      {
        ...{ kind: "agent", agent: AGENT, name: "Anticoagulation assistant", model: "vendor/model@2026-05" },
        paused: { by: supervisor.session.sub, evidence: { receipt: expect.any(String) as string } },
        reports: [{ statement: expect.any(String) as string }],
      },
      { kind: "type", type: "urn:countersign:action:tool.call", paused: { by: supervisor.session.sub } },
    ]);
    say(supervisor, "resume-agent", { agent: AGENT });
    expect(ask(ward, supervisor, "agents", { filter: { agents: [AGENT] } }).items[0]).not.toHaveProperty("paused");
    expect(ask(ward, supervisor, "agents", { filter: { stopped: false } }).items).toHaveLength(8);
  });

  it("tells what was reported in whose words to those who review the author's unit, and to everybody else how many", () => {
    const { approver } = ward.people;
    say(approver, "report-agent", { agent: AGENT });
    const roles = ["supervisor", "reviewer", "auditor", "elsewhereSupervisor"] as const;
    const told = roles.map((role) => {
      const [item] = ask(ward, ward.people[role], "agents", { filter: { agents: [AGENT] } }).items;
      return item?.kind === "agent" ? [role, wordsIn([item]).length, item.reports_withheld ?? 0] : [role];
    });
    const all = told[0]?.[1];
    expect(all).toBeGreaterThan(0);
    expect(told).toEqual([
      ["supervisor", all, 0],
      ["reviewer", all, 0],
      ["auditor", 0, all],
      ["elsewhereSupervisor", 0, all],
    ]);
  });

  it("tells the words of a stopped agent or type to supervisors alone", () => {
    const { supervisor } = ward.people;
    say(supervisor, "pause-agent", { agent: AGENT });
    const roles = ["supervisor", "elsewhereSupervisor", "reviewer", "auditor"] as const;
    const told = roles.map((role) => {
      const [item] = ask(ward, ward.people[role], "agents", { filter: { agents: [AGENT] } }).items;
      return item?.paused === undefined ? [] : [item.paused.by, ...wordsIn([{ paused: item.paused }])];
    });
    const by = supervisor.session.sub;
    expect(told).toEqual([[by, "looks hasty"], [by, "looks hasty"], [by], [by]]);
    say(supervisor, "resume-agent", { agent: AGENT });
  });

  it("tells every role whether everything is stopped and by whose statement, and nothing else of agents", () => {
    const { supervisor } = ward.people;
    const roles = ["none", "approver", "supervisor", "reviewer", "auditor", "elsewhere"] as const;
    const filter = { everything: true };
    const told = () => roles.map((role) => ask(ward, ward.people[role], "agents", { filter }).items);
    for (const items of told()) expect(items).toEqual([{ kind: "type", type: "*" }]);
    say(supervisor, "pause-type", { type: "*" });
    const paused = { at: ward.world.now(), by: supervisor.session.sub };
    // The words are for whoever may resume it; everybody hears that it is stopped and by whom.
    for (const [i, items] of told().entries()) {
      const mayRead = roles[i] === "supervisor";
      const [{ paused: stop } = {}] = items;
      expect(stop).toMatchObject({ ...paused, [mayRead ? "evidence" : "answer"]: { credential: supervisor.cred } });
      expect(stop).not.toHaveProperty(mayRead ? "answer" : "evidence");
      expect(wordsIn(items)).toEqual(mayRead ? ["looks hasty"] : []);
    }
    say(supervisor, "resume-type", { type: "*" });
    for (const items of told()) expect(items).toEqual([{ kind: "type", type: "*" }]);
    const both = () => ask(ward, supervisor, "agents", { filter: { everything: true, stopped: true } });
    expect(refusal(both)).toMatch(/^E_QUERY_FILTER /);
  });
});
