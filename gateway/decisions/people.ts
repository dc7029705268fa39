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
  let audiences: Audiences = { of: new Map(), people: new Map() };

  /** Made again only when the directory's answer is another one. */
  function refreshed(): Audiences {
    const keys = view.keys();
    if (keys !== known) [known, audiences] = [keys, audiencesOf(iss, keys)];
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
    audienceOf: (sub) => refreshed().of.get(sub) ?? [sub],
    addressed(aud) {
      const { people } = refreshed();
      return [...new Set(aud.flatMap((value) => people.get(value) ?? []))];
    },
  };
}

/** Both ways, because every event of the feed asks who reads it. */
interface Audiences {
  /** By person. */
  readonly of: ReadonlyMap<string, readonly string[]>;
  /** By `aud` value. */
  readonly people: ReadonlyMap<string, readonly string[]>;
}

function audiencesOf(iss: string, keys: readonly ApproverKey[]): Audiences {
  const of = new Map<string, Set<string>>();
  for (const { claims } of keys) {
    const mine = of.get(claims.sub) ?? new Set([claims.sub]);
    for (const pool of claims.pools) mine.add(poolUri(iss, pool));
    of.set(claims.sub, mine);
  }
  const people = new Map<string, string[]>();
  for (const [sub, mine] of of) {
    for (const value of mine) {
      const others = people.get(value);
      if (others === undefined) people.set(value, [sub]);
      else others.push(sub);
    }
  }
  return { of: new Map([...of].map(([sub, mine]) => [sub, [...mine]])), people };
}
