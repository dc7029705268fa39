import type { CommandInput } from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { readSiteCa } from "../connection/site-ca.ts";

/**
 * What the shape of a setting does not say: that the zone is one, and that the file holds certificates.
 * @throws CountersignError `E_CLI_INPUT`
 */
export async function checkSettings({ facility_zone, site_ca_file }: CommandInput<"set_settings">): Promise<void> {
  if (facility_zone !== undefined) checkZone(facility_zone);
  if (site_ca_file !== undefined) await readSiteCa(site_ca_file);
}

function checkZone(zone: string): void {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", "There is no such time zone.", { cause });
  }
}
