import { onTestFinished } from "vitest";

import type { Clock } from "../../electron/clock.ts";
import { makeHospital, type Hospital } from "./hospital.ts";
import { listen, type ScriptedGateway } from "./scripted-gateway.ts";

/** A gateway for one test of the runner. */
export async function startGateway(clock: Clock, hospital?: Hospital): Promise<ScriptedGateway> {
  const gateway = await listen(clock, hospital);
  onTestFinished(() => gateway.stop());
  return gateway;
}

/** Another gateway of the same hospital: its own issuer, keys and log, under the same directory. */
export const startSecondGateway = (
  clock: Clock,
  { hospital: { directory } }: ScriptedGateway,
): Promise<ScriptedGateway> =>
  startGateway(clock, makeHospital("ws://127.0.0.1:1", Math.floor(clock.nowMs() / 1000), { ...ELMWOOD, directory }));

export const ELMWOOD = { iss: "https://gateway.elmwood.example", name: "Elmwood Clinic" } as const;
