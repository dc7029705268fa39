import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test, type Page } from "@playwright/test";
import { WebSocket } from "ws";

import type { AppSnapshot, RequestKey } from "#shared/ipc/contract.ts";

import { identities } from "../../../demo/agents/identities.ts";
import { clinician, composeDemo, type Demo } from "../../../demo/compose.ts";
import { layLine, type Line } from "../../../demo/line.ts";
import { externalReferral } from "../../../demo/scenarios/referral.ts";
import { launchApp, type RunningApp } from "../../../demo/tour/app.ts";
import { approve, deny, openRequest, queueIsOpen, readAll, receiptSays } from "../../../demo/tour/screens.ts";
import { hospitalPolicy as policy } from "../../../demo/policy.ts";
import { wholePage } from "../support/probes.ts";

/** The real app at the real gateway, with its built-in policy: what is critical needs two, blind to each other. */
const { pin } = clinician;
const LEE = {
  sub: "https://directory.countersign.localhost/approvers/lee-min",
  name: "LEE, Min (Dr)",
  reg_no: "0000002",
  pools: ["clinicians"],
  roles: ["physician"],
};
const BY = "https://directory.countersign.localhost/administrators/demo-1";
let folder: string;
let demo: Demo;
let line: Line;
let running: RunningApp;
let page: Page;
const kids: Record<string, string> = {};
/** What the gateway put on the network, in order. */
const sent: string[] = [];
// eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was, and called with its own socket
const realSend = WebSocket.prototype.send;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  WebSocket.prototype.send = function (this: WebSocket, data: unknown, ...more: never[]) {
    sent.push(String(data));
    Reflect.apply(realSend, this, [data, ...more]);
  } as typeof realSend;
  folder = mkdtempSync(path.join(os.tmpdir(), "countersign-two-"));
  demo = await composeDemo({ state: path.join(folder, "state"), onAgent: () => undefined, policy });
  line = await layLine(new URL(demo.gateway.wsUrl));
  demo.gateway.authority?.putApprover(LEE);
  running = await launchApp({ profile: path.join(folder, "profile"), args: ["--countersign-demo=on"] });
  ({ page } = running);
  for (const { sub } of [clinician, LEE]) await enrol(sub);
});

test.afterAll(async () => {
  await running.close();
  await line.close();
  await demo.close();
  WebSocket.prototype.send = realSend;
  rmSync(folder, { recursive: true, force: true });
  expect(running.complaints).toEqual([]);
});

async function enrol(sub: string): Promise<void> {
  const { authority } = demo.gateway;
  const { ticket, code } = authority!.issueTicket({ sub, by: BY, ws_endpoint: line.wsUrl });
  const input = { ticket: JSON.stringify(ticket), code, pin, key_store: "software" as const };
  expect(await page.evaluate((asked) => window.countersign?.enrol_begin(asked), input)).toMatchObject({ ok: true });
  await page.getByRole("list", { name: "Check words of this workstation" }).waitFor();
  expect(demo.confirmPending()).toBe(true);
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  const { phase } = await snapshot();
  if (phase.kind !== "locked") throw new Error("not locked");
  kids[sub] = phase.people.find((person) => person.sub === sub)!.kid;
}

const snapshot = (): Promise<AppSnapshot> =>
  page.evaluate(async () => {
    const reply = await window.countersign?.get_snapshot(undefined);
    if (!reply?.ok) throw new Error("no snapshot");
    return reply.value;
  });

/** Whoever sits there goes, and this person comes. */
async function seat(sub: string): Promise<void> {
  await page.evaluate(() => window.countersign?.lock(undefined));
  const input = { kid: kids[sub]!, pin };
  expect(await page.evaluate((asked) => window.countersign?.unlock(asked), input)).toMatchObject({ ok: true });
  await expect.poll(async () => (await snapshot()).gateways[0]?.connection.kind).toBe("live");
}

async function toQueue(): Promise<void> {
  await page.getByRole("navigation").getByRole("button", { name: "Queue" }).click();
  await queueIsOpen(page);
}

const state = (task: string) => {
  const { core } = demo.gateway;
  const all = core.store.requestsIn(["open", "partial", "approved", "completed", "denied"]);
  return all.map(({ rid }) => core.status(rid)).findLast((status) => status?.claims.task.id === task);
};

const details = { pin, initials: "MJ", birthYear: "1961", value: "ntre", override: "Will monitor" };
const note = (text: string) => async (): Promise<void> => {
  for (const box of await page.getByRole("dialog").getByRole("textbox", { name: "Note" }).all()) await box.fill(text);
};

/** Texts with everything signed in them opened. */
const opened = (texts: readonly string[]): string =>
  texts.flatMap((text) => [text, ...(text.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? []).map(payload)]).join("\n");
const payload = (jws: string): string => Buffer.from(jws.split(".")[1]!, "base64url").toString();

test("AC22 critical: nobody is both approvers, nor approves what they asked for themselves; until the second has decided, page and network tell nothing of the first decision", async () => {
  test.setTimeout(180_000);
  await seat(clinician.sub);
  await toQueue();
  demo.agents.get("intake-referral")?.run("external-referral");
  await openRequest(page, ["JONES, Mair"]);
  await readAll(page);
  await approve(page, details, note("zebrafish note of the first"));
  await receiptSays(page, "Waiting for second approver");
  const first = state("refer-jones")!;
  expect(first.state).toBe("partial");
  const key: RequestKey = { iss: demo.gateway.iss, rid: first.claims.rid };
  // A page that was taken over asks a second time for the same person.
  const again = await page.evaluate(async (asked) => {
    const review = await window.countersign?.open_review({ key: asked });
    if (!review?.ok) throw new Error("not opened");
    const { claims, row } = review.value;
    const choice = {
      kind: "approve" as const,
      granted: claims.authorization_details.map(({ id }) => id),
      ack: (claims.facts ?? []).filter(({ ack }) => ack).map(({ id }) => id),
      overrides: [],
      seen: [],
      reentry: {},
    };
    return window.countersign?.decide({ key: asked, rev: row.rev, digest: row.digest, choice });
  }, key);
  expect(again).toMatchObject({ ok: false, error: { code: "E_CLI_STATE" } });

  await page.evaluate(() => window.countersign?.lock(undefined));
  const mark = sent.length;
  await seat(LEE.sub);
  await toQueue();
  await openRequest(page, ["JONES, Mair"]);
  await readAll(page);
  await expect(page.getByRole("button", { name: "Approve…" })).toHaveAccessibleDescription("");
  const firstDecision = /zebrafish|will-monitor|"decision":"approve"|okafor/i;
  expect(opened(sent.slice(mark))).not.toMatch(firstDecision);
  expect(await wholePage(running.app, page)).not.toMatch(/zebrafish|will monitor|OKAFOR/i);
  await approve(page, details, note("note of the second"));
  await receiptSays(page, /Approval recorded|Executed/);
  expect(state("refer-jones")?.state).toMatch(/approved|executing|completed/);

  // The agent asks because she told it to.
  const [ask] = externalReferral.asks({ fhirBase: demo.fhir.baseUrl, today: new Date().toISOString().slice(0, 10) });
  const { idempotency_key: _once, ...draft } = ask!;
  await demo.gateway.request({
    ...draft,
    agent: identities["intake-referral"].sub,
    initiator: { kind: "human", person: LEE.sub },
    task: { id: "own", goal: "Arrange cardiology review" },
  });
  const own = state("own")!;
  expect(own.claims.policy.sod.exclude).toContain(LEE.sub);
  await toQueue();
  await openRequest(page, ["JONES, Mair", "New"]);
  await readAll(page);
  const why = "You may not approve this request: you asked for it or own the agent.";
  await expect(page.getByRole("main").getByText(`${why} You can deny it.`)).toHaveCount(1);
  await expect(page.getByRole("button", { name: "Approve…" })).toHaveAccessibleDescription("You may not approve it.");
  await page.keyboard.press("a");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(state("own")?.state).toBe("open");
  await deny(page, "Not needed");
  await receiptSays(page, "Denial recorded");
});

test("AC25 a byte changed on the disk: the row says Not valid, as an alert, the others stay valid, and the evidence verifies offline by the command line", async () => {
  await seat(LEE.sub);
  for (const [agent, scenario, words] of [
    ["medication-reconciliation", "routine-refill", ["EVANS, Gareth", "amlodipine"]],
    ["note-tidier", "correct-phone", ["EVANS, Gareth", "Record update"]],
  ] as const) {
    await toQueue();
    demo.agents.get(agent)?.run(scenario);
    await openRequest(page, words);
    await deny(page, "Not needed");
    await receiptSays(page, "Denial recorded");
  }
  // Without the gateway the history is what this computer has.
  line.cut(600_000);
  await expect.poll(async () => (await snapshot()).gateways[0]?.connection.kind).not.toBe("live");
  await page.getByRole("navigation").getByRole("button", { name: "History" }).click();
  await expect(page.getByText("Showing what this computer has.")).toBeVisible();
  const valid = page.getByRole("cell", { name: "Valid", exact: true });
  await expect(valid.nth(1)).toBeVisible();
  const before = await valid.count();
  const journal = path.join(folder, "profile", "people", `${kids[LEE.sub]!}.vault`, "journal.csj");
  const bytes = readFileSync(journal);
  // The oldest decision: after the header, the first frame's length, and a little.
  bytes[20 + 4 + 40]! ^= 1;
  writeFileSync(journal, bytes);
  await page.getByRole("button", { name: "Check again" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Not valid" })).toHaveCount(1);
  await expect(valid).toHaveCount(before - 1);

  const { core } = demo.gateway;
  const denied = core.store.requestsIn(["denied"])[0]!;
  await expect.poll(() => core.bundle(denied.rid, denied.rev) !== undefined, { timeout: 30_000 }).toBe(true);
  const bundle = path.join(folder, "bundle.json");
  const directory = path.join(folder, "directory.jwk.json");
  writeFileSync(directory, JSON.stringify(demo.directoryKey));
  const verify = async (content: unknown) => {
    writeFileSync(bundle, JSON.stringify(content));
    const cli = path.resolve(import.meta.dirname, "../../../gateway/cli.ts");
    const args = [cli, "verify", bundle, "--directory-key", directory];
    const { stdout } = await promisify(execFile)(process.execPath, args).catch(
      (error: unknown) => error as { stdout: string },
    );
    return JSON.parse(stdout) as { readonly ok: boolean; readonly outcome: string };
  };
  const evidence = core.bundle(denied.rid, denied.rev);
  expect(await verify(evidence)).toMatchObject({ ok: true, outcome: "denied" });
  const changed = JSON.stringify(evidence).replace(
    /eyJ[\w-]+\.[\w-]{40}/,
    (jws) => jws.slice(0, -1) + (jws.endsWith("A") ? "B" : "A"),
  );
  expect(await verify(JSON.parse(changed))).toMatchObject({ ok: false });
});
