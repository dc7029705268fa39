import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import type { Signer } from "#shared/crypto/sign.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig, jdig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { TYP } from "#shared/protocol/names.ts";

import type { Records, StartedExecution } from "../core.ts";
import type { Store, StoreTx } from "../store/store.ts";
import type { AllowedAct } from "../requests/allowed-act.ts";
import { claimsOf } from "../requests/signed-request.ts";
import { isStopped } from "../requests/stop-agent.ts";
import { allowedClaims, allowedExpiry, audienceOf, tokenClaims, tokenExpiry, type Confirmation } from "./claims.ts";
import { introspectToken, readToken, type Introspection, type ReadToken } from "./introspect.ts";
import { statusListToken } from "./status.ts";

/** Why a token died, as the SET says it. */
export type RevocationReason =
  | "completed"
  | "failed"
  | "unused"
  | "approval-revoked"
  | "key-stopped"
  | "agent-paused"
  | "agent-disabled"
  | "drain"
  | "misuse";

/** Misuses of one token that the log keeps: whoever has a dead one cannot fill it. */
const MOST_MISUSES = 10;
const MOST_REMEMBERED = 10_000;

export interface IssuedToken {
  readonly jti: string;
  readonly token: string;
  /** `jdig` of the token. */
  readonly dig: string;
  readonly exp: number;
  /** What it grants. */
  readonly granted: readonly RarElement[];
}

/** The task's token: minted after the gate, used once, dead when the task is done (protocol.md 3.14). */
export interface Tokens {
  /**
   * Mints for an execution that has passed V29, with its leaf. Synchronous and durable when it returns.
   * @param bound what it is bound to (`cnf`), where it is handed to the agent (mode B)
   * @throws CountersignError `E_QRM_GATE` when there is no approval behind it or its grant has ended
   */
  mint(started: StartedExecution, bound?: Confirmation): IssuedToken;
  /** Mints for what policy allowed without a person: the same but for the decision it cannot name (protocol.md 3.14). */
  mintAllowed(act: AllowedAct): IssuedToken;
  /** Takes the one use, with its leaf. False: used before, revoked, or expired; then nothing may be sent. */
  use(issued: IssuedToken): boolean;
  /** Revokes with SET and leaf. Idempotent; inside the caller's transaction where one is given. */
  revoke(jti: string, reason: RevocationReason, tx?: StoreTx): void;
  /** Revokes whatever is alive of a request: an approval was revoked, a key stopped. */
  revokeRequest(rid: string, reason: RevocationReason): void;
  /** What this gateway minted, alive or not. */
  read(token: string): ReadToken | undefined;
  /** Writes a `token-misuse` entry and revokes, in one commit. `why` is a name, for the entry's digest alone. */
  misuse(token: string, why: string): void;
  /** RFC 7662. */
  introspect(token: string): Introspection;
  /** IETF Token Status List over every token that is not expired. */
  statusList(): string;
}

export interface TokensOptions {
  readonly iss: string;
  /** FHIR base: `aud` of every token but those for an MCP server. */
  readonly audience: string;
  readonly crypto: Crypto;
  /** A key of its own, `cs_use: token`. */
  readonly signer: Signer;
  readonly store: Store;
  readonly records: Records;
  /** Unix seconds. */
  readonly now: () => number;
  readonly uuid: () => string;
  /** Where the status list is served. */
  readonly statusUri: string;
}

export function makeTokens(options: TokensOptions): Tokens {
  const { iss, audience, crypto, signer, store, records, now, uuid, statusUri } = options;

  const context = { iss, audience, crypto, signer, store, now };
  const misused = new Map<string, number>();

  function mint(started: StartedExecution, bound?: Confirmation): IssuedToken {
    // SECURITY: no token without an approval behind it, protocol.md V29, NoBypassWrite.
    if (started.approvals.length === 0 || started.granted.length === 0 || started.grant_exp <= now()) {
      throw new CountersignError("E_QRM_GATE", "There is no approval in force to mint a token from.");
    }
    return store.writeReserved((tx) => {
      // SECURITY: also between two tries of one execution: what has not arrived is not sent any more (protocol.md 3.14).
      if (tx.disabledAgent(started.request.agent.sub)) {
        throw new CountersignError("E_QRM_GATE", "The agent was switched off.");
      }
      // SECURITY: nothing that was stopped gets a token, first or fresh (AISVS 9.6.1).
      if (isStopped(tx, started.request.agent.sub, started.request.action.type)) {
        throw new CountersignError("E_QRM_GATE", "It was stopped.");
      }
      const jti = uuid();
      const { rid, rev } = started;
      const exp = tokenExpiry(started, now());
      const idx = tx.addToken({ jti, rid, rev, exp, uses: 1 });
      const aud = audienceOf(started.request, audience);
      const claims = tokenClaims({ iss, aud, started, jti, now: now(), status: { idx, uri: statusUri }, bound });
      const token = signer.sign(TYP.accessToken, claims);
      const obj = jdig(crypto, token);
      records.leaf(tx, { t: "token-issued", rid, rev, obj, kid: signer.kid, ref: jti });
      return { jti, token, dig: obj, exp, granted: started.granted };
    });
  }

  function mintAllowed(act: AllowedAct): IssuedToken {
    return store.writeReserved((tx) => {
      const [jti, { id: rid }, rev] = [uuid(), act, 1];
      const exp = allowedExpiry(now());
      const idx = tx.addToken({ jti, rid, rev, exp, uses: 1 });
      const claims = allowedClaims({ iss, aud: audience, act, jti, now: now(), status: { idx, uri: statusUri } });
      const token = signer.sign(TYP.accessToken, claims);
      const obj = jdig(crypto, token);
      records.leaf(tx, { t: "token-issued", rid, rev, obj, kid: signer.kid, ref: jti });
      return { jti, token, dig: obj, exp, granted: act.granted };
    });
  }

  function use({ jti, dig: obj }: IssuedToken): boolean {
    return store.writeReserved((tx) => {
      const row = tx.token(jti);
      if (row === undefined || !tx.useToken(jti, now())) return false;
      records.leaf(tx, { t: "token-used", rid: row.rid, rev: row.rev, obj, kid: signer.kid, ref: jti });
      return true;
    });
  }

  function revokeIn(tx: StoreTx, jti: string, reason: RevocationReason): void {
    const row = tx.token(jti);
    if (row === undefined || !tx.revokeToken(jti, reason, now())) return;
    const { rid, rev } = row;
    const members = { jti, reason };
    const request = tx.request(rid, rev);
    // Nobody was asked, so nobody waits to be told: the entry stands for itself.
    const obj =
      request === undefined
        ? dig(crypto, JSON.stringify({ ...members, at: now() }))
        : jdig(
            crypto,
            records.event(tx, {
              ...{ name: "token-revoked", rid, rev, members, carrier: "task.event" },
              aud: audienceOf(claimsOf(request), audience),
            }),
          );
    records.leaf(tx, { t: "token-revoked", rid, rev, obj, kid: signer.kid, ref: jti });
  }

  return {
    mint,
    mintAllowed,
    use,
    revoke(jti, reason, tx) {
      if (tx) revokeIn(tx, jti, reason);
      else store.writeReserved((own) => revokeIn(own, jti, reason));
    },
    revokeRequest(rid, reason) {
      store.writeReserved((tx) => {
        for (const { jti, revoked_at } of tx.tokensOf(rid)) if (revoked_at === undefined) revokeIn(tx, jti, reason);
      });
    },
    read: (token) => readToken(token, context),
    misuse(token, why) {
      const { jti } = readToken(token, context)?.claims ?? {};
      if (jti === undefined || (misused.get(jti) ?? 0) >= MOST_MISUSES) return;
      store.writeReserved((tx) => {
        const row = tx.token(jti);
        if (row === undefined) return;
        const { rid, rev } = row;
        const obj = dig(crypto, JSON.stringify({ jti, why, at: now(), id: uuid() }));
        records.leaf(tx, { t: "token-misuse", rid, rev, obj, kid: signer.kid, ref: jti });
        revokeIn(tx, jti, "misuse");
      });
      misused.set(jti, (misused.get(jti) ?? 0) + 1);
      if (misused.size > MOST_REMEMBERED) misused.delete(misused.keys().next().value ?? "");
    },
    introspect: (token) => introspectToken(token, context),
    statusList: () => statusListToken({ iss, signer, store, now, uri: statusUri }),
  };
}
