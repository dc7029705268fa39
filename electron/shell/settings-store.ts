import ElectronStore from "electron-store";

import { commands, type OwnSettings, type Settings } from "#shared/ipc/contract.ts";
import { savedFilters, type SavedFilter } from "#shared/ipc/reports.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { ManagedSettings } from "./managed-settings.ts";
import { boundsIn, type Bounds } from "./window-bounds.ts";

/** What electron-store keeps: settings and the window's place. Never secrets, never decisions (README decision 3). */
interface Stored {
  readonly settings: OwnSettings;
  readonly window?: Bounds;
  readonly filters?: readonly SavedFilter[];
}

const DEFAULTS: OwnSettings = {
  language: "system",
  theme: "system",
  text_size: 100,
  density: "comfortable",
  single_keys: true,
  facility_zone: "Europe/London",
  site_ca_file: "",
};

export interface SettingsStore {
  get(): Settings;
  /**
   * Members that are `undefined` keep their value.
   * @throws CountersignError `E_CLI_MANAGED` for what the organisation has set
   */
  set(changes: { readonly [K in keyof OwnSettings]?: OwnSettings[K] | undefined }): Settings;
  window(): Bounds | undefined;
  setWindow(bounds: Bounds): void;
  /** Filters of the history by name; nothing in them names a patient. */
  filters(): readonly SavedFilter[];
  setFilters(filters: readonly SavedFilter[]): void;
}

const given = (some: object): Partial<OwnSettings> =>
  Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined));

/**
 * Settings of a person that are not all of their kind are the defaults: they are never worth a failed start.
 * What is `managed` stands above it, and the file keeps what the person had.
 */
export function openSettings(folder: string, managed: ManagedSettings = {}): SettingsStore {
  // No `schema`: electron-store would compile its own schema language at every start, which takes longer than the window.
  const store = new ElectronStore<Stored>({ name: "settings", cwd: folder, clearInvalidConfig: true });
  const fixed = given(managed);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the keys of an object of that type
  const names = Object.keys(fixed) as (keyof OwnSettings)[];
  const own = (): OwnSettings => ({
    ...DEFAULTS,
    ...given(commands.set_settings.safeParse(store.get("settings")).data ?? {}),
  });
  const get = (): Settings => ({ ...own(), ...fixed, managed: names });
  return {
    get,
    set(changes) {
      const known = given(changes);
      if (names.some((name) => name in known)) throw new CountersignError("E_CLI_MANAGED");
      store.set("settings", { ...own(), ...known });
      return get();
    },
    window: () => boundsIn(store.get("window")),
    setWindow: (bounds) => {
      store.set("window", { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height });
    },
    filters: () => savedFilters.safeParse(store.get("filters")).data ?? [],
    setFilters: (filters) => {
      store.set("filters", filters);
    },
  };
}
