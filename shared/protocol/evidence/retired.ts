import { readStored } from "../verify/stored.ts";
import type { EvidencePins } from "./item.ts";
import type { DecodeStatusList } from "./vouched.ts";

/**
 * Has a key that signed verified evidence gone out of use since (approval-experience.md S9)? A gateway's key that its present
 * credential no longer names, or only for old signatures; a person's key whose credential ended or was stopped.
 * @param signers names of the gateway's keys that signed
 */
export function isRetired(
  signers: readonly string[],
  credentials: readonly string[],
  { gateways: [present], now, status }: EvidencePins,
  decode: DecodeStatusList | undefined,
): boolean {
  if (present !== undefined && signers.some((kid) => !keysInUse(present, now).has(kid))) return true;
  const lists = decode ? status.map((jws) => readStored("statusList", jws)) : [];
  return credentials.some((jws) => {
    const { exp, status: place } = readStored("approver", jws);
    const { uri, idx } = place.status_list;
    const isStopped = lists.some((list) => list.sub === uri && (decode?.(list.status_list.lst)(idx) ?? 0) !== 0);
    return now > exp || isStopped;
  });
}

function keysInUse(credential: string, now: number): ReadonlySet<string> {
  const { jwks } = readStored("gateway", credential);
  return new Set(
    jwks.keys.flatMap(({ kid, verify_until: until }) => (until === undefined || now <= until ? [kid] : [])),
  );
}
