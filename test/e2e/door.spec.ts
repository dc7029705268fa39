import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";

import type { Bridge } from "#shared/ipc/contract.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import { clinician, composeDemo, type Demo } from "../../demo/compose.ts";
import { launchApp, type RunningApp } from "../../demo/tour/app.ts";
import { beginEnrolment, openRequest, queueIsOpen, signIn } from "../../demo/tour/screens.ts";

let folder: string;
let demo: Demo;
let running: RunningApp;
let approval: Parameters<Bridge["decide"]>[0];

test.beforeAll(async () => {
  test.setTimeout(120_000);
  folder = mkdtempSync(path.join(os.tmpdir(), "countersign-e2e-"));
  demo = await composeDemo({ state: path.join(folder, "state"), onAgent: () => undefined });
  running = await launchApp({ profile: path.join(folder, "profile"), args: ["--countersign-demo=on"] });
  const { page } = running;
  const words = await beginEnrolment(page, { ...demo.issueTicket(), pin: clinician.pin });
  expect(demo.confirm(words)).toBe(true);
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  await signIn(page, clinician.pin);
  await queueIsOpen(page);
  demo.agents.get("medication-reconciliation")?.run("routine-refill");
  await openRequest(page, ["EVANS, Gareth", "amlodipine"]);
  approval = await page.evaluate(async () => {
    const { countersign } = globalThis as unknown as { readonly countersign: Bridge };
    const snapshot = await countersign.get_snapshot(undefined);
    const row = snapshot.ok ? snapshot.value.rows[0] : undefined;
    if (row === undefined) throw new Error("no request");
    const opened = await countersign.open_review({ key: row.key });
    if (!opened.ok) throw new Error("not opened");
    const { claims } = opened.value;
    return {
      key: row.key,
      rev: row.rev,
      digest: row.digest,
      choice: {
        kind: "approve" as const,
        granted: claims.authorization_details.map(({ id }) => id),
        ack: (claims.facts ?? []).filter(({ ack }) => ack).map(({ id }) => id),
        overrides: [],
        seen: [],
        reentry: {},
      },
    };
  });
});

test.afterAll(async () => {
  await running.close();
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * The page as an attacker who took it over: it has the whole preload API and nothing else. Builds the approval that the
 * screen would send, lets `forge` change one member of it, and sends it. The review is open already: opening it again
 * would begin its least time on the screen anew.
 */
async function approveWith(forge: { readonly path: readonly string[]; readonly value: unknown } | undefined) {
  return running.page.evaluate(
    async ({ change, approval }) => {
      const { countersign } = globalThis as unknown as { readonly countersign: Bridge };
      const seen = [...document.querySelectorAll("[data-seen-id]")].map((e) => e.getAttribute("data-seen-id") ?? "");
      const input = { ...approval, choice: { ...approval.choice, seen } };
      if (change !== undefined) {
        let place = input as unknown as Record<string, unknown>;
        for (const name of change.path.slice(0, -1)) place = place[name] as Record<string, unknown>;
        place[change.path.at(-1) ?? ""] = change.value;
      }
      return countersign.decide(input);
    },
    { change: forge, approval },
  );
}

const RID = "019f0000-0000-7000-8000-000000000001";
/** Each must be refused with its own code and sign nothing. */
const FORGERIES: readonly {
  readonly name: string;
  readonly path: readonly string[];
  readonly value: unknown;
  readonly code: ErrorCode;
}[] = [
  { name: "another digest", path: ["digest"], value: `sha-256:${"A".repeat(43)}`, code: "E_CLI_NOT_SHOWN" },
  { name: "another revision", path: ["rev"], value: 2, code: "E_CLI_NOT_SHOWN" },
  { name: "an unknown request", path: ["key", "rid"], value: RID, code: "E_CLI_NOT_FOUND" },
  { name: "another gateway", path: ["key", "iss"], value: "https://evil.example", code: "E_CLI_NOT_FOUND" },
  {
    name: "a permission that was not asked for",
    path: ["choice", "granted"],
    value: ["a1", "zz"],
    code: "E_CLI_CHOICE",
  },
  { name: "no permission at all", path: ["choice", "granted"], value: [], code: "E_CLI_CHOICE" },
  { name: "fields that were never seen", path: ["choice", "seen"], value: [], code: "E_DSP_INCOMPLETE" },
  { name: "claims beside the choice", path: ["claims"], value: { decision: "approve" }, code: "E_CLI_INPUT" },
  {
    name: "claims inside the choice",
    path: ["choice", "acr"],
    value: "urn:countersign:acr:mfa-hw",
    code: "E_CLI_INPUT",
  },
];

for (const { name, path: at, value, code } of FORGERIES) {
  test(`main refuses an approval with ${name}: ${code}`, async () => {
    expect(await approveWith({ path: at, value })).toMatchObject({ ok: false, error: { code } });
    expect(demo.gateway.core.store.requestsIn(["open"])).toHaveLength(1);
  });
}

test("the same approval without a forgery is signed, recorded and executed", async () => {
  // Sooner than the least time on the screen, main says so and signs nothing: E_DWELL.
  await expect(async () => {
    expect(await approveWith(undefined)).toMatchObject({ ok: true });
  }).toPass();
  await expect.poll(() => demo.gateway.core.store.requestsIn(["completed"]).length, { timeout: 40_000 }).toBe(1);
});

test("the page has no Node, no IPC object and no way to the network", async () => {
  const found = await running.page.evaluate(async () => {
    const names = ["require", "process", "Buffer", "ipcRenderer"].filter((name) => name in globalThis);
    const reached = await fetch("https://example.org").then(
      () => true,
      () => false,
    );
    return { names, reached };
  });
  expect(found).toEqual({ names: [], reached: false });
});
