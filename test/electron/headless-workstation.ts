import { randomBytes } from "node:crypto";
import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import type { SavedFilter } from "#shared/ipc/reports.ts";
import type { AppEvent, AppSnapshot, CommandInput, CommandName, Reply, Settings } from "#shared/ipc/contract.ts";

import { verifyHere } from "../../demo/verify-here.ts";
import { assembleWorkstation } from "../../electron/assemble-workstation.ts";
import { checkSettings } from "../../electron/shell/check-settings.ts";
import { systemClock, type Clock } from "../../electron/clock.ts";
import { dispatch } from "../../electron/ipc/dispatch.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { NO_HOST } from "../../electron/demo/host.ts";
import { makeHandlers } from "../../electron/ipc/handlers.ts";
import { makeKeyring } from "../../electron/keys/keyring.ts";
import { softwareKeyStore, type KeyStore } from "../../electron/keys/key-store.ts";
import { makePeople } from "../../electron/keys/people.ts";
import { makeUuid7 } from "../../electron/uuid7.ts";
import { Inbox } from "./inbox.ts";

const FAST = { n: 2, r: 8, p: 1 };
const SETTINGS: Settings = {
  language: "system",
  theme: "system",
  text_size: 100,
  density: "comfortable",
  single_keys: true,
  facility_zone: "Europe/London",
  site_ca_file: "",
  managed: [],
};

export interface HeadlessOptions {
  readonly clock?: Clock;
  /** Who enrols here owes a practice. */
  readonly practises?: boolean;
  /** Where keys rest; `software` where absent. */
  readonly stores?: readonly KeyStore[];
  /** PEM text of the site's own certificate authorities. */
  readonly siteCa?: string;
}

/** The main process without Electron: everything behind the door, driven by the page's own commands. */
export function makeHeadless(
  folder: string,
  {
    clock = systemClock(),
    practises = false,
    siteCa = "",
    stores = [softwareKeyStore(randomBytes, FAST)],
  }: HeadlessOptions = {},
) {
  const crypto = makeNodeCrypto();
  const newId = makeUuid7(clock, randomBytes);
  const events = new Inbox<AppEvent>();
  const saved = {
    refuses: false,
    files: [] as { readonly name: string; readonly text: string }[],
    /** Where the person puts the next export; undefined when they change their mind. */
    where: undefined as string | undefined,
  };
  const waiting = new Inbox<{ count: number; arrived: boolean }>();
  const damaged: string[] = [];
  const faults: unknown[] = [];
  const copied: string[] = [];
  let settings = SETTINGS;
  const client = { app: "Countersign", ver: "0.1.0", os: "test" };
  const people = makePeople(path.join(folder, "people"));
  const keyring = makeKeyring({
    crypto,
    clock,
    people,
    stores,
    accepts: "demo",
  });
  /** Holds the writing of a new key. */
  const keepDelay = { current: Promise.resolve() };
  const slowly: typeof keyring.replace = async (...input) => {
    const replacement = await keyring.replace(...input);
    return {
      ...replacement,
      async keep(next) {
        await keepDelay.current;
        return replacement.keep(next);
      },
    };
  };
  const workstation = assembleWorkstation({
    ...{ crypto, clock, newId, client, people, random: randomBytes, accepts: "demo", scenarios: [] },
    keyring: { ...keyring, replace: slowly },
    deviceName: "WOW-17",
    settings: () => settings,
    siteCa: () => Promise.resolve(siteCa),
    startVerifier: verifyHere,
    send: (event) => {
      // As it is after the trip to the page: plain data.
      events.put(structuredClone(event));
    },
    onWaiting: (now) => {
      waiting.put(now);
    },
    ...(practises ? { practiceFolder: path.join(folder, "people") } : {}),
    onDamage: (list) => {
      damaged.push(...list.map((d) => d.file));
    },
    onKeyFault: (error) => {
      faults.push(error);
    },
  });
  let filters: readonly SavedFilter[] = [];
  const handlers = makeHandlers({
    workstation,
    settings: {
      get: () => settings,
      filters: () => filters,
      setFilters(next) {
        filters = next;
      },
      set(changes) {
        settings = { ...settings, ...changes } as Settings;
        return settings;
      },
    },
    // Paths of certificates are the tests' own inventions.
    checkSettings: ({ site_ca_file: _file, ...rest }) => checkSettings(rest),
    runScenario: (id) => NO_HOST.run(id),
    copy: (text) => {
      copied.push(text);
    },
    machine: { mode: "demo", os: "linux 6.1.0", versions: { electron: "33.2.1", chrome: "130", node: "20.18" } },
    askWhere: async () => saved.where,
    saveText: (name, text) => {
      if (saved.refuses) return Promise.reject(new CountersignError("E_CLI_FILE"));
      saved.files.push({ name, text });
      return Promise.resolve(true);
    },
    onFault: (error) => {
      faults.push(error);
    },
  });

  /** As the page asks: through parser and handler. */
  const ask = <C extends CommandName>(command: C, input: CommandInput<C>) =>
    dispatch(handlers, { command, input }, (_command, error) => {
      faults.push(error);
    }) as Promise<Reply<never>>;

  return {
    workstation,
    events,
    waiting,
    saved,
    damaged,
    keepDelay,
    faults,
    copied,
    ask,
    snapshot: (): AppSnapshot => workstation.snapshot(),
    phase: (kind: string) =>
      events.next((e) =>
        e.kind === "snapshot" ? e.snapshot.phase.kind === kind : e.kind === "phase" && e.phase.kind === kind,
      ),
    enrolment: (kind: string) =>
      events.next(
        (e) => e.kind === "snapshot" && e.snapshot.phase.kind === "setup" && e.snapshot.phase.enrolment.kind === kind,
      ),
    row: (kind: string) => events.next((e) => e.kind === "rows" && e.rows.some(({ status }) => status.kind === kind)),
  };
}
export type Headless = ReturnType<typeof makeHeadless>;
