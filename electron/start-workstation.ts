import { app, clipboard, powerMonitor, type BrowserWindow } from "electron";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";

import { assembleWorkstation } from "./assemble-workstation.ts";
import { systemClock } from "./clock.ts";
import { readSiteCa } from "./connection/site-ca.ts";
import { openDemonstration } from "./demo/demonstration.ts";
import { teachAt } from "./demo/lessons.ts";
import { dispatch } from "./ipc/dispatch.ts";
import { sendEvent, type Answer } from "./ipc/door.ts";
import { makeHandlers } from "./ipc/handlers.ts";
import { makeKeyring } from "./keys/keyring.ts";
import { osKeyStore, softwareKeyStore } from "./keys/key-store.ts";
import { makePeople, vaultOf } from "./keys/people.ts";
import { tokenKeyStore } from "./keys/pkcs11/token-store.ts";
import { findCardModule, type Launch } from "./launch.ts";
import trayIcon from "./shell/icons/tray.png?asset";
import { askWhere } from "./shell/ask-where.ts";
import { tellDamage, watchEnd, watchLinks, watchWindow } from "./shell/lifecycle.ts";
import { watchForLock } from "./shell/lock-watch.ts";
import { makeNotices } from "./shell/notices.ts";
import { makeDesktop } from "./shell/notify.ts";
import { osSecrets } from "./shell/os-secrets.ts";
import { checkSettings } from "./shell/check-settings.ts";
import { managedSettingsFile, readManagedSettings } from "./shell/managed-settings.ts";
import { openSettings } from "./shell/settings-store.ts";
import { followTextSize } from "./shell/text-size.ts";
import { productName } from "./shell/product-name.ts";
import { tokenProcess } from "./shell/token-process.ts";
import { verifyProcess } from "./shell/verify-process.ts";
import { saveText } from "./shell/save-text.ts";
import { makeTray } from "./shell/tray.ts";
import type { Bounds } from "./shell/window-bounds.ts";
import { makeUuid7 } from "./uuid7.ts";

/** Hot seats (approval-experience.md 6). */
const LOCK_AFTER_S = 120;
/** A demonstration is often watched, not touched; its people and records are not real. */
const DEMO_LOCK_AFTER_S = 3600;

/** What stands before the workstation exists: the window, hidden until it is placed, and the door behind which it asks. */
export interface Front {
  readonly launch: Launch;
  readonly window: BrowserWindow;
  /** Where the window was, and who remembers where it goes; until then it is not shown. */
  readonly placeWindow: (remembered: Bounds | undefined, remember: (bounds: Bounds) => void) => void;
  /** Who answers at the door from now on. */
  readonly answer: (by: Answer) => void;
  readonly closeDoor: () => void;
  readonly say: (what: string, error?: unknown) => void;
}

/** Composition of everything behind the window; wiring only. @throws CountersignError what stops the start */
export async function startWorkstation(front: Front): Promise<void> {
  const { launch, window, say } = front;
  const name = productName(launch.mode);
  const clock = systemClock();
  const here = import.meta.dirname;
  const folder = app.getPath("userData");
  // Kept apart from the window, which may not be asked anything once it is closed.
  const page = window.webContents;
  const demo = await openDemonstration(launch.demoFile);
  const managed = await readManagedSettings(launch.managedFile ?? managedSettingsFile(process.platform));
  await checkSettings(managed);
  const kept = openSettings(app.getPath("userData"), managed);
  const applyTextSize = followTextSize(page, () => kept.get().text_size);
  const settings: typeof kept = {
    ...kept,
    set(changes) {
      const now = kept.set(changes);
      applyTextSize();
      return now;
    },
  };
  const crypto = makeNodeCrypto();
  const random = (size: number) => randomBytes(size);
  const client = { app: "Countersign", ver: app.getVersion(), os: `${process.platform} ${os.release()}`.slice(0, 64) };
  const people = makePeople(path.join(folder, "people"));
  const stores = [
    osKeyStore(osSecrets(), random),
    tokenKeyStore(tokenProcess(path.join(here, "token-process.js")), findCardModule(launch), random, clock),
    ...(launch.softwareKeys ? [softwareKeyStore(random)] : []),
  ];
  const keyring = makeKeyring({ crypto, clock, people, stores, accepts: launch.accepts });
  const newId = makeUuid7(clock, random);
  const workstation = assembleWorkstation({
    ...{ crypto, clock, random, newId, client, people, keyring },
    accepts: launch.accepts,
    deviceName: os.hostname(),
    settings: () => settings.get(),
    siteCa: () => readSiteCa(settings.get().site_ca_file),
    startVerifier: verifyProcess(path.join(here, "verify-process.js")),
    scenarios: demo.host.scenarios,
    send(event) {
      sendEvent(page, event);
    },
    onWaiting: (waiting) => {
      desktop.tell(waiting);
    },
    // The demonstration is a practice as a whole.
    ...(launch.mode === "demo" ? {} : { practiceFolder: path.join(folder, "people") }),
    onDamage(damage, known) {
      for (const { file } of damage) say(`set aside ${file}`);
      tellDamage(window, path.join(people.vaultFolder(vaultOf(known.enrolment)), "quarantine"));
    },
    onKeyFault: (error) => {
      say("the key could not be replaced", error);
    },
    beside: (events, open) => teachAt(demo.host, events, open),
  });

  const loaded = await workstation.start();
  for (const file of loaded.damaged) say(`set aside ${file}`);
  for (const file of loaded.unreadable) say(`cannot read ${file}`);
  const handlers = makeHandlers({
    workstation,
    settings,
    checkSettings,
    runScenario: (id) => demo.host.run(id),
    copy: (text) => {
      void clipboard.writeText(text);
    },
    machine: { mode: launch.mode, os: client.os, versions: versionsOf(process.versions) },
    saveText: (name, text) => saveText(window, name, text),
    askWhere: (name) => askWhere(window, name),
    onFault: (error) => {
      say("enrolment failed", error);
    },
  });
  front.answer((raw) =>
    dispatch(handlers, raw, (command, error) => {
      say(`fault in ${command}`, error);
    }),
  );

  const raise = () => {
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  };
  const lock = () => {
    workstation.lock();
  };
  const notices = makeNotices(name, {
    open: raise,
    remindLater: () => {
      desktop.remindLater();
    },
  });
  const tray = makeTray(await readFile(trayIcon), name, {
    openQueue: raise,
    lock,
    setPaused: (isPaused) => {
      desktop.setPaused(isPaused);
    },
    quit: () => {
      app.quit();
    },
  });
  const desktop = makeDesktop({
    clock,
    notices,
    tray,
    setBadge: (count) => app.setBadgeCount(count),
    isFocused: () => !window.isDestroyed() && window.isFocused(),
    zone: () => settings.get().facility_zone,
    nowS: () => Math.floor(clock.nowMs() / 1000),
  });

  watchWindow(window, workstation);
  const lockAfterS = launch.mode === "demo" ? DEMO_LOCK_AFTER_S : LOCK_AFTER_S;
  const times = { hideAfterS: lockAfterS / 2, lockAfterS };
  const watch = watchForLock(powerMonitor, clock, times, { lock, onIdle: (state) => workstation.idle(state) });
  // SECURITY: approval-experience.md 6: a key pressed to see an idle screen again was not meant for what lies behind.
  page.on("before-input-event", (event) => {
    if (watch.touch()) event.preventDefault();
  });
  page.on("input-event", () => {
    watch.touch();
  });
  powerMonitor.on("resume", () => {
    workstation.probe();
  });
  watchLinks(workstation, raise);
  watchEnd(workstation, () => {
    front.closeDoor();
    tray.remove();
  });
  // Last: what is shown is listened to, and can be closed.
  front.placeWindow(settings.window(), (bounds) => {
    settings.setWindow(bounds);
  });
  await demo.enrol(workstation).catch((error: unknown) => {
    say("the demonstration could not enrol", error);
  });
}

const versionsOf = ({ electron, chrome, node }: NodeJS.ProcessVersions) => ({ electron, chrome, node });
