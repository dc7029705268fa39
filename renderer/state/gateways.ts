import type { GatewayStatus } from "#shared/ipc/contract.ts";

import { useSnapshot } from "./context.ts";

/** The name of a gateway among several. Undefined where there is only one: then it goes without saying. */
export const nameAmong = (gateways: readonly GatewayStatus[], iss: string | undefined): string | undefined =>
  gateways.length > 1 ? gateways.find((gateway) => gateway.iss === iss)?.name : undefined;

export const useNameAmong = (iss: string): string | undefined => nameAmong(useSnapshot().gateways, iss);
