import path from "node:path";
import { describe, expect, test } from "vitest";
import { packagesToInstall, withoutProjectOnPath, withPinnedNode } from "../../scripts/setup/packages.mjs";

const wanted = {
  packages: {
    "": { version: "0.1.0" },
    "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/b": { version: "2.0.0", integrity: "sha512-b" },
    "node_modules/for-another-platform": { version: "1.0.0", integrity: "sha512-p", optional: true },
  },
};
const { "": _root, ...all } = wanted.packages;

describe("packages to install", () => {
  test("none when npm's record agrees with the lockfile", () => {
    expect(packagesToInstall(wanted, { packages: all })).toEqual([]);
  });
  test("all of this platform when npm left no record (never installed, or interrupted)", () => {
    expect(packagesToInstall(wanted, undefined)).toEqual(["node_modules/a", "node_modules/b"]);
  });
  test("an optional package of another platform may be missing", () => {
    const { "node_modules/for-another-platform": _other, ...mine } = all;
    expect(packagesToInstall(wanted, { packages: mine })).toEqual([]);
  });
  test("another version counts", () => {
    const installed = { packages: { ...all, "node_modules/b": { version: "1.9.0", integrity: "sha512-b" } } };
    expect(packagesToInstall(wanted, installed)).toEqual(["node_modules/b"]);
  });
  test("the same version with other bytes counts", () => {
    const installed = { packages: { ...all, "node_modules/a": { version: "1.0.0", integrity: "sha512-x" } } };
    expect(packagesToInstall(wanted, installed)).toEqual(["node_modules/a"]);
  });
});

describe("the environment of an install", () => {
  const bin = path.resolve("node_modules/.bin");
  const env = { PATH: [bin, "/usr/bin"].join(path.delimiter), npm_config_registry: "https://mirror.example/" };
  test("uses the machine's own npm, not the folder that is being replaced", () => {
    expect(withoutProjectOnPath(env)["PATH"]).toBe("/usr/bin");
  });
  test("keeps what the person set for npm: a mirror, a certificate", () => {
    expect(withoutProjectOnPath(env)["npm_config_registry"]).toBe("https://mirror.example/");
  });
  test("children of a command run on the pinned Node first", () => {
    const [first] = (withPinnedNode({ PATH: "/usr/bin" })["PATH"] ?? "").split(path.delimiter);
    expect(first).toBe(path.resolve("node_modules/node/bin"));
  });
});
