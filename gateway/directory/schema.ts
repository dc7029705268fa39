/** The directory's own database. Never the gateway's: the hospital owns it (protocol.md 1, point 6). */
export const DIRECTORY_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE approvers (
    sub TEXT PRIMARY KEY, name TEXT NOT NULL, reg_no TEXT, npi TEXT, pools TEXT NOT NULL, roles TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE tickets (
    ticket_id TEXT PRIMARY KEY, sub TEXT NOT NULL, code TEXT NOT NULL, issued_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL, tries_left INTEGER NOT NULL, nonce TEXT NOT NULL, state TEXT NOT NULL,
    kid TEXT, jwk TEXT, device TEXT, webauthn TEXT, prev_kid TEXT, cred TEXT, dir_mac TEXT, settled_by TEXT,
    settled_at INTEGER
  ) STRICT;
  CREATE INDEX tickets_pending ON tickets (state) WHERE state = 'pending';
  CREATE TABLE credentials (
    idx INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL, sub TEXT NOT NULL,
    jws TEXT NOT NULL, status INTEGER NOT NULL DEFAULT 0, reason TEXT, changed_at INTEGER NOT NULL,
    valid_until INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX one_credential_per_key ON credentials (name) WHERE kind = 'approver';
  CREATE TABLE status_list (one INTEGER PRIMARY KEY CHECK (one = 1), jws TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE TABLE stop_reports (
    kid TEXT PRIMARY KEY, standing TEXT NOT NULL, reason TEXT NOT NULL, gateway TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
