import { decodeStatusList } from "#shared/crypto/status-list.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { SKEW_S } from "#shared/protocol/names.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import type { HttpGet } from "./template-registry.ts";
import type { PinnedDirectory } from "./trusted-gateway.ts";

/** Where a credential's status stands (IETF Token Status List). */
export type StatusPlace = ApproverClaims["status"]["status_list"];
export type Standing = "valid" | "suspended" | "revoked";

/** The directory's status lists, as far as they were fetched and verified (protocol.md 3.13, 3.22). */
export interface StatusLists {
  /** What the newest verified list says; undefined while there is none. */
  standing(place: StatusPlace): Standing | undefined;
  /**
   * Fetches the list of a credential that was verified before, from the host of the connection.
   * @returns seconds after which it should be fetched again, where it says so (`ttl`)
   * @throws CountersignError when it cannot be had, is not the directory's, is older than one seen before, has ended, or does
   * not hold this place; what was known before stays known
   */
  fetch(place: StatusPlace, now: number): Promise<number | undefined>;
  /** The verified lists as they were signed. */
  texts(): readonly string[];
}

interface Known {
  readonly jws: string;
  readonly iat: number;
  readonly statusOf: (idx: number) => number | undefined;
}

const WORDS: readonly Standing[] = ["valid", "revoked", "suspended"];

/** @param endpoint the gateway's WebSocket address: its host also serves the lists */
export function makeStatusLists(crypto: Crypto, get: HttpGet, endpoint: URL, directory: PinnedDirectory): StatusLists {
  const known = new Map<string, Known>();
  const origin = new URL("/", endpoint.href.replace(/^ws/, "http"));

  function addressOf(uri: string): URL {
    const named = URL.canParse(uri) ? new URL(uri) : undefined;
    if (named?.protocol !== "https:" && named?.protocol !== "http:") throw new CountersignError("E_CLM_SHAPE");
    const place = new URL(origin);
    // SECURITY: only the enrolled gateway's host is asked, whatever host the list is named after; as a path, since
    // `//host/…` as a reference would name another one.
    place.pathname = named.pathname;
    return place;
  }

  return {
    standing({ uri, idx }) {
      const status = known.get(uri)?.statusOf(idx);
      // SECURITY: a status that is not known here is not valid.
      return status === undefined ? undefined : (WORDS[status] ?? "suspended");
    },
    async fetch({ uri, idx }, now) {
      const jws = (await get(addressOf(uri))).trim();
      // SECURITY: the directory pinned at enrolment and nobody else says who was stopped (T-01, T-04).
      const { claims } = verifyJws(crypto, "statusList", jws, (kid) =>
        kid === directory.key.kid ? directory.key : undefined,
      );
      const before = known.get(uri);
      const fits =
        claims.sub === uri &&
        (claims.iss ?? directory.iss) === directory.iss &&
        claims.iat <= now + SKEW_S &&
        (claims.exp === undefined || now < claims.exp) &&
        // SECURITY: an older list would lift a stop that a newer one brought.
        claims.iat >= (before?.iat ?? 0);
      if (!fits) throw new CountersignError("E_CLM_SHAPE");
      const statusOf = decodeStatusList(claims.status_list.lst);
      if (statusOf(idx) === undefined) throw new CountersignError("E_CLM_SHAPE");
      known.set(uri, { jws, iat: claims.iat, statusOf });
      return claims.ttl;
    },
    texts: () => [...known.values()].map(({ jws }) => jws),
  };
}
