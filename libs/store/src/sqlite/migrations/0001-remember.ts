/** Histories, runs, reports and tokens. Contents have their own table, so that scanning entries does not page over them. */
export const remember = `
  CREATE TABLE history (
    id TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    coverage TEXT NOT NULL DEFAULT '{}'
  ) STRICT;

  CREATE TABLE entry (
    history TEXT NOT NULL,
    seq INTEGER NOT NULL,
    key TEXT NOT NULL,
    event TEXT NOT NULL,
    report TEXT NOT NULL,
    run TEXT NOT NULL,
    revision TEXT NOT NULL,
    tool TEXT NOT NULL,
    scope TEXT NOT NULL,
    at TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    severity INTEGER NOT NULL,
    count INTEGER NOT NULL,
    closing TEXT,
    open INTEGER NOT NULL DEFAULT 0,
    suppressed INTEGER NOT NULL DEFAULT 0,
    fixed INTEGER NOT NULL DEFAULT 0,
    rules TEXT,
    min_path TEXT,
    max_path TEXT,
    kept_identities BLOB,
    kept_transitions BLOB,
    marks BLOB,
    pointers BLOB,
    hashes BLOB,
    firsts BLOB,
    seen_identities BLOB,
    seen_transitions BLOB,
    seen_places BLOB,
    PRIMARY KEY (history, seq)
  ) STRICT;
  CREATE INDEX entry_worst ON entry (severity DESC, history, seq) WHERE open + suppressed + fixed > 0;
  CREATE INDEX entry_of_report ON entry (report);
  CREATE INDEX entry_of_run ON entry (run, severity DESC, history, seq) WHERE seen_identities IS NOT NULL;

  CREATE TABLE content (
    history TEXT NOT NULL,
    seq INTEGER NOT NULL,
    batch BLOB NOT NULL,
    PRIMARY KEY (history, seq)
  ) STRICT;

  CREATE TABLE report (
    id TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    parsed TEXT NOT NULL,
    parse TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    closed TEXT
  ) STRICT;
  CREATE INDEX report_of_run ON report (run);
  CREATE INDEX report_newest ON report (stored_at DESC, id DESC);

  CREATE TABLE run (
    id TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL DEFAULT '',
    target TEXT NOT NULL DEFAULT '',
    revision TEXT NOT NULL DEFAULT '',
    phase INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    is_waiting INTEGER NOT NULL DEFAULT 0,
    requested TEXT,
    started TEXT,
    finished TEXT,
    assessed TEXT
  ) STRICT;
  CREATE INDEX run_newest ON run (created_at DESC, id DESC);
  CREATE INDEX run_waiting ON run (id) WHERE is_waiting = 1;

  CREATE TABLE task (
    run TEXT NOT NULL,
    task TEXT NOT NULL,
    finished TEXT NOT NULL,
    PRIMARY KEY (run, task)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE token (
    name TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT
  ) STRICT, WITHOUT ROWID;
`;
