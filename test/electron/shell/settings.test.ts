import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { checkSettings } from "../../../electron/shell/check-settings.ts";
import { managedSettingsFile, readManagedSettings } from "../../../electron/shell/managed-settings.ts";
import { openSettings } from "../../../electron/shell/settings-store.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

async function managedFile(text: string): Promise<string> {
  const file = path.join(await makeTemporaryFolder(), "settings.json");
  await writeFile(file, text);
  return file;
}

describe("a person's settings", () => {
  it.each([
    ["what is no JSON", "{"],
    ["what is no list of settings", '{"settings":[],"window":7}'],
    ["a value that there is not", '{"settings":{"theme":"pink","density":"compact"},"window":{"x":1,"y":2,"width":3}}'],
    ["a setting that there is not", '{"settings":{"themes":"dark"},"window":{"x":0.5,"y":2,"width":3,"height":4}}'],
  ])("are the defaults in place of %s, and can be set again", async (_what, text) => {
    const folder = await makeTemporaryFolder();
    await writeFile(path.join(folder, "settings.json"), text);
    const settings = openSettings(folder);
    expect(settings.get()).toMatchObject({ theme: "system", density: "comfortable", text_size: 100 });
    expect(settings.window()).toBeUndefined();
    settings.set({ theme: "dark" });
    settings.setWindow({ x: -8, y: 0, width: 1024, height: 700 });
    expect(openSettings(folder).get()).toMatchObject({ theme: "dark", density: "comfortable" });
    expect(openSettings(folder).window()).toEqual({ x: -8, y: 0, width: 1024, height: 700 });
  });
});

describe("the organisation's settings (S12)", () => {
  it("lie where only an administrator can write", () => {
    expect((["linux", "darwin", "win32"] as const).map(managedSettingsFile)).toEqual([
      "/etc/countersign/settings.json",
      "/Library/Application Support/Countersign/settings.json",
      "C:\\ProgramData\\Countersign\\settings.json",
    ]);
  });

  it("stand above the person's, cannot be changed, and leave the person's as they were", async () => {
    const folder = await makeTemporaryFolder();
    openSettings(folder).set({ theme: "dark", facility_zone: "Europe/Dublin" });
    const managed = await readManagedSettings(await managedFile('{"facility_zone":"Europe/London","text_size":125}'));
    const settings = openSettings(folder, managed);
    expect(settings.get()).toMatchObject({ theme: "dark", facility_zone: "Europe/London", text_size: 125 });
    expect(settings.get().managed).toEqual(["text_size", "facility_zone"]);
    expect(() => settings.set({ density: "compact", facility_zone: "Europe/Dublin" })).toThrow(
      expect.objectContaining({ code: "E_CLI_MANAGED" }),
    );
    expect(settings.set({ density: "compact" })).toMatchObject({ density: "compact", facility_zone: "Europe/London" });
    expect(openSettings(folder).get()).toMatchObject({ facility_zone: "Europe/Dublin", text_size: 100, managed: [] });
  });

  it("are none where there is no file", async () => {
    expect(await readManagedSettings(path.join(await makeTemporaryFolder(), "none", "settings.json"))).toEqual({});
  });

  it.each([
    ["{", "it is not JSON"],
    ["[]", "it is not a list of settings"],
    ['{"theme":"pink"}', "there is no such setting or value: theme"],
    ['{"themes":"dark"}', "there is no such setting or value: themes"],
    ['{"managed":[]}', "there is no such setting or value: managed"],
    ['{"theme":"dark","theme":"light"}', "it is not JSON"],
  ])("stop the start when they cannot be used: %s", async (text, why) => {
    const file = await managedFile(text);
    await expect(readManagedSettings(file)).rejects.toMatchObject({
      code: "E_CLI_INPUT",
      message: `${file}, in which your organisation sets up Countersign for this computer, cannot be used: ${why}. Ask IT.`,
    });
  });

  it("stop the start when the file is not one", async () => {
    const folder = path.join(await makeTemporaryFolder(), "settings.json");
    await mkdir(folder);
    await expect(readManagedSettings(folder)).rejects.toMatchObject({ code: "E_CLI_INPUT" });
  });
});

it("a time zone that there is not, and a file without certificates, are refused by name", async () => {
  await expect(checkSettings({ facility_zone: "Europe/Atlantis" })).rejects.toMatchObject({ code: "E_CLI_INPUT" });
  await expect(checkSettings({ site_ca_file: await managedFile("{}") })).rejects.toMatchObject({ code: "E_CLI_INPUT" });
  await checkSettings({ facility_zone: "Europe/London", site_ca_file: "", theme: "dark" });
});
