import type { ApproverClaims, GatewayClaims } from "#shared/protocol/claims/credential.ts";
import type { Crypto, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { STATUS, type CredentialRecord, type DirectoryRecords } from "./records.ts";
import { decodeStatusList } from "#shared/crypto/status-list.ts";

/** An approver's key as the directory signed for it. */
export interface ApproverKey {
  readonly kid: string;
  readonly jws: string;
  readonly claims: ApproverClaims;
  readonly status: "active" | "suspended" | "revoked";
  readonly reason?: string;
  /** When the status was last set; Unix seconds. */
  readonly changed_at: number;
  /** Credential's end, or the end of the overlap after a rotation. */
  readonly exp: number;
}

/** What a gateway sees of the directory: signed statements, each verified with the directory's public key. */
export interface DirectoryView {
  key(kid: string): ApproverKey | undefined;
  /** The same array until the directory has changed. */
  keys(): readonly ApproverKey[];
  gateway(iss: string): { readonly jws: string; readonly claims: GatewayClaims } | undefined;
  statusList(): string | undefined;
  /** Called by {@link deliver} with the keys that are new or whose status changed; with none where only a gateway's did. */
  onChange(listener: (changed: readonly ApproverKey[]) => void): () => void;
  /** Looks whether the directory has written; cheap enough to be asked at every decision. */
  refresh(): void;
  /**
   * Refreshes, and tells the listeners what has changed since they were last told. What a listener throws is thrown on,
   * and it is told again next time. Never inside a transaction that may roll back what a listener does.
   */
  deliver(): void;
}

/**
 * Verified view over the directory's records. A record that the root key did not sign is left out: whoever can write the
 * database can hide a person, and can make nobody.
 */
export function makeDirectoryView(
  crypto: Crypto,
  records: DirectoryRecords,
  root: { readonly iss: string; readonly key: VerifyKey },
): DirectoryView {
  const listeners = new Set<(changed: readonly ApproverKey[]) => void>();
  let keys = new Map<string, ApproverKey>();
  let gateways = new Map<string, { jws: string; claims: GatewayClaims }>();
  let statusJws: string | undefined;
  let all: readonly ApproverKey[] = [];
  const untold = new Map<string, ApproverKey>();
  let isGatewayUntold = false;
  let seen = -1;

  const rootKey = (kid: string): VerifyKey | undefined => (kid === root.key.kid ? root.key : undefined);
  const trusted = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (error instanceof CountersignError) return undefined;
      throw error;
    }
  };

  function readKey(
    record: CredentialRecord,
    signedStatus: (idx: number) => number | undefined,
  ): ApproverKey | undefined {
    const known = keys.get(record.name);
    const claims =
      known?.jws === record.jws
        ? known.claims
        : trusted(() => verifyJws(crypto, "approver", record.jws, rootKey).claims);
    // SECURITY: the signed key must be the one it is filed under, and signed by this directory (T-04).
    if (claims?.iss !== root.iss) return undefined;
    if (trusted(() => crypto.importKey(claims.cnf.jwk).kid) !== record.name) return undefined;
    return {
      kid: record.name,
      jws: record.jws,
      claims,
      status: worst(record.status, signedStatus(claims.status.status_list.idx)),
      changed_at: record.changed_at,
      exp: Math.min(claims.exp, record.valid_until ?? claims.exp),
      ...(record.reason === undefined ? {} : { reason: record.reason }),
    };
  }

  function load(): readonly ApproverKey[] {
    statusJws = records.statusList();
    const list =
      statusJws === undefined ? undefined : trusted(() => verifyJws(crypto, "statusList", statusJws ?? "", rootKey));
    const decoded = list && trusted(() => decodeStatusList(list.claims.status_list.lst));
    const changed: ApproverKey[] = [];
    const next = new Map<string, ApproverKey>();
    for (const record of records.credentials("approver")) {
      const key = readKey(record, (idx) => decoded?.(idx));
      if (!key) continue;
      next.set(key.kid, key);
      const old = keys.get(key.kid);
      if (old?.status !== key.status || old.changed_at !== key.changed_at || old.exp !== key.exp) changed.push(key);
    }
    keys = next;
    all = [...next.values()];
    const before = gateways;
    gateways = new Map();
    for (const { name, jws } of records.credentials("gateway")) {
      const claims = trusted(() => verifyJws(crypto, "gateway", jws, rootKey).claims);
      if (claims?.iss === root.iss && claims.sub === name) gateways.set(name, { jws, claims });
    }
    for (const [name, { jws }] of gateways) if (before.get(name)?.jws !== jws) isGatewayUntold = true;
    return changed;
  }

  function refresh(): void {
    const version = records.version();
    if (version === seen) return;
    for (const key of load()) untold.set(key.kid, key);
    seen = version;
  }

  function deliver(): void {
    refresh();
    if (untold.size === 0 && !isGatewayUntold) return;
    const changed = [...untold.values()];
    for (const listener of listeners) listener(changed);
    untold.clear();
    isGatewayUntold = false;
  }

  refresh();
  return {
    key: (kid) => keys.get(kid),
    keys: () => all,
    gateway: (iss) => gateways.get(iss),
    statusList: () => statusJws,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh,
    deliver,
  };
}

/** SECURITY: the signed list can be older than the record and the record is unsigned: the stricter of the two holds. */
function worst(recorded: number, signed: number | undefined): ApproverKey["status"] {
  const both = [recorded, signed ?? STATUS.valid];
  if (both.includes(STATUS.revoked)) return "revoked";
  if (both.some((status) => status !== STATUS.valid)) return "suspended";
  return "active";
}
