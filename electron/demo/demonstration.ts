import type { Workstation } from "../ipc/workstation-port.ts";
import { readDemoFile } from "../launch.ts";
import { joinHost, NO_HOST, type DemoHost } from "./host.ts";

/** What the file given at start makes of this app; without one, nothing. */
export interface Demonstration {
  readonly host: DemoHost;
  /** Enrols and unlocks by itself; the second person is the demonstration's own. */
  enrol(workstation: Workstation): Promise<void>;
}

/** @throws CountersignError `E_CLI_INPUT` (the file), and as {@link joinHost} */
export async function openDemonstration(file: string | undefined): Promise<Demonstration> {
  if (file === undefined) return { host: NO_HOST, enrol: () => Promise.resolve() };
  const { ticket, code, pin, host } = await readDemoFile(file);
  return {
    host: host === undefined ? NO_HOST : await joinHost(host),
    async enrol(workstation) {
      const { done } = await workstation.beginEnrolment({ ticket, code, pin, key_store: "software" });
      const known = await done;
      if (known) await workstation.unlock(known.enrolment.kid, pin);
    },
  };
}
