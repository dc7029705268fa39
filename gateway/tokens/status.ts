import type { Signer } from "#shared/crypto/sign.ts";
import { TYP } from "#shared/protocol/names.ts";

import { encodeStatusList } from "#shared/crypto/status-list.ts";
import type { StoreReads } from "../store/store.ts";

/** Seconds a fetched list may be used; gateways and servers refresh within a minute (protocol.md 3.13). */
const TTL_S = 60;

export interface StatusContext {
  readonly iss: string;
  readonly signer: Signer;
  readonly store: StoreReads;
  readonly now: () => number;
  readonly uri: string;
}

/** The status list of tokens, signed by the token key: 0 valid, 1 revoked. Expired ones need no entry. */
export function statusListToken({ iss, signer, store, now, uri }: StatusContext): string {
  const revoked = store.tokensAlive(now()).filter(({ revoked_at }) => revoked_at !== undefined);
  const lst = encodeStatusList(new Map(revoked.map(({ idx }) => [idx, 1])));
  const iat = now();
  return signer.sign(TYP.statusList, {
    ...{ iss, sub: uri, iat, exp: iat + TTL_S, ttl: TTL_S },
    status_list: { bits: 2, lst },
  });
}
