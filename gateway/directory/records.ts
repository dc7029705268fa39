import type { DatabaseSync } from "node:sqlite";

import type { PublicJwk } from "#shared/protocol/crypto-port.ts";

import type { KeyStanding } from "../store/rows.ts";
import { makeSql, ownJson, present, type Row } from "../store/sqlite/sql.ts";

/** Rows of the directory's database and the few statements over them. Times are Unix seconds. */

export interface ApproverRecord {
  readonly sub: string;
  readonly name: string;
  readonly reg_no?: string;
  readonly npi?: string;
  readonly pools: readonly string[];
  readonly roles: readonly string[];
}

export const TICKET_STATES = ["issued", "pending", "confirmed", "rejected", "dead"] as const;
export interface TicketRecord {
  readonly ticket_id: string;
  readonly sub: string;
  readonly code: string;
  readonly issued_by: string;
  readonly expires_at: number;
  readonly tries_left: number;
  readonly nonce: string;
  readonly state: (typeof TICKET_STATES)[number];
  /** The key that is bound to the ticket, from `pending` on. */
  readonly candidate?: Candidate;
  /** The key this one replaces (rotation). */
  readonly prev_kid?: string;
  readonly cred?: string;
  readonly dir_mac?: string;
}
export interface Candidate {
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly device: Device;
  readonly webauthn?: WebAuthnKey;
}
export interface Device {
  readonly name: string;
  readonly os: string;
  readonly app: string;
  readonly key_storage: "hardware" | "os" | "software";
}
export interface WebAuthnKey {
  readonly cid: string;
  readonly jwk: PublicJwk;
  readonly rp_id: string;
}

export const STATUS = { valid: 0, revoked: 1, suspended: 2 } as const;

export interface CredentialRecord {
  /** Place in the status list. */
  readonly idx: number;
  readonly kind: "approver" | "gateway";
  /** `kid` of an approver's key, issuer of a gateway. */
  readonly name: string;
  readonly sub: string;
  readonly jws: string;
  readonly status: number;
  readonly reason?: string;
  readonly changed_at: number;
  /** End of the overlap after a rotation. */
  readonly valid_until?: number;
}

export interface DirectoryRecords {
  meta(name: string): string | undefined;
  setMeta(name: string, value: string): void;
  /** Changes when another process has written. */
  version(): number;
  transaction<T>(fn: () => T): T;

  approver(sub: string): ApproverRecord | undefined;
  approvers(): readonly ApproverRecord[];
  putApprover(approver: ApproverRecord, at: number): void;

  ticket(ticketId: string): TicketRecord | undefined;
  pendingTickets(): readonly TicketRecord[];
  addTicket(ticket: Omit<TicketRecord, "state" | "cred" | "dir_mac"> & { state: "issued" | "pending" }): void;
  bindTicket(ticketId: string, candidate: Candidate): void;
  spendTry(ticketId: string): number;
  settleTicket(
    ticketId: string,
    end: { state: "confirmed"; cred: string; dir_mac: string; by: string } | { state: "rejected"; by: string },
    at: number,
  ): void;

  /** This key has named its successor, and that was signed. */
  isReplaced(kid: string): boolean;

  credentials(kind: CredentialRecord["kind"]): readonly CredentialRecord[];
  credential(kind: CredentialRecord["kind"], name: string): CredentialRecord | undefined;
  /** Reserves a place, then stores what `sign` makes for it. */
  addCredential(
    credential: { kind: CredentialRecord["kind"]; name: string; sub: string },
    sign: (idx: number) => string,
    at: number,
  ): CredentialRecord;
  setStatus(idx: number, status: number, reason: string | undefined, at: number): void;
  setValidUntil(idx: number, until: number): void;

  statusList(): string | undefined;
  setStatusList(jws: string, at: number): void;
  /** A gateway's stop of a key that the directory has not signed for yet. */
  reportStop(kid: string, standing: KeyStanding, reason: string, gateway: string, at: number): void;
  takeStopReports(): readonly { kid: string; standing: KeyStanding; reason: string }[];
}

const approverOf = (row: Row): ApproverRecord => ({
  sub: row.text("sub"),
  name: row.text("name"),
  pools: ownJson<string[]>(row.text("pools")),
  roles: ownJson<string[]>(row.text("roles")),
  ...present("reg_no", row.maybeText("reg_no")),
  ...present("npi", row.maybeText("npi")),
});

function ticketOf(row: Row): TicketRecord {
  const [kid, jwk, device, webauthn] = ["kid", "jwk", "device", "webauthn"].map((name) => row.maybeText(name));
  const candidate =
    kid === undefined || jwk === undefined || device === undefined
      ? undefined
      : {
          kid,
          jwk: ownJson<PublicJwk>(jwk),
          device: ownJson<Device>(device),
          ...present("webauthn", webauthn === undefined ? undefined : ownJson<WebAuthnKey>(webauthn)),
        };
  return {
    ticket_id: row.text("ticket_id"),
    sub: row.text("sub"),
    code: row.text("code"),
    issued_by: row.text("issued_by"),
    expires_at: row.int("expires_at"),
    tries_left: row.int("tries_left"),
    nonce: row.text("nonce"),
    state: row.oneOf("state", TICKET_STATES),
    ...present("candidate", candidate),
    ...present("prev_kid", row.maybeText("prev_kid")),
    ...present("cred", row.maybeText("cred")),
    ...present("dir_mac", row.maybeText("dir_mac")),
  };
}

const credentialOf = (row: Row): CredentialRecord => ({
  idx: row.int("idx"),
  kind: row.oneOf("kind", ["approver", "gateway"]),
  name: row.text("name"),
  sub: row.text("sub"),
  jws: row.text("jws"),
  status: row.int("status"),
  changed_at: row.int("changed_at"),
  ...present("reason", row.maybeText("reason")),
  ...present("valid_until", row.maybeInt("valid_until")),
});

export function makeDirectoryRecords(db: DatabaseSync): DirectoryRecords {
  const sql = makeSql(db);
  const list = (values: readonly string[]): string => JSON.stringify(values);
  return {
    meta: (name) => sql.get("SELECT value FROM meta WHERE name = ?", name)?.text("value"),
    setMeta(name, value) {
      sql.run(
        "INSERT INTO meta (name, value) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
      );
    },
    version: () => sql.one("PRAGMA data_version").int("data_version"),
    transaction(fn) {
      db.exec("BEGIN IMMEDIATE");
      try {
        const result = fn();
        db.exec("COMMIT");
        return result;
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK");
        throw error;
      }
    },

    approver(sub) {
      const row = sql.get("SELECT * FROM approvers WHERE sub = ?", sub);
      return row && approverOf(row);
    },
    approvers: () => sql.all("SELECT * FROM approvers ORDER BY name, sub").map(approverOf),
    putApprover(a, at) {
      sql.run(
        `INSERT INTO approvers (sub, name, reg_no, npi, pools, roles, at) VALUES (?,?,?,?,?,?,?)
           ON CONFLICT (sub) DO UPDATE SET name = excluded.name, reg_no = excluded.reg_no, npi = excluded.npi,
             pools = excluded.pools, roles = excluded.roles, at = excluded.at`,
        ...[a.sub, a.name, a.reg_no ?? null, a.npi ?? null, list(a.pools), list(a.roles), at],
      );
    },

    ticket(ticketId) {
      const row = sql.get("SELECT * FROM tickets WHERE ticket_id = ?", ticketId);
      return row && ticketOf(row);
    },
    pendingTickets: () => sql.all("SELECT * FROM tickets WHERE state = 'pending' ORDER BY expires_at").map(ticketOf),
    addTicket(t) {
      const { candidate: c } = t;
      sql.run(
        `INSERT INTO tickets (ticket_id, sub, code, issued_by, expires_at, tries_left, nonce, state, prev_kid, kid, jwk,
           device, webauthn) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
        ...[t.ticket_id, t.sub, t.code, t.issued_by, t.expires_at, t.tries_left, t.nonce, t.state, t.prev_kid ?? null],
        ...[c?.kid ?? null, c ? JSON.stringify(c.jwk) : null, c ? JSON.stringify(c.device) : null],
        c?.webauthn ? JSON.stringify(c.webauthn) : null,
      );
    },
    bindTicket(ticketId, c) {
      sql.run(
        `UPDATE tickets SET state = 'pending', kid = ?, jwk = ?, device = ?, webauthn = ?
           WHERE ticket_id = ? AND state = 'issued'`,
        ...[c.kid, JSON.stringify(c.jwk), JSON.stringify(c.device)],
        ...[c.webauthn ? JSON.stringify(c.webauthn) : null, ticketId],
      );
    },
    spendTry: (ticketId) =>
      sql
        .one(
          `UPDATE tickets SET tries_left = tries_left - 1, state = CASE WHEN tries_left <= 1 THEN 'dead' ELSE state END
             WHERE ticket_id = ? RETURNING tries_left`,
          ticketId,
        )
        .int("tries_left"),
    settleTicket(ticketId, end, at) {
      const signed = end.state === "confirmed" ? end : undefined;
      sql.run(
        `UPDATE tickets SET state = ?, cred = ?, dir_mac = ?, settled_by = ?, settled_at = ?, code = ''
           WHERE ticket_id = ? AND state = 'pending'`,
        ...[end.state, signed?.cred ?? null, signed?.dir_mac ?? null, end.by, at, ticketId],
      );
    },

    isReplaced: (kid) => sql.get("SELECT 1 FROM tickets WHERE prev_kid = ? AND state = 'confirmed'", kid) !== undefined,

    credentials: (kind) => sql.all("SELECT * FROM credentials WHERE kind = ? ORDER BY idx", kind).map(credentialOf),
    credential(kind, name) {
      const row = sql.get(
        "SELECT * FROM credentials WHERE kind = ? AND name = ? ORDER BY idx DESC LIMIT 1",
        kind,
        name,
      );
      return row && credentialOf(row);
    },
    addCredential(c, sign, at) {
      const idx = sql
        .one(
          "INSERT INTO credentials (kind, name, sub, jws, changed_at) VALUES (?,?,?,'',?) RETURNING idx",
          ...[c.kind, c.name, c.sub, at],
        )
        .int("idx");
      const jws = sign(idx);
      sql.run("UPDATE credentials SET jws = ? WHERE idx = ?", jws, idx);
      return { ...c, idx, jws, status: STATUS.valid, changed_at: at };
    },
    setStatus(idx, status, reason, at) {
      sql.run(
        "UPDATE credentials SET status = ?, reason = ?, changed_at = ? WHERE idx = ?",
        status,
        reason ?? null,
        at,
        idx,
      );
    },
    setValidUntil(idx, until) {
      sql.run("UPDATE credentials SET valid_until = ? WHERE idx = ?", until, idx);
    },

    statusList: () => sql.get("SELECT jws FROM status_list")?.text("jws"),
    setStatusList(jws, at) {
      sql.run(
        "INSERT INTO status_list (one, jws, at) VALUES (1,?,?) ON CONFLICT (one) DO UPDATE SET jws = excluded.jws, at = excluded.at",
        ...[jws, at],
      );
    },
    reportStop(kid, standing, reason, gateway, at) {
      sql.run(
        "INSERT OR REPLACE INTO stop_reports (kid, standing, reason, gateway, at) VALUES (?,?,?,?,?)",
        ...[kid, standing, reason, gateway, at],
      );
    },
    takeStopReports() {
      const reports = sql.all("SELECT kid, standing, reason FROM stop_reports").map((row) => ({
        kid: row.text("kid"),
        standing: row.oneOf("standing", ["suspended", "revoked"]),
        reason: row.text("reason"),
      }));
      sql.run("DELETE FROM stop_reports");
      return reports;
    },
  };
}
