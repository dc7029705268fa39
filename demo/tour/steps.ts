import { expect, type ElectronApplication, type Page } from "@playwright/test";

import { clinician, type Demo } from "../compose.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import type { Camera } from "./camera.ts";
import { approve, backToQueue, deny, leaveOut, openRequest, readAll, receiptSays } from "./screens.ts";

export interface Tour {
  readonly demo: Demo;
  readonly page: Page;
  readonly app: ElectronApplication;
  readonly camera: Camera;
  readonly say: (line: string) => void;
}

/** One stop of the tour; `run` gives what was verified, in words. */
export interface Step {
  readonly title: string;
  readonly run: (tour: Tour) => Promise<string>;
}

const { pin } = clinician;

function start({ demo }: Tour, id: string): void {
  const scenario = scenarios.find((one) => one.id === id);
  if (scenario === undefined) throw new Error(`There is no scenario ${id}.`);
  demo.agents.get(scenario.agent)?.run(id);
}

/** The gateway's own word on the newest request of a task. */
function stateOf({ demo }: Tour, task: string): string {
  const { core } = demo.gateway;
  const all = core.store.requestsIn(["completed", "denied", "expired", "failed", "revoked", "open", "superseded"]);
  const found = all.map(({ rid }) => core.status(rid)).filter((status) => status?.claims.task.id === task);
  return found.at(-1)?.state ?? "not there";
}

async function ends(tour: Tour, task: string, state: string): Promise<void> {
  await expect.poll(() => stateOf(tour, task), { timeout: 40_000 }).toBe(state);
}

export const STEPS: readonly Step[] = [
  {
    title: "approve an order",
    async run(tour) {
      const { page, camera } = tour;
      start(tour, "routine-refill");
      await openRequest(page, ["EVANS, Gareth", "amlodipine"]);
      await camera.take("review-order");
      await readAll(page);
      await approve(page, {}, () => camera.take("approve-sheet-routine"));
      await receiptSays(page, /Approval recorded|Executed/);
      await camera.take("receipt-held");
      await receiptSays(page, "Executed");
      await camera.take("receipt-executed");
      await ends(tour, "refill-evans", "completed");
      await backToQueue(page);
      return "signed, recorded, executed after the hold";
    },
  },
  {
    title: "approve with a scope element dropped",
    async run(tour) {
      const { page, camera } = tour;
      start(tour, "reduced-scope");
      await openRequest(page, ["EVANS, Garreth", "bisoprolol"]);
      await readAll(page);
      await leaveOut(page);
      await camera.take("review-scope-dropped");
      const override = "Will monitor";
      const choices = { pin, initials: "GE", birthYear: "1958", override };
      await approve(page, choices, () => camera.take("approve-sheet-high"));
      await receiptSays(page, "Executed");
      await ends(tour, "titrate-evans", "completed");
      await backToQueue(page);
      return "the effective grant lacks the element";
    },
  },
  {
    title: "deny a referral",
    async run(tour) {
      const { page, camera } = tour;
      start(tour, "external-referral");
      await openRequest(page, ["JONES, Mair"]);
      await camera.take("review-referral");
      await deny(page, "Agent overreached", () => camera.take("deny-sheet"));
      await receiptSays(page, "Denial recorded");
      await camera.take("receipt-denied");
      await ends(tour, "refer-jones", "denied");
      await backToQueue(page);
      return "signed and recorded, nothing executed";
    },
  },
  {
    title: "hidden characters cannot be approved",
    async run(tour) {
      const { page, camera } = tour;
      start(tour, "hidden-character");
      await openRequest(page, ["WATERS, Shauna", "Cannot be approved"]);
      await expect(page.getByText("[U+200B]").first()).toBeVisible();
      await expect(page.getByRole("button", { name: "Approve…" })).toHaveCount(0);
      await camera.take("review-quarantined");
      await deny(page, "Agent's words mislead");
      await receiptSays(page, "Denial recorded");
      await ends(tour, "itch-waters", "denied");
      await backToQueue(page);
      return "shown as a token, no way to approve, denied";
    },
  },
  {
    title: "a record update with its difference",
    async run(tour) {
      const { page, camera } = tour;
      start(tour, "correct-phone");
      await openRequest(page, ["EVANS, Gareth", "Record update"]);
      await camera.take("review-update");
      await readAll(page);
      await approve(page, {});
      await receiptSays(page, "Executed");
      await ends(tour, "tidy-evans", "completed");
      await backToQueue(page);
      return "one changed field, executed";
    },
  },
  {
    title: "a request that changes while it is open",
    async run(tour) {
      const { page, camera, demo } = tour;
      start(tour, "changed-while-open");
      await openRequest(page, ["JONES, Mair", "metoprolol"]);
      await readAll(page);
      demo.agents.get("medication-reconciliation")?.revise("changed-while-open");
      await page
        .getByText(/This request changed at/)
        .first()
        .waitFor({ timeout: 20_000 });
      await camera.take("review-changed");
      await page.getByRole("button", { name: "Start again from the top" }).click();
      await deny(page, "Wrong medicine or dose");
      await receiptSays(page, "Denial recorded");
      await ends(tour, "palpitations-jones", "denied");
      await backToQueue(page);
      return "stopped, read again, the new version denied";
    },
  },
  {
    title: "let one expire",
    async run(tour) {
      const { page, camera } = tour;
      start(tour, "expires");
      await openRequest(page, ["EVANS, Gareth", "10 mg"]);
      await page
        .getByText(/^Expired .* It can no longer be approved/)
        .first()
        .waitFor({ timeout: 60_000 });
      await expect(page.getByRole("button", { name: "Approve…" })).toHaveCount(0);
      await camera.take("review-expired");
      await ends(tour, "expire-evans", "expired");
      await backToQueue(page);
      return "not approved, nothing executed";
    },
  },
  {
    title: "history",
    async run({ page, camera }) {
      await page.getByRole("navigation").getByRole("button", { name: "History" }).click();
      const why = page.getByRole("dialog", { name: "Why are you looking?" });
      await why.getByRole("radio", { name: "Compliance or audit" }).check();
      await why.getByRole("button", { name: "Show the history" }).click();
      const grid = page.getByRole("grid", { name: "Decisions and requests" });
      await expect(grid.getByRole("row")).toHaveCount(7, { timeout: 20_000 });
      // Under a checkpoint within seconds; until then a row says why it cannot be checked, and never that it is valid.
      await expect(async () => {
        await page.getByRole("button", { name: "Find" }).click();
        await expect(grid.getByText("Valid", { exact: true })).toHaveCount(6, { timeout: 5_000 });
      }).toPass({ timeout: 60_000 });
      await camera.take("history");
      await grid.getByRole("row").nth(1).getByRole("gridcell").first().click();
      await page.getByText("Everything that was checked holds.").waitFor();
      await camera.take("record");
      await page.getByRole("button", { name: "Settings" }).click();
      await camera.take("settings");
      return "six decisions, each signature verified on this computer";
    },
  },
];
