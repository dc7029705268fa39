import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { run, serve } from "../blackbox/command.ts";
import { open, type Hospital } from "../blackbox/hospital.ts";
import { smallDisk } from "../blackbox/small-disk.ts";

/** D5 of the fault matrix (reliability.md 7): the data folder is not as the gateway left it. Refused, with the cause. */

let hospital: Hospital;

beforeEach(async () => {
  hospital = await open();
});
afterEach(async () => await hospital.close());

const at = (name: string): string => path.join(hospital.folder, name);
const checkpoint = (): string => readFileSync(at("gateway/checkpoint"), "utf8");
const refused = async (): Promise<string> => {
  const { status, out, err } = await run(["gateway", "serve"], hospital.env);
  expect([status, out]).toEqual([1, ""]);
  return err;
};

describe("D5 the gateway finds its data folder", () => {
  it("without the write-ahead file that a kill left: what was signed for is missing, and it starts only once it is back", async () => {
    await hospital.serving.stop();
    const before = checkpoint();
    const serving = await serve(hospital.env);
    const rid = await hospital.raise("order");
    await expect.poll(checkpoint).not.toBe(before);
    process.kill(Number(serving.line["pid"]), "SIGKILL");
    await serving.ended;

    renameSync(at("gateway/gateway.sqlite-wal"), at("kept-wal"));
    expect(await refused()).toMatch(/E_STORE_CORRUPT: ROLLBACK DETECTED: /);
    // Looking has changed nothing: the file is put back, and everything is there.
    renameSync(at("kept-wal"), at("gateway/gateway.sqlite-wal"));
    const again = await serve(hospital.env);
    expect(await hospital.state(rid)).toBe("open");
    await again.stop();
  });

  it("on a disk that is read-only", async (context) => {
    await hospital.serving.stop();
    renameSync(at("gateway"), at("moved"));
    const disk = smallDisk(at("gateway"), 24 * 1024 * 1024);
    context.skip(disk === undefined, "a disk cannot be mounted here");
    try {
      cpSync(at("moved"), at("gateway"), { recursive: true });
      spawnSync("mount", ["-o", "remount,ro", at("gateway")]);
      expect(await refused()).toMatch(
        /E_STORE_READONLY: The data folder .*gateway cannot be written to\. Nothing was started/,
      );
      spawnSync("mount", ["-o", "remount,rw", at("gateway")]);
      const serving = await serve(hospital.env);
      await serving.stop();
    } finally {
      disk?.unmount();
    }
  });
});
