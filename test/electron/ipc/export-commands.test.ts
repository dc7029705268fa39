import { expect, it } from "vitest";

import type { Exporting } from "../../../electron/exports/exporting.ts";
import { makeExportCommands } from "../../../electron/ipc/export-commands.ts";
import type { Workstation } from "../../../electron/ipc/workstation-port.ts";

const wish = {
  iss: "https://gw.example",
  format: "csv",
  filter: {},
  identifiers: true,
  bom: false,
  purpose: { code: "HLEGAL" },
} as const;

function desk() {
  const ran: string[] = [];
  const exports: Exporting = {
    run({ file }) {
      ran.push(file);
      return Promise.resolve();
    },
    isRunning: false,
    cancel: () => undefined,
  };
  return { exports, ran };
}

it("an export that one person asked for is not run as the next, who sat down while the question for its place was open", async () => {
  const [first, next] = [desk(), desk()];
  let seated = first;
  const workstation = {
    desks: () => ({ at: () => seated }),
    snapshot: () => ({ now: 1_790_000_000 }),
  } as unknown as Workstation;
  const commands = makeExportCommands({
    workstation,
    askWhere() {
      seated = next;
      return Promise.resolve("/somewhere/of-the-first.csv");
    },
    onFault: () => undefined,
  });
  await expect(commands.begin_export(wish)).rejects.toMatchObject({ code: "E_CLI_LOCKED" });
  expect([first.ran, next.ran]).toEqual([[], []]);
});
