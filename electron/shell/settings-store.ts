import ElectronStore from "electron-store";

import type { OwnSettings, Settings } from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { ManagedSettings } from "./managed-settings.ts";
import type { Bounds } from "./window-bounds.ts";

/** What electron-store keeps: settings and the window's place. Never secrets, never decisions (README decision 3). */
interface Stored {
  readonly settings: OwnSettings;
  readonly window?: Bounds;
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

const coordinate = { type: "integer" } as const;

export interface SettingsStore {
  get(): Settings;
  /**
   * Members that are `undefined` keep their value.
   * @throws CountersignError `E_CLI_MANAGED` for what the organisation has set
   */
  set(changes: { readonly [K in keyof OwnSettings]?: OwnSettings[K] | undefined }): Settings;
  window(): Bounds | undefined;
  setWindow(bounds: Bounds): void;
}

const given = (some: object): Partial<OwnSettings> =>
  Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined));

/**
 * A person's file that does not fit the schema is replaced by the defaults: their settings are never worth a failed start.
 * What is `managed` stands above it, and the file keeps what the person had.
 */
export function openSettings(folder: string, managed: ManagedSettings = {}): SettingsStore {
  const store = new ElectronStore<Stored>({
    name: "settings",
    cwd: folder,
    clearInvalidConfig: true,
    schema: {
      settings: {
        type: "object",
        properties: {
          language: { enum: ["system", "en-GB"] },
          theme: { enum: ["system", "light", "dark", "high-contrast"] },
          text_size: { enum: [100, 125, 150, 175, 200] },
          density: { enum: ["comfortable", "compact"] },
          single_keys: { type: "boolean" },
          facility_zone: { type: "string", maxLength: 64 },
          site_ca_file: { type: "string", maxLength: 1024 },
        },
        additionalProperties: false,
      },
      window: {
        type: "object",
        properties: { x: coordinate, y: coordinate, width: coordinate, height: coordinate },
        required: ["x", "y", "width", "height"],
        additionalProperties: false,
      },
    },
  });
  const fixed = given(managed);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the keys of an object of that type
  const names = Object.keys(fixed) as (keyof OwnSettings)[];
  const own = (): OwnSettings => ({ ...DEFAULTS, ...store.get("settings", DEFAULTS) });
  const get = (): Settings => ({ ...own(), ...fixed, managed: names });
  return {
    get,
    set(changes) {
      const known = given(changes);
      if (names.some((name) => name in known)) throw new CountersignError("E_CLI_MANAGED");
      store.set("settings", { ...own(), ...known });
      return get();
    },
    window: () => store.get("window"),
    setWindow: (bounds) => {
      store.set("window", { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height });
    },
  };
}
