import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, type ElectronApplication, type Locator, type Page } from "@playwright/test";

import type { AppSnapshot, QueueRow } from "#shared/ipc/contract.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { launchApp, type LaunchOptions, type RunningApp } from "../../../demo/tour/app.ts";
import { systemClock } from "../../../electron/clock.ts";
import { havePractised } from "../../electron/have-practised.ts";
import { admit, PIN } from "../../electron/enrol-with.ts";
import { DIRECTORY_ISS, type RequestChange, type SignedRequest } from "../../electron/hospital.ts";
import { Judge } from "../../electron/judge.ts";
import { listen, type ScriptedGateway } from "../../electron/scripted-gateway.ts";
import { issuedNow } from "./issued.ts";

/** The real app in a profile of its own, enrolled at a gateway that speaks the protocol with real keys and does as told. */
export interface Seat {
  readonly running: RunningApp;
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly profile: string;
  readonly gateway: ScriptedGateway;
  readonly judge: Judge;
  /** Key names of who is enrolled here, in order. */
  readonly people: readonly string[];
  /** "Approve…" of the review and "Sign approval" of its sheet. */
  readonly approve: Locator;
  readonly sheet: Locator;
  readonly sign: Locator;
  /** Issues a request of the gallery, as if it were made now. */
  issue(claims: RequestClaims, change?: RequestChange): SignedRequest;
  /** A second revision of a request, which replaces it. */
  revise(request: SignedRequest, change: RequestChange): SignedRequest;
  /** What a connection that begins anew is given: every request that is still open. */
  restock(): void;
  /** Waits until the app holds this revision, and gives its row. */
  row(request: SignedRequest): Promise<QueueRow>;
  /** Issues a request and opens its review, as a link from another program does. */
  open(claims: RequestClaims, change?: RequestChange): Promise<SignedRequest>;
  snapshot(): Promise<AppSnapshot>;
  /** The decisions that arrived, as signed. */
  decisions(): ReturnType<typeof readStored<"decision">>[];
  unlock(kid?: string): Promise<void>;
  /** The app's process dies (SIGKILL) and is started again, in the same profile and at the same gateway: a seat that is locked. */
  killed(): Promise<Seat>;
  close(): Promise<void>;
}

/** A colleague at the same workstation. */
export const LEE = {
  sub: `${DIRECTORY_ISS}/approvers/lee`,
  name: "LEE, Min (Dr)",
  reg_no: "0000002",
  device: `${DIRECTORY_ISS}/devices/wow-17-lee`,
};

export interface SeatOptions extends Partial<Pick<LaunchOptions, "args" | "env">> {
  /** As in a hospital, not as in the demonstration: the operating system's secret store is a stand-in. */
  readonly isLive?: boolean;
  readonly people?: readonly Partial<ApproverClaims>[];
}

export async function takeSeat({
  args = [],
  env = {},
  isLive = false,
  people: who = [{}],
}: SeatOptions = {}): Promise<Seat> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-seat-"));
  const profile = path.join(folder, "profile");
  const gateway = await listen(systemClock());
  const judge = new Judge(gateway);
  const start = async () => {
    const running = await launchApp({ profile, args: [...args, ...(isLive ? [] : ["--countersign-demo=on"])], env });
    if (isLive) await fakeSecretStore(running.app);
    return running;
  };
  const running = await start();
  const people: string[] = [];
  for (const one of who) people.push(await enrol(running.page, gateway, isLive ? profile : undefined, one));
  const seat = seatAt({ running, start, folder, profile, gateway, judge, people });
  await seat.unlock();
  return seat;
}

interface Place extends Pick<Seat, "running" | "profile" | "gateway" | "judge" | "people"> {
  readonly folder: string;
  readonly start: () => Promise<RunningApp>;
}

function seatAt(place: Place): Seat {
  const { running, profile, gateway, judge, people } = place;
  const { app, page } = running;

  const snapshot = () =>
    page.evaluate(async () => {
      const reply = await window.countersign?.get_snapshot(undefined);
      if (!reply?.ok) throw new Error("no snapshot");
      return reply.value;
    });
  const sheet = page.getByRole("dialog", { name: "Sign approval" });
  const seat: Seat = {
    running,
    app,
    page,
    profile,
    gateway,
    judge,
    people,
    approve: page.getByRole("button", { name: "Approve…" }),
    sheet,
    sign: sheet.getByRole("button", { name: "Sign approval" }),
    snapshot,
    issue: (claims, change) => judge.issue(issuedNow(claims, gateway.nowS(), change)),
    revise({ claims, digest }, change) {
      const { policy, action, ...rest } = change;
      return judge.issue({
        ...claims,
        rev: claims.rev + 1,
        prev: digest,
        policy: { ...claims.policy, ...policy },
        action: { ...claims.action, ...action },
        ...rest,
      });
    },
    restock() {
      gateway.snapshot = [...judge.requests.values()].filter(({ state }) => state === "open").map(({ jws }) => jws);
    },
    async row({ digest }) {
      let found: QueueRow | undefined;
      await expect
        .poll(async () => (found = (await snapshot()).rows.find((row) => row.digest === digest)))
        .toBeDefined();
      return found!;
    },
    async open(claims, change) {
      const request = seat.issue(claims, change);
      await seat.row(request);
      // Another review of the same person may be open, with the same heading and the focus on it.
      await page.locator("h1").evaluateAll((all) => {
        for (const one of all) one.setAttribute("data-before", "");
      });
      await followLink(app, `countersign://r/${request.claims.rid}`);
      const heading = page.locator("h1:not([data-before])").filter({ hasText: /^Review:/ });
      await expect(heading.filter({ hasText: request.claims.patient?.name ?? "" })).toBeFocused();
      return request;
    },
    decisions: () => judge.submitted.map((jws) => readStored("decision", jws)),
    async unlock(kid = people[0]!) {
      const reply = await page.evaluate((input) => window.countersign?.unlock(input), { kid, pin: PIN });
      expect(reply).toMatchObject({ ok: true });
      await expect.poll(async () => (await snapshot()).gateways[0]?.connection.kind).toBe("live");
    },
    async killed() {
      const process = app.process();
      // It may have died of what the test did to it.
      if (process.exitCode === null && process.signalCode === null) {
        const ended = once(process, "exit");
        process.kill("SIGKILL");
        await ended;
      }
      return seatAt({ ...place, running: await place.start() });
    },
    async close() {
      await running.close();
      await gateway.stop();
      // What breaks the content security policy or Trusted Types is an error in the console.
      expect(running.complaints).toEqual([]);
      rmSync(place.folder, { recursive: true, force: true });
    },
  };
  return seat;
}

/** Another program's link to the app, as the operating system hands it over. */
export async function followLink(app: ElectronApplication, link: string): Promise<void> {
  // The inspector now and then collects the promise of a call that was carried out; to follow a link twice changes nothing.
  await expect(() =>
    app.evaluate(({ app: electron }, url) => {
      electron.emit("second-instance", {}, ["countersign", url]);
    }, link),
  ).toPass();
}

/** @param profile of an app as in a hospital; the demonstration owes no practice */
async function enrol(
  page: Page,
  gateway: ScriptedGateway,
  profile: string | undefined,
  who: Partial<ApproverClaims>,
): Promise<string> {
  const key_store = profile === undefined ? "software" : "os";
  const { ticket, code, kid } = admit(gateway, { key_storage: key_store, ...who });
  const input = { ticket, code, pin: PIN, key_store } as const;
  const reply = await page.evaluate((asked) => window.countersign?.enrol_begin(asked), input);
  expect(reply).toMatchObject({ ok: true });
  const goOn = page.getByRole("button", { name: profile === undefined ? "Go to sign-in" : "Go to the practice" });
  await expect(goOn).toBeVisible();
  if (profile !== undefined) await havePractised(profile, kid());
  await goOn.click();
  return kid();
}

/** A secret store that keeps nothing safe: only for a profile that is thrown away. */
export async function fakeSecretStore(app: ElectronApplication): Promise<void> {
  const replace = async (): Promise<void> =>
    app.evaluate(({ safeStorage }) => {
      Object.assign(safeStorage, {
        getSelectedStorageBackend: () => "gnome_libsecret",
        isEncryptionAvailable: () => true,
        isAsyncEncryptionAvailable: async () => true,
        encryptString: (text: string) => Buffer.from(text),
        decryptString: (bytes: Buffer) => bytes.toString(),
        encryptStringAsync: async (text: string) => Buffer.from(text),
        decryptStringAsync: async (bytes: Buffer) => ({ result: bytes.toString(), shouldReEncrypt: false }),
      });
    });
  // The inspector holds what it is asked for only weakly, so a collection at this moment loses the answer, not the work.
  await replace().catch(async (error: unknown) => {
    if (!String(error).includes("promise was garbage collected")) throw error;
    await replace();
  });
}

/** Arrives at the queue, which then holds everything, with the focus on its heading. */
export async function toQueue(page: Page): Promise<void> {
  for (const [place, heading] of [
    ["History", "History"],
    ["Queue", "My requests"],
  ] as const) {
    await page.getByRole("navigation").getByRole("button", { name: place }).click();
    await expect(page.getByRole("heading", { name: heading })).toBeFocused();
  }
}

/** A control acts once it has no reason not to: its description is that reason, so that a failure says it. */
export async function ready(button: Locator): Promise<void> {
  await expect(button).toHaveAccessibleDescription("");
  await expect(button).toHaveAttribute("aria-disabled", "false");
}
