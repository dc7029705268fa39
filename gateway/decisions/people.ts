import { poolUri } from "#shared/protocol/names.ts";
import type { DirectoryEntry } from "#shared/protocol/verify/state.ts";

import type { ApproverKey, DirectoryView } from "../directory/view.ts";
import type { StoreReads } from "../store/store.ts";
import { isLifted } from "./keys.ts";

/** Who may answer, as this gateway sees it: the directory's signed word and its own stops of keys together. */
export interface People {
  /** What the verification steps need of a key; read anew from the directory (V4, V10). */
  entry(kid: string): DirectoryEntry | undefined;
  key(kid: string): ApproverKey | undefined;
  /** The stricter of directory and gateway. */
  statusOf(key: ApproverKey): DirectoryEntry["status"];
  /** Every `aud` value that means this person: their own URI and those of their pools. */
  audienceOf(sub: string): readonly string[];
  /** The people one of these `aud` values means. */
  addressed(aud: readonly string[]): readonly string[];
}

export function makePeople(
  iss: string,
  view: DirectoryView,
  store: Pick<StoreReads, "keyStanding" | "webauthnCount">,
): People {
  let known: readonly ApproverKey[] | undefined;
  let audiences = new Map<string, readonly string[]>();

  /** Rebuilt only when the directory's answer is another one. */
  function refreshed(): Map<string, readonly string[]> {
    const keys = view.keys();
    if (keys !== known) {
      known = keys;
      audiences = new Map();
      for (const { claims } of keys) {
        const all = [
          claims.sub,
          ...(audiences.get(claims.sub) ?? []),
          ...claims.pools.map((pool) => poolUri(iss, pool)),
        ];
        audiences.set(claims.sub, [...new Set(all)]);
      }
    }
    return audiences;
  }

  function statusOf(key: ApproverKey, own = store.keyStanding(key.kid)): DirectoryEntry["status"] {
    if (key.status === "revoked" || own?.standing === "revoked") return "revoked";
    // A suspension of ours ends when the directory has reinstated the key after it.
    return key.status === "suspended" || (own !== undefined && !isLifted(own, key)) ? "suspended" : "active";
  }

  function entryOf(kid: string, key: ApproverKey | undefined): DirectoryEntry | undefined {
    const own = store.keyStanding(kid);
    if (!key) return undefined;
    const { claims } = key;
    const { cid, jwk } = claims.webauthn ?? {};
    return {
      kid,
      jwk: claims.cnf.jwk,
      sub: claims.sub,
      device: claims.device,
      status: statusOf(key, own),
      nbf: claims.nbf,
      exp: key.exp,
      pools: claims.pools,
      roles: claims.roles,
      key_storage: claims.key_storage,
      ...(cid === undefined || jwk === undefined ? {} : { webauthn: { cid, jwk, count: store.webauthnCount(kid) } }),
    };
  }

  return {
    statusOf: (key) => statusOf(key),
    key: (kid) => view.key(kid),
    entry(kid) {
      view.refresh();
      const key = view.key(kid);
      // SECURITY: all of it is done for every name, with somebody else's key where there is none, so that the time of an
      // answer does not tell which names are enrolled (reliability.md F17).
      const entry = entryOf(kid, key ?? view.keys()[0]);
      return key === undefined ? undefined : entry;
    },
    audienceOf: (sub) => refreshed().get(sub) ?? [sub],
    addressed(aud) {
      const wanted = new Set(aud);
      return [...refreshed()].filter(([, values]) => values.some((value) => wanted.has(value))).map(([sub]) => sub);
    },
  };
}
