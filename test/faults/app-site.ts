import { mkdirSync } from "node:fs";
import path from "node:path";

import { expect } from "vitest";

import { buildApp } from "../../scripts/build.mjs";
import { startVirtualDisplay } from "../../scripts/display.mjs";
import { askUntilAnswered } from "../blackbox/agent.ts";
import { answer } from "../blackbox/command.ts";
import { open, orderFor } from "../blackbox/hospital.ts";
import { havePractised } from "../electron/have-practised.ts";
import { startApp, until, type AppWindow } from "./app-window.ts";
import type { Checked } from "./everywhere.ts";

/** A hospital with its gateway process, and a workstation that is the whole app in its window. */
export interface AppSite extends Checked {
  readonly app: AppWindow;
  readonly profile: string;
  /** A folder for what belongs to the desktop: its store for secrets, its cards. */
  readonly desktop: string;
  /** The desktop's environment. */
  readonly env: NodeJS.ProcessEnv;
  /** The app is closed, if it was open, and started again on the same profile. */
  start(more?: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv }): Promise<AppWindow>;
  /** The whole ceremony, with a second person at the command line. Returns the key's name; nobody is signed in. */
  enrol(name: string, keyStore: "os" | "pkcs11" | "software", pin: string): Promise<string>;
  signIn(kid: string, pin: string): Promise<void>;
  /** An agent asks for an order; resolves when the queue has it. */
  raise(): Promise<string>;
  close(): Promise<void>;
}

export async function openAppSite(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<AppSite> {
  await buildApp("production");
  const display = await startVirtualDisplay();
  const hospital = await open(
    ({ tiers }) => {
      for (const tier of Object.values(tiers)) Object.assign(tier, { min_dwell_ms: 0 });
    },
    { log: "info" },
  );
  const [profile, desktop] = [path.join(hospital.folder, "profile"), path.join(hospital.folder, "desktop")];
  mkdirSync(desktop);
  const witness = await hospital.enrol("witness");
  const raised: string[] = [];
  const logs: string[] = [];
  const { serving } = hospital;
  let app: AppWindow | undefined;

  const running = (): AppWindow => {
    if (app === undefined) throw new Error("the app was not started");
    return app;
  };
  const end = async (): Promise<void> => {
    await app?.close();
    if (app !== undefined) logs.push(app.log());
    app = undefined;
  };

  return {
    ...{ hospital, witness, raised, logs, serving, profile, desktop, env: display.env },
    get app() {
      return running();
    },
    async start(more = {}) {
      await end();
      app = await startApp({
        profile,
        args: more.args ?? args,
        env: { ...display.env, ...env, ...more.env },
      });
      return app;
    },
    async enrol(name, key_store, pin) {
      const { ticket, code } = await hospital.ticket(name, ["--pools", "clinicians"]);
      const begun = await running().ask("enrol_begin", { ticket: JSON.stringify(ticket), code, pin, key_store });
      expect(begun).toEqual({ ok: true, value: null });
      const step = async () => {
        const { enrolment } = await running().phase("setup");
        return enrolment;
      };
      await until(async () => (await step()).kind, "check_words");
      const shown = await step();
      const words = shown.kind === "check_words" ? shown.words.join(" ") : "";
      const confirm = ["directory", "confirm", ticket.ticket_id, "--by", "second.admin", "--words", words];
      await answer(confirm, hospital.env);
      await until(async () => (await step()).kind, "done");
      const done = await step();
      if (done.kind !== "done") throw new Error(done.kind);
      await havePractised(profile, done.person.kid);
      await running().ask("enrol_cancel", undefined);
      await running().phase("locked");
      return done.person.kid;
    },
    async signIn(kid, pin) {
      expect(await running().ask("unlock", { kid, pin })).toEqual({ ok: true, value: null });
      await until(async () => (await running().snapshot()).gateways[0]?.connection.kind, "live");
    },
    async raise() {
      const patient = `patient-${String(raised.length)}`;
      hospital.record.copy("evans-gareth", patient);
      const rid = await askUntilAnswered(hospital.agent, () => hospital.url, orderFor(patient));
      raised.push(rid);
      if ((await running().snapshot()).phase.kind === "unlocked") {
        await until(async () => (await running().snapshot()).rows.some(({ key }) => key.rid === rid), true);
      }
      return rid;
    },
    async stop() {
      await serving.stop();
      logs.push((await serving.ended).err);
    },
    async close() {
      await end();
      await hospital.close();
      display.stop();
    },
  };
}
