import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";

import { appArguments, electronBinary } from "../../demo/tour/app.ts";
import { takeSeat } from "./support/seat.ts";

/** What IT has written for this computer, read by the real app at its start. */
let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "countersign-managed-"));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

function managed(text: string): string {
  const file = path.join(folder, "settings.json");
  writeFileSync(file, text);
  return `--countersign-managed=${file}`;
}

test("the organisation's settings are in force, shown as theirs, and refused when the page asks to change them", async () => {
  const seat = await takeSeat({ args: [managed('{"theme":"dark","text_size":125}')] });
  try {
    const { page } = seat;
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeFocused();
    // The text size is the zoom of the page, so that layouts for less room come where there is less.
    const zoom = () =>
      seat.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getZoomFactor());
    await expect.poll(zoom).toBeCloseTo(1.25);
    const theme = page.getByRole("radiogroup", { name: "Theme" });
    await expect(theme.getByRole("radio", { name: "Dark" })).toBeChecked();
    for (const radio of await theme.getByRole("radio").all()) await expect(radio).toBeDisabled();
    await expect(page.getByText("Set by your organisation.")).toHaveCount(2);
    await expect(
      page.getByRole("radiogroup", { name: "Density of the queue" }).getByRole("radio").first(),
    ).toBeEnabled();
    const reply = await page.evaluate(() => window.countersign?.set_settings({ theme: "light", density: "compact" }));
    expect(reply).toMatchObject({ ok: false, error: { code: "E_CLI_MANAGED" } });
    expect((await seat.snapshot()).settings).toMatchObject({ theme: "dark", text_size: 125, density: "comfortable" });
  } finally {
    await seat.close();
  }
});

test("a file that cannot be used: nothing opens, and one line says so", async () => {
  const profile = path.join(folder, "profile");
  const args = appArguments({
    profile,
    args: ["--countersign-demo=on", managed('{"facility_zone":"Europe/Atlantis"}')],
  });
  const app = spawn(electronBinary(), args, { stdio: ["ignore", "ignore", "pipe"] });
  try {
    const said = await new Promise<string>((resolve) => {
      let text = "";
      app.stderr.setEncoding("utf8").on("data", (more: string) => {
        text += more;
        const line = /^countersign: .*$/m.exec(text)?.[0];
        if (line !== undefined) resolve(line);
      });
      app.once("exit", () => resolve(text));
    });
    expect(said).toBe("countersign: could not start E_CLI_INPUT");
  } finally {
    app.kill("SIGKILL");
    await once(app, "close");
  }
});
