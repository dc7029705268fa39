/**
 * The schema, one entry per version: a new version is a new entry, an old entry never changes. Version 1 keeps what
 * the Store port names. Uniqueness that the protocol promises is a constraint here, not only a check in code:
 * ConsumeOnce (nonces), one answer per (kid, jti), one live decision per person and per key, one execution per revision.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE requests (
    rid TEXT NOT NULL, rev INTEGER NOT NULL, dig TEXT NOT NULL UNIQUE, jws TEXT NOT NULL,
    iat INTEGER NOT NULL, exp INTEGER NOT NULL, submit_by INTEGER NOT NULL, grant_exp INTEGER NOT NULL,
    nonce TEXT NOT NULL UNIQUE, agent TEXT NOT NULL, task_id TEXT NOT NULL, task_idx INTEGER NOT NULL,
    op_dig TEXT NOT NULL, action TEXT NOT NULL, aud TEXT NOT NULL, need INTEGER NOT NULL, risk TEXT NOT NULL,
    state TEXT NOT NULL, changed_at INTEGER NOT NULL, execute_at INTEGER, uses_left INTEGER NOT NULL DEFAULT 0,
    grant_until INTEGER,
    PRIMARY KEY (rid, rev)
  ) STRICT;
  CREATE INDEX requests_live ON requests (state) WHERE state IN ('open', 'partial', 'approved', 'executing');
  CREATE INDEX requests_task ON requests (agent, task_id);
  CREATE INDEX requests_op ON requests (op_dig);
  CREATE TABLE request_audience (
    aud TEXT NOT NULL, iat INTEGER NOT NULL, rid TEXT NOT NULL, rev INTEGER NOT NULL,
    PRIMARY KEY (aud, iat, rid, rev)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE nonces (nonce TEXT PRIMARY KEY, rid TEXT NOT NULL, rev INTEGER NOT NULL, at INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
  CREATE TABLE idempotency (
    agent TEXT NOT NULL, key TEXT NOT NULL, rid TEXT NOT NULL, fingerprint TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (agent, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE answers (
    kid TEXT NOT NULL, jti TEXT NOT NULL, dig TEXT NOT NULL, kind TEXT NOT NULL, jws TEXT NOT NULL,
    receipt TEXT NOT NULL, result TEXT NOT NULL, code TEXT, rid TEXT, rev INTEGER, at INTEGER NOT NULL,
    PRIMARY KEY (kid, jti)
  ) STRICT;
  CREATE INDEX answers_rid ON answers (rid);
  CREATE TABLE decisions (
    n INTEGER PRIMARY KEY AUTOINCREMENT, dig TEXT NOT NULL UNIQUE, rid TEXT NOT NULL, rev INTEGER NOT NULL,
    kid TEXT NOT NULL, sub TEXT NOT NULL, decision TEXT NOT NULL, jws TEXT NOT NULL, iat INTEGER NOT NULL,
    at INTEGER NOT NULL, live INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX decisions_request ON decisions (rid, rev);
  CREATE UNIQUE INDEX one_live_decision_per_person ON decisions (rid, rev, sub) WHERE live = 1;
  CREATE UNIQUE INDEX one_live_decision_per_key ON decisions (rid, rev, kid) WHERE live = 1;
  CREATE TABLE chain_heads (kid TEXT PRIMARY KEY, n INTEGER NOT NULL, prev TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE statements (
    dig TEXT PRIMARY KEY, kid TEXT NOT NULL, sub TEXT NOT NULL, kind TEXT NOT NULL, jws TEXT NOT NULL, rid TEXT,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE events (
    n INTEGER PRIMARY KEY AUTOINCREMENT, jti TEXT NOT NULL UNIQUE, dig TEXT NOT NULL, name TEXT NOT NULL,
    jws TEXT NOT NULL, rid TEXT, rev INTEGER, at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX events_rid ON events (rid);

  CREATE TABLE leaves (
    idx INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash BLOB NOT NULL, obj TEXT NOT NULL, type TEXT NOT NULL
  ) STRICT;
  CREATE INDEX leaves_obj ON leaves (obj);
  CREATE INDEX leaves_hash ON leaves (hash);
  CREATE TABLE tree_nodes (
    level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, idx)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE feed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, body TEXT NOT NULL, except_sub TEXT, except_kid TEXT,
    only_kid TEXT, at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE feed_audience (aud TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (aud, seq)) STRICT, WITHOUT ROWID;

  CREATE TABLE executions (
    exec_id TEXT PRIMARY KEY, rid TEXT NOT NULL, rev INTEGER NOT NULL, started_at INTEGER NOT NULL,
    finished_at INTEGER, outcome TEXT
  ) STRICT;
  CREATE INDEX executions_unfinished ON executions (exec_id) WHERE finished_at IS NULL;
  CREATE TABLE tokens (
    idx INTEGER PRIMARY KEY AUTOINCREMENT, jti TEXT NOT NULL UNIQUE, rid TEXT NOT NULL, rev INTEGER NOT NULL,
    exp INTEGER NOT NULL, uses_left INTEGER NOT NULL, revoked_at INTEGER, reason TEXT
  ) STRICT;
  CREATE INDEX tokens_rid ON tokens (rid);
  CREATE INDEX tokens_exp ON tokens (exp);

  CREATE TABLE key_standing (
    kid TEXT PRIMARY KEY, standing TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE webauthn_counts (kid TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE published (dig TEXT PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE TABLE paused (kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, id))
    STRICT, WITHOUT ROWID;
  `,
  // 2: a leaf's own row holds the subtrees it completes, and what finds a leaf by name is written with its checkpoint,
  // before which no proof of it is asked for. A decision's commit writes one page for the log, not five. A name is the end
  // of an object's digest or the beginning of a leaf's hash: short, so that many go on a page; the leaf has the whole.
  // The history of an operation, which an agent may repeat without end, is counted from its index alone.
  `
  DROP INDEX requests_op;
  CREATE INDEX requests_op ON requests (op_dig, rid, state, changed_at);
  ALTER TABLE leaves ADD COLUMN closed BLOB NOT NULL DEFAULT x'';
  CREATE TEMP TABLE closed_by AS
    SELECT (idx + 1) * (1 << level) - 1 AS leaf, unhex(group_concat(hex(hash), '' ORDER BY level)) AS hashes
      FROM tree_nodes GROUP BY leaf;
  UPDATE leaves SET closed = c.hashes FROM closed_by c WHERE c.leaf = leaves.idx;
  DROP TABLE closed_by;
  DROP TABLE tree_nodes;
  DROP INDEX leaves_obj;
  DROP INDEX leaves_hash;
  CREATE TABLE leaf_names (name TEXT NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (name, idx)) STRICT, WITHOUT ROWID;
  INSERT INTO leaf_names (name, idx)
    SELECT substr(obj, -8), idx FROM leaves WHERE idx < (SELECT COALESCE(MAX(size), 0) FROM checkpoints);
  INSERT INTO leaf_names (name, idx)
    SELECT substr(hex(hash), 1, 12), idx FROM leaves WHERE idx < (SELECT COALESCE(MAX(size), 0) FROM checkpoints);
  `,
  // 3: what is asked of people is counted by agent and by patient. Requests of before count for no patient: the windows of
  // budgets are shorter than a day.
  `
  ALTER TABLE requests ADD COLUMN patient TEXT NOT NULL DEFAULT '';
  CREATE INDEX requests_agent ON requests (agent, iat, state, changed_at);
  CREATE INDEX requests_patient ON requests (patient, iat, state) WHERE patient <> '';
  `,
  // 4: agents that were switched off for good, and as what each asked, the first time.
  `
  CREATE TABLE disabled_agents (agent TEXT PRIMARY KEY, dig TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE agent_traits (
    agent TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (agent, kind, value)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO agent_traits (agent, kind, value, at)
    SELECT agent, 'action', action, MIN(iat) FROM requests GROUP BY agent, action;
  `,
  // 5: the index of reports: narrow rows, so that a filter looks at many in a moment. State, and what follows from it, is
  // kept by a trigger, since several statements move a request. A patient is in no column any more but as a keyed digest;
  // what was stored before is taken over by the next opening (`report-backlog.ts`), as far as `report_backlog` says.
  `
  DROP INDEX requests_patient;
  CREATE TABLE report_names (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, label TEXT NOT NULL DEFAULT '', UNIQUE (kind, value)
  ) STRICT;
  CREATE TABLE report_rows (
    n INTEGER PRIMARY KEY, rid TEXT NOT NULL, rev INTEGER NOT NULL, iat INTEGER NOT NULL, due_at INTEGER NOT NULL,
    agent INTEGER NOT NULL, model INTEGER, type INTEGER NOT NULL, risk TEXT NOT NULL, state TEXT NOT NULL,
    changed_at INTEGER NOT NULL, decision TEXT, decided_at INTEGER, problems INTEGER NOT NULL DEFAULT 0,
    review INTEGER NOT NULL DEFAULT 0, units TEXT NOT NULL, blind INTEGER NOT NULL,
    listed INTEGER NOT NULL DEFAULT 1,
    words INTEGER, fields INTEGER, conflicts INTEGER, must INTEGER, quarantined INTEGER, changed INTEGER NOT NULL,
    denied_before INTEGER NOT NULL, claim_chars INTEGER NOT NULL, UNIQUE (rid, rev)
  ) STRICT;
  CREATE INDEX report_iat ON report_rows (iat);
  CREATE INDEX report_decided ON report_rows (decided_at) WHERE decided_at IS NOT NULL;
  CREATE INDEX report_agent ON report_rows (agent, iat);
  CREATE INDEX report_problems ON report_rows (iat) WHERE problems <> 0;
  CREATE INDEX report_review ON report_rows (iat) WHERE review <> 0;
  CREATE TABLE report_units (
    unit INTEGER NOT NULL, iat INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (unit, iat, n)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE report_patients (
    patient BLOB NOT NULL, iat INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (patient, iat, n)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE report_decisions (
    n INTEGER NOT NULL, place INTEGER NOT NULL, signer INTEGER NOT NULL, iat INTEGER NOT NULL, decision TEXT NOT NULL,
    at INTEGER NOT NULL, reason TEXT, overrides TEXT, opened_at INTEGER, active_ms INTEGER, unseen INTEGER, below INTEGER,
    PRIMARY KEY (n, place)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX report_signer ON report_decisions (signer, iat, n);
  CREATE TRIGGER report_state AFTER UPDATE OF state ON requests BEGIN
    UPDATE report_rows SET state = NEW.state, changed_at = NEW.changed_at,
        listed = NEW.state <> 'superseded' OR decided_at IS NOT NULL,
        problems = problems | CASE NEW.state WHEN 'revoked' THEN 4 WHEN 'failed' THEN 8 WHEN 'expired' THEN 32 ELSE 0 END
      WHERE rid = NEW.rid AND rev = NEW.rev;
  END;
  CREATE TABLE report_backlog (one INTEGER PRIMARY KEY CHECK (one = 1), done INTEGER NOT NULL) STRICT;
  INSERT INTO report_backlog (one, done) SELECT 1, 0 WHERE EXISTS (SELECT 1 FROM requests);
  CREATE TABLE exports (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sub TEXT NOT NULL, at INTEGER NOT NULL, said TEXT NOT NULL,
    record TEXT NOT NULL, idx INTEGER NOT NULL, announced_rows INTEGER, finished_at INTEGER, rows INTEGER,
    digest TEXT, finished_idx INTEGER
  ) STRICT;
  ALTER TABLE statements ADD COLUMN jti TEXT NOT NULL DEFAULT '';
  UPDATE statements SET jti = COALESCE(
    (SELECT a.jti FROM answers a WHERE a.kid = statements.kid AND a.dig = statements.dig AND a.kind = 'statement'), '');
  ALTER TABLE statements ADD COLUMN rev INTEGER;
  ALTER TABLE statements ADD COLUMN about TEXT;
  CREATE INDEX statements_rid ON statements (rid) WHERE rid IS NOT NULL;
  CREATE INDEX statements_about ON statements (about) WHERE about IS NOT NULL;
  ALTER TABLE paused ADD COLUMN statement TEXT;
  `,
  // 6: how far the hospital's record has been given the evidence that the log speaks of, and what its server refused.
  `
  CREATE TABLE evidence_cursor (id INTEGER PRIMARY KEY CHECK (id = 1), leaf INTEGER NOT NULL) STRICT;
  CREATE TABLE evidence_refused (
    leaf INTEGER NOT NULL, part INTEGER NOT NULL, type TEXT NOT NULL, status INTEGER NOT NULL, tries INTEGER NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (leaf, part)
  ) STRICT, WITHOUT ROWID;
  `,
  // 7: what policy allowed without a person and the gateway carried out itself.
  `
  CREATE TABLE allowed_acts (
    id TEXT PRIMARY KEY, agent TEXT NOT NULL, key TEXT, what TEXT NOT NULL, act TEXT NOT NULL, dig TEXT NOT NULL,
    started_at INTEGER NOT NULL, finished_at INTEGER, outcome TEXT
  ) STRICT;
  CREATE UNIQUE INDEX allowed_acts_key ON allowed_acts (agent, key) WHERE key IS NOT NULL;
  CREATE INDEX allowed_acts_unfinished ON allowed_acts (id) WHERE finished_at IS NULL;
  `,
  // 8: what is about patients is sealed (docs/decisions/0015): `sealed` beside the text that is empty then. Keys are wrapped,
  // an erased one is NULL. What was stored before is sealed by the next opening (`seal-backlog.ts`), stage by stage, as far
  // as `seal_backlog` says. The feed points at requests and events instead of holding them again; of the one before, readers
  // take a snapshot (protocol.md 3.4.4).
  `
  CREATE TABLE patient_keys (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, patient BLOB UNIQUE, wrapped BLOB, made_at INTEGER NOT NULL,
    erased_at INTEGER, record TEXT
  ) STRICT;
  CREATE TABLE subject_keys (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rid TEXT, patient INTEGER, wrapped BLOB, since INTEGER NOT NULL,
    erased_at INTEGER, record TEXT
  ) STRICT;
  CREATE INDEX subject_keys_rid ON subject_keys (rid) WHERE rid IS NOT NULL;
  CREATE INDEX subject_keys_patient ON subject_keys (patient) WHERE patient IS NOT NULL;
  CREATE INDEX subject_keys_since ON subject_keys (since) WHERE erased_at IS NULL;
  CREATE TABLE holds (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, patient INTEGER, rid TEXT, at INTEGER NOT NULL,
    record TEXT NOT NULL, released_at INTEGER, released TEXT
  ) STRICT;
  CREATE INDEX holds_active ON holds (id) WHERE released_at IS NULL;
  ALTER TABLE requests ADD COLUMN sealed BLOB;
  ALTER TABLE decisions ADD COLUMN sealed BLOB;
  ALTER TABLE answers ADD COLUMN sealed BLOB;
  ALTER TABLE statements ADD COLUMN sealed BLOB;
  ALTER TABLE events ADD COLUMN sealed BLOB;
  ALTER TABLE published ADD COLUMN sealed BLOB;
  ALTER TABLE executions ADD COLUMN kind TEXT;
  ALTER TABLE executions ADD COLUMN status INTEGER;
  ALTER TABLE executions ADD COLUMN sealed BLOB;
  ALTER TABLE allowed_acts ADD COLUMN sealed_act BLOB;
  ALTER TABLE allowed_acts ADD COLUMN kind TEXT;
  ALTER TABLE allowed_acts ADD COLUMN status INTEGER;
  ALTER TABLE allowed_acts ADD COLUMN sealed BLOB;
  ALTER TABLE feed ADD COLUMN request TEXT;
  ALTER TABLE feed ADD COLUMN event TEXT;
  INSERT INTO meta (name, value) SELECT 'feed_pruned_to', CAST(MAX(seq) AS TEXT) FROM feed HAVING MAX(seq) IS NOT NULL
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
  DELETE FROM feed_audience;
  DELETE FROM feed WHERE seq < (SELECT MAX(seq) FROM feed);
  UPDATE feed SET body = '{}';
  CREATE TABLE seal_backlog (one INTEGER PRIMARY KEY CHECK (one = 1), stage INTEGER NOT NULL, done INTEGER NOT NULL) STRICT;
  INSERT INTO seal_backlog (one, stage, done) SELECT 1, 0, 0
    WHERE EXISTS (SELECT 1 FROM requests) OR EXISTS (SELECT 1 FROM published) OR EXISTS (SELECT 1 FROM allowed_acts);
  `,
  // 9: the place of what was erased in the list of its record (docs/decisions/0016). What was erased before has none.
  `
  ALTER TABLE subject_keys ADD COLUMN place TEXT;
  `,
  // 10: how far a change of the store's key is, while one is under way: `next` is a seal by the key that wraps from now on.
  `
  CREATE TABLE key_change (
    one INTEGER PRIMARY KEY CHECK (one = 1), next TEXT NOT NULL, stage INTEGER NOT NULL, done INTEGER NOT NULL,
    wrapped INTEGER NOT NULL
  ) STRICT;
  `,
  // 11: a request's sealed text in a table of its own, so that a row that changes its state is small. One of before keeps
  // its text where it is: nothing has to be written anew, and it is found there. The feed points at receipts as well.
  `
  CREATE TABLE request_texts (n INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL) STRICT;
  ALTER TABLE requests ADD COLUMN text INTEGER;
  ALTER TABLE feed ADD COLUMN answer TEXT;
  `,
];
