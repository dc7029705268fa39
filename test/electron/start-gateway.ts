import { onTestFinished } from "vitest";

import type { Clock } from "../../electron/clock.ts";
import type { Hospital } from "./hospital.ts";
import { listen, type ScriptedGateway } from "./scripted-gateway.ts";

/** A gateway for one test of the runner. */
export async function startGateway(clock: Clock, hospital?: Hospital): Promise<ScriptedGateway> {
  const gateway = await listen(clock, hospital);
  onTestFinished(() => gateway.stop());
  return gateway;
}
