import type { Signer } from "#shared/crypto/sign.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jcsDig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { LIMITS, TYP } from "#shared/protocol/names.ts";

import { mayFollow } from "../policy/succession.ts";
import type { DirectoryRecords } from "./records.ts";

/** A policy set that was checked. */
export interface PolicyToSign {
  /** Issuer of the gateway it is for. */
  readonly gateway: string;
  readonly id: string;
  readonly version: number;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Signs a set for a gateway; returns the `countersign-policy+jwt`. The directory remembers the newest of each gateway.
 * @throws CountersignError `E_POL_OLDER`, `E_POL_SET` where it is too large
 */
export function signPolicySet(
  set: PolicyToSign,
  around: {
    readonly crypto: Crypto;
    readonly records: Pick<DirectoryRecords, "meta" | "setMeta" | "transaction">;
    readonly signer: Signer;
    readonly iss: string;
    readonly now: () => number;
    readonly uuid: () => string;
  },
): string {
  const { crypto, records, signer, iss, now, uuid } = around;
  const { id, version, gateway } = set;
  const files = { ...set.files };
  const dig = jcsDig(crypto, files);
  return records.transaction(() => {
    const name = `policy ${gateway}`;
    const [newest, newestDig = ""] = records.meta(name)?.split(" ") ?? [];
    // SECURITY: policy never goes back, protocol.md C11 (T-14); the same set may be signed once more.
    mayFollow(newest === undefined ? undefined : { version: Number(newest), dig: newestDig }, { version, dig });
    records.setMeta(name, `${String(version)} ${dig}`);
    const claims = { ver: 1, iss, sub: gateway, iat: now(), jti: uuid(), id, version, dig, files };
    const jws = signer.sign(TYP.policySet, claims);
    if (jws.length > LIMITS.jws) {
      throw new CountersignError(
        "E_POL_SET",
        `The policy set is larger than ${String(LIMITS.jws / 1024)} KiB when it is signed.`,
      );
    }
    return jws;
  });
}
