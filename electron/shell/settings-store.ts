import ElectronStore from "electron-store";

import type { Settings } from "#shared/ipc/contract.ts";

import type { Bounds } from "./window-bounds.ts";

/** What electron-store keeps: settings and the window's place. Never secrets, never decisions (README decision 3). */
interface Stored {
  readonly settings: Settings;
  readonly window?: Bounds;
}

const DEFAULTS: Settings = {
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
  /** Members that are `undefined` keep their value. */
  set(changes: { readonly [K in keyof Settings]?: Settings[K] | undefined }): Settings;
  window(): Bounds | undefined;
  setWindow(bounds: Bounds): void;
}

/** A file that does not fit the schema is replaced by the defaults: settings are never worth a failed start. */
export function openSettings(folder: string): SettingsStore {
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
  const get = (): Settings => ({ ...DEFAULTS, ...store.get("settings", DEFAULTS) });
  return {
    get,
    set(changes) {
      const known = Object.fromEntries(Object.entries(changes).filter(([, v]) => v !== undefined));
      const settings: Settings = { ...get(), ...known };
      store.set("settings", settings);
      return settings;
    },
    window: () => store.get("window"),
    setWindow: (bounds) => {
      store.set("window", { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height });
    },
  };
}
