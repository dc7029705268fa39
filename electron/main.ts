import { app, clipboard, dialog, Menu, powerMonitor, protocol, session } from "electron";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { APP_SCHEME } from "#shared/ipc/channels.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { systemClock } from "./clock.ts";
import { readSiteCa } from "./connection/site-ca.ts";
import { httpGet } from "./connection/template-registry.ts";
import { wsSockets } from "./connection/ws-socket.ts";
import { openDemonstration } from "./demo/demonstration.ts";
import { teachAt } from "./demo/lessons.ts";
import { openDoor, sendEvent } from "./ipc/door.ts";
import { makeEnrolling } from "./ipc/enrolling.ts";
import { makeHandlers } from "./ipc/handlers.ts";
import { makeReplacing } from "./ipc/replacing.ts";
import { makeWorkstation } from "./ipc/workstation.ts";
import type { Workstation } from "./ipc/workstation-port.ts";
import { openVault } from "./journal/vault.ts";
import { makeKeyring } from "./keys/keyring.ts";
import { osKeyStore, softwareKeyStore } from "./keys/key-store.ts";
import { makePeople, vaultOf } from "./keys/people.ts";
import { tokenKeyStore } from "./keys/pkcs11/token-store.ts";
import { findCardModule, readLaunch } from "./launch.ts";
import { makePractising, NO_PRACTICE } from "./practice/practising.ts";
import { openDesk } from "./requests/open-desk.ts";
import { loadAppFiles } from "./shell/app-files.ts";
import { appProtocol, appScheme } from "./shell/app-protocol.ts";
import { closeSideDoors, denyPermissions, guardEveryPage } from "./shell/harden.ts";
import trayIcon from "./shell/icons/tray.png?asset";
import { tellDamage, watchEnd, watchLinks, watchWindow } from "./shell/lifecycle.ts";
import { watchForLock } from "./shell/lock-watch.ts";
import { makeNotices } from "./shell/notices.ts";
import { makeDesktop } from "./shell/notify.ts";
import { osSecrets } from "./shell/os-secrets.ts";
import { checkSettings } from "./shell/check-settings.ts";
import { managedSettingsFile, readManagedSettings } from "./shell/managed-settings.ts";
import { openSettings } from "./shell/settings-store.ts";
import { tokenProcess } from "./shell/token-process.ts";
import { productName } from "./shell/product-name.ts";
import { saveText } from "./shell/save-text.ts";
import { makeTray } from "./shell/tray.ts";
import { makeWindow } from "./shell/window.ts";
import { makeUuid7 } from "./uuid7.ts";

/** Composition root: wiring only. What has to happen before the app is ready happens at once, the rest in `start`. */

/** Hot seats (approval-experience.md 6). */
const LOCK_AFTER_S = 120;
/** A demonstration is often watched, not touched; its people and records are not real. */
const DEMO_LOCK_AFTER_S = 3600;

const launch = readLaunch({ argv: process.argv, version: app.getVersion(), isPackaged: app.isPackaged });
const name = productName(launch.mode);
const clock = systemClock();
const here = import.meta.dirname;
/** Read while Chromium starts; a failure is met where the files are needed. */
const appFiles = loadAppFiles(path.join(here, "../renderer"));
appFiles.catch(() => undefined);

// SECURITY: Electron checklist 4: every page of this app is sandboxed, whatever its own preferences say. Chromium's sandbox
// does not work for root at all, so tests that run as root say --no-sandbox; for anybody else that switch changes nothing here.
if (!(process.getuid?.() === 0 && app.commandLine.hasSwitch("no-sandbox"))) app.enableSandbox();
// SECURITY: the demonstration keeps to a profile of its own (approval-experience.md S13).
if (launch.mode === "demo" && !app.commandLine.hasSwitch("user-data-dir")) {
  app.setPath("userData", `${app.getPath("userData")}-demo`);
}
protocol.registerSchemesAsPrivileged([appScheme]);
guardEveryPage(app);
// The default menu offers reloading and developer tools; macOS needs one for copying and quitting.
if (process.platform !== "darwin") Menu.setApplicationMenu(null);

// SECURITY: one instance for each profile: two would sign from the same chain (T-30).
if (app.requestSingleInstanceLock()) {
  // Not awaited at top level: an ES module that waits for `ready` while it loads never becomes ready.
  void app.whenReady().then(start).catch(stopWith);
} else {
  app.quit();
}

/** Codes and names only: nothing of a request is ever written to a log (protocol.md 3.19). */
function say(what: string, error?: unknown): void {
  const detail = error instanceof CountersignError ? error.code : error instanceof Error ? error.name : "";
  process.stderr.write(`countersign: ${what}${detail === "" ? "" : ` ${detail}`}\n`);
}

function stopWith(error: unknown): void {
  say("could not start", error);
  dialog.showErrorBox(`${name} could not start`, error instanceof CountersignError ? error.message : String(error));
  app.exit(1);
}

async function start(): Promise<void> {
  const folder = app.getPath("userData");
  denyPermissions(session.defaultSession);
  closeSideDoors(session.defaultSession);
  const files = await appFiles;
  protocol.handle(
    APP_SCHEME,
    appProtocol(files, () => encodeBase64url(randomBytes(18))),
  );

  const demo = await openDemonstration(launch.demoFile);
  const managed = await readManagedSettings(launch.managedFile ?? managedSettingsFile(process.platform));
  await checkSettings(managed);
  const settings = openSettings(folder, managed);
  const crypto = makeNodeCrypto();
  const random = (size: number) => randomBytes(size);
  const client = { app: "Countersign", ver: app.getVersion(), os: `${process.platform} ${os.release()}`.slice(0, 64) };
  const people = makePeople(path.join(folder, "people"));
  const stores = [
    osKeyStore(osSecrets(), random),
    tokenKeyStore(tokenProcess(path.join(here, "token-process.js")), findCardModule(launch), random),
    ...(launch.softwareKeys ? [softwareKeyStore(random)] : []),
  ];
  const keyring = makeKeyring({ crypto, clock, people, stores, accepts: launch.accepts });
  const newId = makeUuid7(clock, random);
  const siteCa = () => readSiteCa(settings.get().site_ca_file);

  const own = { crypto, clock, random, newId, client };
  const wire = async () => ({
    ...own,
    sockets: wsSockets(await siteCa()),
    accepts: launch.accepts,
    deviceName: os.hostname(),
  });

  const workstation: Workstation = makeWorkstation({
    clock,
    keyring,
    version: app.getVersion(),
    settings: () => settings.get(),
    scenarios: demo.host.scenarios,
    send(event) {
      sendEvent(page, event);
    },
    onWaiting: (waiting) => {
      desktop.tell(waiting);
    },
    enrolling: (onStatus) =>
      makeEnrolling(
        keyring,
        {
          wire,
          async makeVault(kid, secret) {
            const now = Math.floor(clock.nowMs() / 1000);
            const { vault } = await openVault({
              folder: people.vaultFolder(kid),
              secret,
              random,
              now,
              existing: false,
            });
            await vault.close();
          },
        },
        onStatus,
      ),
    // The demonstration is a practice as a whole.
    practising:
      launch.mode === "demo"
        ? NO_PRACTICE
        : makePractising({ ...own, keyring, zone: () => settings.get().facility_zone }, path.join(folder, "people")),
    replacing: (events) =>
      makeReplacing(keyring, wire, {
        ...events,
        onFault: (error) => {
          say("the key could not be replaced", error);
        },
      }),
    makeDesk: (known, secret, deskEvents) =>
      teachAt(demo.host, deskEvents, (events) =>
        openDesk(
          {
            ...own,
            keyring,
            settings: () => settings.get(),
            async network() {
              const ca = await siteCa();
              return { sockets: wsSockets(ca), get: httpGet(ca) };
            },
            vaultFolder: (kid) => people.vaultFolder(kid),
            onDamage(damage) {
              for (const { file } of damage) say(`set aside ${file}`);
              tellDamage(window, path.join(people.vaultFolder(vaultOf(known.enrolment)), "quarantine"));
            },
          },
          known,
          secret,
          events,
        ),
      ),
  });

  const loaded = await workstation.start();
  for (const file of loaded.damaged) say(`set aside ${file}`);
  const closeDoor = openDoor(
    makeHandlers({
      workstation,
      settings,
      checkSettings,
      runScenario: (id) => demo.host.run(id),
      copy: (text) => {
        void clipboard.writeText(text);
      },
      machine: { mode: launch.mode, os: client.os, versions: versionsOf(process.versions) },
      saveText: (name, text) => saveText(window, name, text),
      onFault: (error) => {
        say("enrolment failed", error);
      },
    }),
    {
      refusedSender: () => {
        say("refused a message from a stranger");
      },
      fault: (command, error) => {
        say(`fault in ${command}`, error);
      },
    },
  );

  const window = makeWindow({
    mode: launch.mode,
    preload: path.join(here, "../preload/preload.cjs"),
    remembered: settings.window(),
    remember: (bounds) => {
      settings.setWindow(bounds);
    },
    // SECURITY: no developer tools where people work (reliability.md 1.5).
    devTools: !app.isPackaged,
  });
  // Kept apart from the window, which may not be asked anything once it is closed.
  const page = window.webContents;
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
    closeDoor();
    tray.remove();
  });
  await demo.enrol(workstation).catch((error: unknown) => {
    say("the demonstration could not enrol", error);
  });
}

const versionsOf = ({ electron, chrome, node }: NodeJS.ProcessVersions) => ({ electron, chrome, node });
