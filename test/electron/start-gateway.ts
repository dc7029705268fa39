import { onTestFinished } from "vitest";

import type { Clock } from "../../electron/clock.ts";
import { makeSecondHospital, type Hospital } from "./hospital.ts";
import { listen, type ScriptedGateway } from "./scripted-gateway.ts";

/** A gateway for one test of the runner. */
export async function startGateway(clock: Clock, hospital?: Hospital): Promise<ScriptedGateway> {
  const gateway = await listen(clock, hospital);
  onTestFinished(() => gateway.stop());
  return gateway;
}

export const startSecondGateway = (clock: Clock, { hospital }: ScriptedGateway): Promise<ScriptedGateway> =>
  startGateway(clock, makeSecondHospital(hospital, Math.floor(clock.nowMs() / 1000)));
