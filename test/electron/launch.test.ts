import { writeFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { canBeHandedOver, findCardModule, readDemoFile, readLaunch } from "../../electron/launch.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

const demo = ["electron", ".", "--countersign-demo=/tmp/app.json"];

describe("what is fixed at launch", () => {
  it("never offers the demonstration, software keys or demo gateways in a build for people", () => {
    expect(readLaunch({ argv: demo, version: "1.0.0", isPackaged: true })).toEqual({
      mode: "live",
      accepts: "production",
      softwareKeys: false,
    });
  });

  it.each([
    ["0.1.0", false],
    ["0.1.0-dev", true],
  ])("never works with a production gateway in version %s, packaged: %s", (version, isPackaged) => {
    expect(readLaunch({ argv: [], version, isPackaged })).toMatchObject({
      mode: "live",
      accepts: "demo",
      softwareKeys: false,
    });
    expect(readLaunch({ argv: demo, version, isPackaged })).toMatchObject({
      mode: "demo",
      accepts: "demo",
      softwareKeys: true,
      demoFile: "/tmp/app.json",
    });
    expect(readLaunch({ argv: ["--countersign-demo=on"], version, isPackaged }).demoFile).toBeUndefined();
  });

  it("takes the organisation's settings from another place in development alone", () => {
    const read = (isPackaged: boolean) =>
      readLaunch({ argv: ["electron", "--countersign-managed=/tmp/a.json"], version: "1.0.0", isPackaged }).managedFile;
    expect([read(true), read(false)]).toEqual([undefined, "/tmp/a.json"]);
  });

  it("names the module for cards, by its whole path only", () => {
    const read = (arg: string) => readLaunch({ argv: ["electron", arg], version: "1.0.0", isPackaged: true });
    expect(read("--countersign-pkcs11=/opt/card/module.so").cardModule).toBe("/opt/card/module.so");
    for (const bad of ["module.so", "../module.so", ""]) {
      expect(read(`--countersign-pkcs11=${bad}`).cardModule).toBeUndefined();
    }
    expect(findCardModule(read("--countersign-pkcs11=/opt/card/module.so"))).toBe("/opt/card/module.so");
  });

  it("reads the demonstration's file strictly", async () => {
    const file = path.join(await makeTemporaryFolder(), "app.json");
    await writeFile(file, JSON.stringify({ ticket: { ticket_id: "t" }, code: "c", pin: "730415" }));
    expect(await readDemoFile(file)).toEqual({ ticket: '{"ticket_id":"t"}', code: "c", pin: "730415" });
    const hosted = { ticket: "t", code: "c", pin: "730415", host: "http://127.0.0.1:1/" };
    await writeFile(file, JSON.stringify(hosted));
    expect(await readDemoFile(file)).toEqual(hosted);
    const noText = JSON.stringify({ ...hosted, host: 1 });
    for (const bad of ["", "[]", '{"code":"c"}', '{"ticket":"t","code":1,"pin":"p"}', noText]) {
      await writeFile(file, bad);
      await expect(readDemoFile(file)).rejects.toMatchObject({ code: "E_CLI_INPUT" });
    }
    await expect(readDemoFile(`${file}.gone`)).rejects.toMatchObject({ code: "E_CLI_INPUT" });
  });
});

it("a command line is handed over to the app at work only where Chromium takes it, well below 32 KiB in all", () => {
  const link = (length: number) => ["countersign", `countersign://r/${"9".repeat(length)}`];
  expect(canBeHandedOver(link(40), "/home/okafor")).toBe(true);
  expect(canBeHandedOver(link(17_000), "/")).toBe(false);
  // Bytes count, and every part.
  expect(canBeHandedOver(["countersign", "ä".repeat(9_000)], "/")).toBe(false);
  expect(
    canBeHandedOver(
      Array.from({ length: 9_000 }, () => "-"),
      "/",
    ),
  ).toBe(false);
  expect(canBeHandedOver(["countersign"], "x".repeat(17_000))).toBe(false);
});
