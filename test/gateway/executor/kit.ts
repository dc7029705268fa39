import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { contentDigest, jdig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { eventUri, RAR, TYP } from "#shared/protocol/names.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { openLog } from "../../../gateway/audit/log.ts";
import type { Executions, Records, StartedExecution } from "../../../gateway/core.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { ExecutionOutcome } from "../../../gateway/store/rows.ts";
import { makeTokens, type Tokens } from "../../../gateway/tokens/tokens.ts";
import { uuid7 } from "../../../gateway/uuid7.ts";
import { makeManualClock } from "../manual-clock.ts";
import { requestClaimsAt } from "../transport/requests.ts";

export const crypto = makeNodeCrypto();
export const ISS = "https://gw.northgate.example";

export interface OperationText {
  readonly method: RequestClaims["action"]["op"]["method"];
  readonly url: string;
  readonly body: string;
  readonly media?: string;
  readonly if_match?: string;
  readonly before?: string;
}

/**
 * A real store and log with a gate whose verdict the test sets: what the tokens and the runner need of a gateway, without
 * the ceremony that leads to an approval. `reopen` is a crash: the same data folder under a new process.
 */
export function makeRunKit(audience: string) {
  const folder = mkdtempSync(join(tmpdir(), "countersign-run-"));
  const clock = makeManualClock();
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const freshUuid = (): string => uuid7(clock.nowMs(), randomBytes(10));
  const gateway = makeSigner(generateKey("ES256"));
  const tokenSigner = makeSigner(generateKey("Ed25519"));
  const logSigner = makeSigner(generateKey("Ed25519"));
  const approval = `sha-256:${"D".repeat(43)}`;
  const shut = new Set<string>();

  function open() {
    const store = openSqliteStore(join(folder, "gateway.sqlite"));
    const log = openLog({ crypto, store, signer: logSigner, origin: "gw.northgate.example/log", clock });
    const events = new EventEmitter();
    const finished: {
      readonly exec_id: string;
      readonly outcome: ExecutionOutcome & { resource?: string; resource_dig?: string };
    }[] = [];
    const records: Records = {
      leaf: (tx, leaf) => log.append(tx, leaf).index,
      event(tx, { name, rid, rev, members, aud }) {
        const jti = freshUuid();
        const claims = {
          ...{ iss: ISS, aud: aud ?? ISS, iat: now(), jti, sub_id: { format: "opaque", id: rid } },
          events: { [eventUri(name)]: { rid, rev, ...members } },
        };
        const jws = gateway.sign(TYP.event, claims);
        tx.addEvent({ jti, dig: jdig(crypto, jws), name, jws, rid, rev, at: now() });
        return jws;
      },
    };
    const startedOf = (rid: string, rev: number): StartedExecution => {
      if (shut.has(rid)) throw new CountersignError("E_QRM_GATE");
      const row = store.request(rid, rev);
      const request = readStored("request", row?.jws ?? "");
      return {
        ...{ exec_id: `${rid}.${String(rev)}`, rid, rev, request },
        granted: request.authorization_details,
        grant_exp: row?.grant_until ?? 0,
        approvals: [{ jws: "h.p.s", dig: approval, sub: "https://directory.example/approvers/lee", iat: now() }],
      };
    };
    const executions: Executions = {
      start: (rid) =>
        store.write((tx) => {
          const row = tx.currentRequest(rid);
          if (row === undefined) return undefined;
          const started = startedOf(rid, row.rev);
          return tx.startExecution(rid, row.rev, started.exec_id, now()) ? started : undefined;
        }),
      finish(exec_id, { resource, resource_dig, ...outcome }) {
        store.write((tx) => {
          if (!tx.finishExecution(exec_id, outcome, now())) return;
          const more = {
            ...(resource === undefined ? {} : { resource }),
            ...(resource_dig === undefined ? {} : { resource_dig }),
          };
          finished.push({ exec_id, outcome: { ...outcome, ...more } });
        });
      },
      unfinished: () => store.executionsToRecover().map(({ rid, rev }) => startedOf(rid, rev)),
    };
    const tokens: Tokens = makeTokens({
      ...{ iss: ISS, audience, crypto, signer: tokenSigner, store, records, now },
      uuid: freshUuid,
      statusUri: `${ISS}/status/tokens`,
    });
    const leaves = (): readonly string[] =>
      store.leavesFrom(0, 1000).flatMap(({ type }) => (type.startsWith("token-") ? [type] : []));
    const close = (): void => {
      log.close();
      store.close();
    };
    return { store, log, events, records, executions, tokens, finished, leaves, close };
  }

  let current = open();
  return {
    clock,
    now,
    tokenSigner,
    approval,
    get at() {
      return current;
    },
    /** The gate refuses this request from now on. */
    shutGate: (rid: string) => shut.add(rid),
    /** An approved request over this operation; returns its rid. */
    approve(
      operation: OperationText,
      more: { readonly grantUntil?: number; readonly scopes?: readonly string[]; readonly jkt?: string } = {},
    ): string {
      const base = requestClaimsAt(clock.nowMs());
      const rid = freshUuid();
      const body_dig = contentDigest(crypto, operation.body);
      const granted: RarElement[] = [
        { type: RAR.fhirOp, id: "a1", required: true, locations: [audience], content_digest: body_dig, max_uses: 1 },
        ...(more.scopes === undefined
          ? []
          : [{ type: RAR.smartScope, id: "a2", locations: [audience], patient: "Patient/p", scopes: more.scopes }]),
      ];
      const claims: RequestClaims = {
        ...base,
        ...(more.jkt === undefined ? {} : { agent: { ...base.agent, jkt: more.jkt } }),
        rid,
        action: { ...base.action, op: { media: "application/fhir+json", ...operation, body_dig } },
        authorization_details: granted,
      };
      const jws = gateway.sign(TYP.request, claims);
      current.store.write((tx) => {
        tx.addRequest(
          {
            ...{ rid, rev: 1, dig: jdig(crypto, jws), jws, iat: claims.iat, exp: claims.exp, submit_by: claims.exp },
            ...{ grant_exp: claims.grant_exp, nonce: claims.nonce + rid, agent: claims.agent.sub, task_id: "t1" },
            ...{ task_idx: 1, op_dig: body_dig, action: claims.action.type, aud: claims.aud, need: 1, risk: "high" },
          },
          now(),
        );
        current.log.append(tx, { t: "request", rid, rev: 1, obj: jdig(crypto, jws), kid: gateway.kid, ts: claims.iat });
        const grant_until = more.grantUntil ?? now() + 600;
        tx.approveRequest(rid, 1, { execute_at: now(), uses: 1, grant_until }, now());
      });
      return rid;
    },
    state: (rid: string) => current.store.currentRequest(rid)?.state,
    reopen() {
      current.close();
      current = open();
    },
    close() {
      current.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type RunKit = ReturnType<typeof makeRunKit>;
