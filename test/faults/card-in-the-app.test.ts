import { mkdirSync, renameSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openRequest, readAll } from "../../demo/tour/screens.ts";
import { installedElectron } from "../../scripts/setup/electron-runtime.mjs";
import { hasProgram } from "../../scripts/setup/system-parts.mjs";
import { CARD_PIN, makeCards, NO_SOFT_TOKEN, SOFT_TOKEN_MODULE } from "../electron/keys/soft-token.ts";
import { openAppSite, type AppSite } from "./app-site.ts";
import { checkEverywhere, type Came } from "./everywhere.ts";

/**
 * Row D10 of the fault matrix (reliability.md 7): the real app with a real PKCS#11 module, at a real gateway process; the
 * card is taken out while somebody decides.
 */

const canRun = SOFT_TOKEN_MODULE !== undefined && installedElectron() !== undefined && hasProgram("Xvfb");
const PATIENT = "EVANS";

describe.runIf(canRun)("D10 the card is taken out", () => {
  let site: AppSite;
  let kid: string;
  const came = new Map<string, Came>();

  beforeAll(async () => {
    site = await openAppSite([`--countersign-pkcs11=${SOFT_TOKEN_MODULE ?? ""}`]);
    const { SOFTHSM2_CONF } = makeCards(site.desktop, ["OKAFOR"]);
    await site.start({ env: { SOFTHSM2_CONF } });
    kid = await site.enrol("okafor", "pkcs11", CARD_PIN);
  }, 240_000);
  afterAll(async () => {
    await site.close();
  });

  const tokens = () => path.join(site.desktop, "tokens");
  const takeOut = (): void => {
    renameSync(tokens(), `${tokens()}.out`);
    mkdirSync(tokens());
  };
  const putBack = (): void => {
    renameSync(tokens(), `${tokens()}.empty-${String(Date.now())}`);
    renameSync(`${tokens()}.out`, tokens());
  };

  async function openSheet(rid: string) {
    const { page } = site.app;
    const left = (await site.app.phase("unlocked")).left;
    // What was open when the app was locked comes first by itself.
    if (left === undefined) await openRequest(page, [PATIENT]);
    else await page.getByRole("heading", { name: /^Review:/ }).waitFor();
    expect((await site.app.snapshot()).rows.map(({ key }) => key.rid)).toContain(rid);
    await readAll(page);
    const approve = page.getByRole("button", { name: "Approve…" });
    await expect.poll(() => approve.getAttribute("aria-disabled"), { timeout: 30_000 }).toBe("false");
    await approve.click();
    const sheet = page.getByRole("dialog", { name: "Sign approval" });
    const pin = sheet.getByLabel("PIN");
    if (await pin.isVisible()) await pin.fill(CARD_PIN);
    const sign = sheet.getByRole("button", { name: "Sign approval" });
    await expect.poll(() => sign.getAttribute("aria-disabled"), { timeout: 30_000 }).toBe("false");
    return sign;
  }

  /** Locked, why, and nothing of the patient or the order is on the screen or with the page. */
  async function expectGone(): Promise<void> {
    const { page } = site.app;
    expect(await site.app.phase("locked")).toMatchObject({ card_out: expect.any(Number) as number });
    await page
      .getByText(/Your smart card was taken out at .* before deciding, so the app locked\. Nothing was sent\./)
      .waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(await page.content()).not.toContain(PATIENT);
    expect((await site.app.snapshot()).rows).toEqual([]);
  }

  const pidOfCard = (): Promise<number> =>
    site.app.electron.evaluate(({ app }) => {
      const found = app
        .getAppMetrics()
        .find(({ name, serviceName }) => [name, serviceName].includes("Countersign smart card"));
      if (found === undefined) throw new Error("no process holds the card");
      return found.pid;
    });

  it("D10 while the approval stands on the screen: the app locks within seconds, nothing is signed", async () => {
    await site.signIn(kid, CARD_PIN);
    const rid = await site.raise();
    came.set(rid, { state: "open" });
    await openSheet(rid);
    takeOut();
    await expectGone();
    expect(await site.hospital.state(rid)).toBe("open");
    const refused = await site.app.ask("unlock", { kid, pin: CARD_PIN });
    expect(refused).toMatchObject({ ok: false, error: { code: "E_CLI_TOKEN_REMOVED" } });
    putBack();
  });

  it("D10 while the card signs: the decision is given up and sent by nobody; with the card back its person decides anew", async () => {
    await site.signIn(kid, CARD_PIN);
    const [rid] = site.raised;
    const sign = await openSheet(rid!);
    // The card has the work and has not done it.
    const pid = await pidOfCard();
    process.kill(pid, "SIGSTOP");
    await sign.click();
    await expect.poll(async () => (await site.app.snapshot()).rows[0]?.status.kind).toBe("signing");
    takeOut();
    process.kill(pid, "SIGCONT");
    await expectGone();
    expect(await site.hospital.state(rid!)).toBe("open");
    expect(site.hospital.record.writes).toEqual([]);
    putBack();

    await site.signIn(kid, CARD_PIN);
    expect((await site.app.snapshot()).rows[0]?.status.kind).toBe("pending");
    await (await openSheet(rid!)).click();
    await expect.poll(() => site.hospital.state(rid!), { timeout: 30_000 }).toBe("completed");
    came.set(rid!, { decision: "approve", state: "completed" });
    await checkEverywhere(site, came);
  });
});

it.runIf(!canRun)(
  `D10 skipped: ${SOFT_TOKEN_MODULE === undefined ? NO_SOFT_TOKEN : "the app or Xvfb is not installed"}`,
  () => undefined,
);
