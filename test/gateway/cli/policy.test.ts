import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { readDraft } from "../../../gateway/cli/draft.ts";
import { openGateway } from "../../../gateway/cli/open-gateway.ts";
import { startRecord, type RecordServer } from "../../blackbox/record-server.ts";
import { makeCli } from "./cli.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const sample = (name: string): string => path.join(ROOT, "docs/samples", `${name}.json`);
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A folder with the shipped set, at home in Northgate, to be changed. */
async function policies() {
  const cli = makeCli();
  const folder = cli.at("policy");
  await cli.run(["policy", "new", folder]);
  const change = (name: string, from: string | RegExp, to: string): void => {
    const file = path.join(folder, name);
    const text = readFileSync(file, "utf8");
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${name} has no ${String(from)}`);
    writeFileSync(file, changed);
  };
  change("policy.json", '"home": []', '"home": ["Organization/northgate"]');
  return { ...cli, folder, change };
}

describe("policy new", () => {
  it("writes the shipped set, and never over one that is there", async () => {
    const { run, folder } = await policies();
    expect((await run(["policy", "check", folder])).json()).toMatchObject({ ok: true, ver: 1 });
    expect((await run(["policy", "new", folder])).err.at(-1)).toMatch(/^E_CLI_INPUT: .*it exists already/);
  });
});

describe("policy check", () => {
  it("names every fault with its place and what to do, one a line", async () => {
    const { run, folder, change } = await policies();
    change("orders.cedar", 'resource.type == "ServiceRequest" }', 'resource.typ == "ServiceRequest" }');
    change("record.cedar", 'context.kind == "delete"', 'context.kind == "deletes"');
    const { status, err, json } = await run(["policy", "check", folder]);
    expect([status, json()]).toEqual([1, { ok: false, faults: 2 }]);
    expect(err).toEqual([
      'orders.cedar:32:8: Policy "referral": Attribute `typ` on entity type `Resource` not found. Did you mean `type`?',
      expect.stringMatching(
        /^record\.cedar:3:1: Policy "deletion": "deletes" is never in kind, .* There are: create, update, patch, delete, call\.$/,
      ),
    ]);
  });

  it.each([["gone", /is not a folder of policies\. Make one with "countersign policy new"\.$/]])(
    "refuses %s",
    async (name, said) => {
      const { run, at } = makeCli();
      expect((await run(["policy", "check", at(name)])).err).toEqual([expect.stringMatching(said)]);
    },
  );
});

describe("policy test", () => {
  it("runs the cases beside the policies: every answer as expected", async () => {
    const { run, folder } = await policies();
    writeFileSync(path.join(folder, "cases.md"), readFileSync(path.join(ROOT, "docs/policy-cases.md")));
    const { status, err, json } = await run(["policy", "test", folder]);
    expect([status, err]).toEqual([0, []]);
    expect(json()).toMatchObject({ ok: true, failed: 0 });
  });

  it("names each answer that is another, with its place", async () => {
    const { run, folder, change } = await policies();
    change(
      "orders.cedar",
      '@says("A referral.")\n@verdict("ask")\n@tier("high")',
      '@says("A referral.")\n@verdict("ask")\n@tier("moderate")',
    );
    const { status, err, json } = await run([
      "policy",
      "test",
      folder,
      "--cases",
      path.join(ROOT, "docs/policy-cases.md"),
    ]);
    expect([status, json()["failed"]]).toEqual([1, err.length]);
    expect(err).toContainEqual(
      expect.stringMatching(
        /^policy-cases\.md:\d+: case \d+ \(to nobody in particular\): tier wanted high, got moderate\.$/,
      ),
    );
  });

  it.each([
    ["no cases", "# nothing\n", /^E_CLI_INPUT: There are no cases beside/],
    ["a word that is none", "repeatt", /^E_CLI_INPUT: cases\.md:3: "repeatt" is none of the words of a case/],
    ["a tier that is none", "repeat;huge", /^E_CLI_INPUT: cases\.md:3: "huge" is no tier/],
  ])("refuses %s", async (_what, said, message) => {
    const { run, folder } = await policies();
    const [words = "", tier = "high"] = said.split(";");
    const header =
      "| case | what | asked | known | verdict | tier | approvers | pools | reasons |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |";
    const text = said.startsWith("#")
      ? said
      : `${header}\n| 1 | x | create Basic | ${words} | ask | ${tier} | 1 | clinicians | |\n`;
    writeFileSync(path.join(folder, "cases.md"), text);
    expect((await run(["policy", "test", folder])).err).toEqual([expect.stringMatching(message)]);
  });
});

describe("policy explain", () => {
  it("says in sentences which policies determine the answer to a draft, each with its place", async () => {
    const { run, folder } = await policies();
    const { err, json } = await run([
      "policy",
      "explain",
      sample("referral"),
      "--policies",
      folder,
      "--known",
      "conflict; steps critical",
    ]);
    expect(json()).toEqual({ verdict: "ask", risk: "critical", policies: ["record-conflict", "referral"] });
    expect(err).toEqual([
      "Needs approval: critical risk, 2 people of clinicians, without sight of each other; held 10 s, open 3600 s, token at most 300 s. Reasons: record-conflict (Request and record contradict each other); task-chain (Part of a task with a step of this risk).",
      'raisers.cedar:24 "record-conflict" raises it to high risk: Request and record contradict each other.',
      'orders.cedar:24 "referral" asks, at high risk at least: A referral.',
    ]);
  });

  it("says what refuses, and what was decided before policy was asked", async () => {
    const { run } = makeCli();
    const trial = ["policy", "explain", sample("order"), "--known"];
    expect((await run([...trial, 'agent {"environment":"test"}'])).err).toEqual([
      "Refused (E_POL_REFUSED): This agent is registered for trials and asks a gateway that changes real records.",
      expect.stringMatching(/^permissions\.cedar:\d+ "not-a-production-agent" refuses: /),
    ]);
    expect((await run([...trial, 'agent {"actions":["record.update"]}'])).err).toEqual([
      "Refused (E_AGENT_ACTION): This agent is not registered for order.create.",
      "The policies were not asked: this is decided before them.",
    ]);
  });
});

describe("with the requests of a stopped gateway", () => {
  let record: RecordServer;
  beforeAll(async () => {
    record = await startRecord();
  });
  afterAll(() => {
    record.close();
  });

  async function asked() {
    const set = await policies();
    const folders = ["--data", set.at("gateway"), "--directory", set.at("directory")];
    await set.run([
      "directory",
      "init",
      "--iss",
      "https://directory.northgate.example",
      "--directory",
      set.at("directory"),
      "--demo",
    ]);
    await set.run([
      "gateway",
      "init",
      "--iss",
      "https://gw.hospital.example",
      "--fhir-base",
      record.base,
      ...folders,
      "--policy",
      set.folder,
    ]);
    const { assembled } = await openGateway(set.at("gateway"), {
      clock: set.clock,
      logger,
      wsEndpoint: "ws://127.0.0.1:1/x",
    });
    const rids: Record<string, string> = {};
    for (const name of ["order", "two-approvers", "referral", "update"]) {
      const draft = readDraft(sample(name));
      const url = `${record.base}/${draft.operation.url}`;
      const raised = await assembled.core.raise({ ...draft, operation: { ...draft.operation, url } });
      if (raised.kind !== "pending") throw new Error(JSON.stringify(raised));
      rids[name] = raised.rid;
    }
    await assembled.close();
    return { ...set, rids, data: ["--data", set.at("gateway")] };
  }

  it("simulate says that nothing changes under the policy they were asked under", async () => {
    const { run, folder, data } = await asked();
    const { err, json } = await run(["policy", "simulate", folder, ...data]);
    expect(json()).toEqual({
      requests: 4,
      counts: { same: 4, allowed: 0, refused: 0, lowered: 0, raised: 0, other: 0 },
      groups: [],
    });
    expect(err).toEqual([
      "4 requests: 4 as they were, 0 raised, 0 lowered, 0 refused, 0 allowed without a person, 0 otherwise changed.",
    ]);
  });

  it("simulate counts what would change under another one, and names no patient", async () => {
    const { run, folder, change, data, rids } = await asked();
    change("orders.cedar", '@id("medication-order")', '@id("medication-order") @need("2") @hold_s("60")');
    change("orders.cedar", '@id("medication-repeat")', '@id("medication-repeat") @hold_s("60")');
    const referral = '@says("A referral.")\n@verdict("ask")\n@tier("high")';
    change("orders.cedar", referral, referral.replace("high", "moderate"));
    // The referral is the first of its kind that this agent asks for, which by itself keeps it high.
    const first =
      '@says("This agent has asked before, and never for this kind of action.")\n@verdict("raise")\n@tier("high")';
    change("raisers.cedar", first, first.replace("high", "moderate"));
    writeFileSync(
      path.join(folder, "own.cedar"),
      '@id("no-problems") @says("Problems are ours.")\nforbid (principal, action, resource) when { resource.type == "Condition" };',
    );
    const ran = await run(["policy", "simulate", folder, ...data]);
    expect(ran.json()).toMatchObject({
      requests: 4,
      counts: { same: 0, allowed: 0, refused: 1, lowered: 1, raised: 1, other: 1 },
    });
    const [, ...lines] = ran.err;
    expect(lines.sort()).toEqual(
      [
        `  1 × order.create MedicationRequest: moderate, 1 of clinicians → moderate, 1 of clinicians, with other friction (${rids["order"] ?? ""})`,
        `  1 × order.create MedicationRequest: high, 1 of clinicians → high, 2 of clinicians (${rids["two-approvers"] ?? ""})`,
        `  1 × referral.create ServiceRequest: high, 1 of clinicians → moderate, 1 of clinicians (${rids["referral"] ?? ""})`,
        `  1 × record.update Condition: high, 1 of clinicians → refused by no-problems (${rids["update"] ?? ""})`,
      ].sort(),
    );
    expect(JSON.stringify(ran)).not.toMatch(/evans|Gareth|Patient\//i);
  });

  it("simulate says how far it is when it takes longer than two seconds", async () => {
    const { run, folder, data, clock } = await asked();
    let nowMs = clock.nowMs();
    vi.spyOn(clock, "nowMs").mockImplementation(() => (nowMs += 1500));
    const { err } = await run(["policy", "simulate", folder, ...data]);
    expect(err.slice(0, 2)).toEqual([2, 4].map((n) => `Asked about ${String(n)} of 4 requests and revisions.`));
  });

  it("explain says why one of them was asked, by its rid", async () => {
    const { run, data, rids } = await asked();
    const { json } = await run(["policy", "explain", rids["order"] ?? "", ...data]);
    expect(json()).toEqual({ verdict: "ask", risk: "moderate", policies: ["medication-repeat"] });
    const unknown = (rids["order"] ?? "").replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    expect((await run(["policy", "explain", unknown, ...data])).err[0]).toMatch(/^E_REQ_UNKNOWN/);
    expect((await run(["policy", "explain", rids["order"] ?? "", ...data, "--known", "repeat"])).err[0]).toMatch(
      /^E_CLI_INPUT/,
    );
  });
});
