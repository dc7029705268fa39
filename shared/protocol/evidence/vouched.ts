import type { Bundle } from "../bundle.ts";
import type { GatewayClaims, StatusListClaims } from "../claims/credential.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { gatewayKeys, type GatewayKeys } from "../verify/gateway-keys.ts";
import { verifyJws, type Verified } from "../verify/signed.ts";
import type { DirectoryEntry } from "../verify/state.ts";
import { need, type StepLog } from "./steps.ts";

/** Everything in a bundle that the directory signed. */
export interface Vouched {
  readonly gateway: GatewayClaims;
  readonly keys: GatewayKeys;
  /** Approvers' keys by kid, as of their credentials. */
  readonly approvers: ReadonlyMap<string, DirectoryEntry>;
  /** Status of a credential's place in every list of the bundle that is not newer than `at`. */
  statusesAt(kid: string, at: number): readonly number[] | undefined;
}

/** Reads the compressed `lst` of a status list; two bits an entry (protocol.md 3.22). */
export type DecodeStatusList = (lst: string) => (idx: number) => number | undefined;

/** Verifies the directory's signatures: gateway credential, approver credentials, status lists. */
export function readVouched(
  log: StepLog,
  crypto: Crypto,
  bundle: Bundle,
  directory: VerifyKey,
  decode: DecodeStatusList | undefined,
): Vouched | undefined {
  const rootKey = (kid: string): VerifyKey | undefined => (kid === directory.kid ? directory : undefined);
  const gateway = log.run("gateway", () => {
    const { claims } = verifyJws(crypto, "gateway", bundle.gateway, rootKey, { unknownKey: "E_GW_CRED" });
    return { claims, keys: gatewayKeys(crypto, claims) };
  });
  const credentials = bundle.credentials.map((jws, i) =>
    log.run(`credentials/${i}`, () => {
      const { claims } = verifyJws(crypto, "approver", jws, rootKey);
      need(
        gateway === undefined || claims.iss === gateway.claims.iss,
        "E_AUTH_CRED",
        "Another directory's credential.",
      );
      const { kid } = crypto.importKey(claims.cnf.jwk);
      return { kid, claims };
    }),
  );
  const lists = bundle.status.map((jws, i) => log.run(`status/${i}`, () => readList(crypto, jws, rootKey, decode)));
  if (!gateway || credentials.includes(undefined)) return undefined;
  const known = credentials.filter((c) => c !== undefined);
  return {
    gateway: gateway.claims,
    keys: gateway.keys,
    approvers: new Map(known.map((c) => [c.kid, entryOf(c.kid, c.claims)])),
    statusesAt(kid, at) {
      if (!decode) return undefined;
      const place = known.find((c) => c.kid === kid)?.claims.status.status_list;
      return lists
        .filter((list) => list !== undefined)
        .filter((list) => list.claims.sub === place?.uri && list.claims.iat <= at)
        .map((list) => list.statusOf?.(place?.idx ?? -1) ?? 0);
    },
  };
}

interface ReadList {
  readonly claims: StatusListClaims;
  readonly statusOf?: (idx: number) => number | undefined;
}

function readList(
  crypto: Crypto,
  jws: string,
  rootKey: (kid: string) => VerifyKey | undefined,
  decode: DecodeStatusList | undefined,
): ReadList {
  const { claims } = verifyJws(crypto, "statusList", jws, rootKey);
  return decode ? { claims, statusOf: decode(claims.status_list.lst) } : { claims };
}

const entryOf = (kid: string, c: Verified<"approver">["claims"]): DirectoryEntry => ({
  kid,
  jwk: c.cnf.jwk,
  sub: c.sub,
  device: c.device,
  status: "active",
  nbf: c.nbf,
  exp: c.exp,
  pools: c.pools,
  roles: c.roles,
  key_storage: c.key_storage,
  // The counter's history is live state; any counter but zero has grown from here.
  webauthn: c.webauthn && { cid: c.webauthn.cid, jwk: c.webauthn.jwk, count: 0 },
});
