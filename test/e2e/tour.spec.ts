import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";

import { runTour } from "../../demo/tour/tour.ts";

test("the guided tour drives the real app, and every decision it leaves verifies offline", async () => {
  test.setTimeout(300_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-tour-"));
  const output = path.join(folder, "output");
  try {
    expect(await runTour({ state: path.join(folder, "state"), output })).toBe(0);
    expect(readdirSync(path.join(output, "bundles"))).toHaveLength(6);
    expect(JSON.parse(readFileSync(path.join(output, "directory.jwk.json"), "utf8"))).toHaveProperty("kid");
  } catch (error) {
    // What stood on the screen tells more than what was waited for.
    cpSync(path.join(output, "screenshots"), test.info().outputPath("screenshots"), { recursive: true });
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
