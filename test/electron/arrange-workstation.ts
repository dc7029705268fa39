import path from "node:path";

import { onTestFinished } from "vitest";

import { systemClock, type Clock } from "../../electron/clock.ts";
import { makeHeadless, type Headless } from "./headless-workstation.ts";
import { startGateway } from "./start-gateway.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

/**
 * The main process without Electron, stopped after the test.
 * @param practises who enrols here owes a practice
 */
export function arrangeWorkstation(folder: string, clock: Clock = systemClock(), practises = false) {
  const app = makeHeadless(folder, { clock, practises });
  onTestFinished(() => app.workstation.stop());
  return app;
}
/** A gateway that a test scripts, and the app beside it with nobody enrolled yet. */
export async function arrangeAtGateway(clock: Clock = systemClock(), practises = false) {
  const folder = await makeTemporaryFolder();
  const gateway = await startGateway(clock);
  const app = arrangeWorkstation(path.join(folder, "app"), clock, practises);
  await app.workstation.start();
  return { folder, gateway, app };
}
export type ArrangedWorkstation = Headless;
