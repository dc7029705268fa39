import type { ReceiptClaims } from "#shared/protocol/claims/receipt.ts";
import type { StatementClaims, StatementKind } from "#shared/protocol/claims/statement.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { TYP } from "#shared/protocol/names.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { Link } from "../connection/link.ts";
import type { DecisionRecord } from "../journal/record.ts";
import type { UnlockedKey } from "../keys/unlocked-key.ts";
import type { Held } from "./held.ts";
import { verifyStatementReceipt } from "./signed-event.ts";
import { mayDeny } from "./status.ts";
import type { Table } from "./table.ts";

const LIFETIME_S = 300;
const ANSWER_MS = 10_000;

/** What a person says that is not a decision (protocol.md 3.20). */
export interface Saying {
  readonly kind: StatementKind;
  readonly target: StatementClaims["target"];
  readonly args?: NonNullable<StatementClaims["args"]>;
  readonly reason?: NonNullable<StatementClaims["reason"]>;
}

/** What the gateway's verified receipt says of a statement. */
export interface Said {
  /** Gateway seconds. */
  readonly at: number;
  readonly digest: string;
}

export interface StatementParts {
  readonly crypto: Crypto;
  readonly link: Pick<Link, "call" | "gateway">;
  readonly me: { readonly device: string; readonly sub: string };
  readonly newId: () => string;
  readonly nowS: () => number;
  readonly table: Table;
  readonly key: () => UnlockedKey | undefined;
  /** Why this key may sign nothing. */
  readonly keyStop: () => ErrorCode | undefined;
}

/** What a person says about requests, beside deciding them. */
export interface Statements {
  /**
   * Signs a statement about a request as it stands and waits for its receipt.
   * @throws CountersignError `E_CLI_LOCKED`, `E_REQ_SUPERSEDED`, `E_CLI_STATE`, and as `say`
   */
  about(held: Held, rev: number, saying: Omit<Saying, "target">): Promise<void>;
  /**
   * Signs a statement about an agent, a type of action or a decision that was made, and waits for its receipt.
   * @throws CountersignError `E_CLI_LOCKED`, and as `say`
   */
  tell(saying: Saying): Promise<Said>;
  /** A report of the agent that goes with a denial, once that counts. */
  reportWith(record: DecisionRecord, held: Held, reason: Saying["reason"]): void;
  /** A decision of mine was answered. */
  answered(record: DecisionRecord, receipt: ReceiptClaims): void;
}

export function makeStatements(parts: StatementParts): Statements {
  const reports = new Map<string, Saying>();

  function signingKey(): UnlockedKey {
    const key = parts.key();
    if (!key) throw new CountersignError("E_CLI_LOCKED");
    const stopped = parts.keyStop();
    if (stopped) throw new CountersignError(stopped);
    return key;
  }

  return {
    async tell(saying) {
      return say(parts, signingKey(), saying);
    },
    async about(held, rev, saying) {
      const key = signingKey();
      if (held.revision.rev !== rev) throw new CountersignError("E_REQ_SUPERSEDED");
      if (!mayDeny(parts.table.status(held))) throw new CountersignError("E_CLI_STATE");
      await say(parts, key, { ...saying, target: { rid: held.key.rid, rev } });
    },
    reportWith(record, held, reason) {
      const target = { rid: record.rid, rev: record.rev, agent: held.revision.brief.agent.sub };
      reports.set(record.dec_dig, { kind: "report-agent", target, ...(reason === undefined ? {} : { reason }) });
    },
    answered(record, receipt) {
      const report = reports.get(record.dec_dig);
      reports.delete(record.dec_dig);
      const key = parts.key();
      // A report goes with a denial that counts; when it cannot be sent, the denial still stands.
      if (report && key && receipt.result === "recorded") say(parts, key, report).catch(() => undefined);
    },
  };
}

/**
 * Signs and sends one statement and waits for its verified receipt. Statements are not kept when there is no answer: the
 * person is told and says it again.
 * @throws CountersignError `E_CLI_OFFLINE`, `E_RCT_MISMATCH`, or what the gateway refused with
 */
async function say(parts: StatementParts, key: UnlockedKey, saying: Saying): Promise<Said> {
  const { gateway } = parts.link;
  if (!gateway) throw new CountersignError("E_CLI_OFFLINE");
  const iat = parts.nowS();
  const claims: StatementClaims = {
    ver: 1,
    iss: parts.me.device,
    sub: parts.me.sub,
    aud: gateway.iss,
    iat,
    exp: iat + LIFETIME_S,
    jti: parts.newId(),
    kind: saying.kind,
    target: saying.target,
    ...(saying.reason === undefined ? {} : { reason: saying.reason }),
    ...(saying.args === undefined ? {} : { args: saying.args }),
  };
  const jws = await key.sign(TYP.statement, claims);
  const { body } = await parts.link.call("statement.submit", { jws }, "statement.receipt", ANSWER_MS);
  const digest = jdig(parts.crypto, jws);
  const receipt = verifyStatementReceipt(parts.crypto, gateway, body.jws, digest);
  if (receipt.result === "rejected") throw new CountersignError("E_CLI_STATE", "The gateway did not accept it.");
  return { at: receipt.iat, digest };
}
