//! Tables, in the SQL that SQLite and PostgreSQL both take: text ids, whole milliseconds, partial unique indexes.

use sqlx::{AnyPool, AssertSqlSafe, Row};

/// Migrations in order; one that was released is never changed.
const MIGRATIONS: [&str; 2] = [
    "
CREATE TABLE org (
    id            TEXT PRIMARY KEY,
    generation    BIGINT NOT NULL,
    current_run   TEXT,
    published_run TEXT,
    created_ms    BIGINT NOT NULL,
    deleted_ms    BIGINT
);
CREATE TABLE run (
    id         TEXT PRIMARY KEY,
    org        TEXT NOT NULL REFERENCES org (id),
    generation BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    state      TEXT NOT NULL,
    wanted     BIGINT NOT NULL,
    ended      BIGINT NOT NULL,
    may_exist  BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    due_ms     BIGINT NOT NULL,
    swept      BIGINT NOT NULL,
    document   TEXT NOT NULL
);
CREATE UNIQUE INDEX run_generation ON run (org, generation);
CREATE UNIQUE INDEX run_one_wanted ON run (org) WHERE wanted = 1 AND ended = 0;
CREATE INDEX run_due ON run (due_ms, created_ms) WHERE ended = 0;
CREATE INDEX run_active ON run (org, generation) WHERE ended = 0;
CREATE INDEX run_recent ON run (org, created_ms);
CREATE INDEX run_tasks ON run (id) WHERE may_exist = 1;
CREATE INDEX run_unswept ON run (created_ms) WHERE ended = 1 AND swept = 0;
CREATE TABLE event (
    run      TEXT NOT NULL REFERENCES run (id),
    version  BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (run, version)
);
CREATE TABLE idempotency (
    org         TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    run         TEXT NOT NULL,
    expires_ms  BIGINT NOT NULL,
    PRIMARY KEY (org, key)
);
CREATE TABLE api_key (
    id         TEXT PRIMARY KEY,
    org        TEXT,
    name       TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    revoked_ms BIGINT
);
CREATE TABLE suite (
    org    TEXT NOT NULL,
    name   TEXT NOT NULL,
    object TEXT NOT NULL,
    PRIMARY KEY (org, name)
);
CREATE TABLE webhook (
    id          TEXT PRIMARY KEY,
    org         TEXT NOT NULL,
    url         TEXT NOT NULL,
    created_ms  BIGINT NOT NULL,
    disabled_ms BIGINT
);
CREATE TABLE delivery (
    webhook TEXT NOT NULL,
    run     TEXT NOT NULL,
    version BIGINT NOT NULL,
    tries   BIGINT NOT NULL,
    due_ms  BIGINT NOT NULL,
    PRIMARY KEY (webhook, run, version)
);
CREATE INDEX delivery_due ON delivery (due_ms);
",
    "
CREATE TABLE upload (
    org    TEXT NOT NULL,
    kind   TEXT NOT NULL,
    name   TEXT NOT NULL,
    object TEXT NOT NULL,
    PRIMARY KEY (org, kind, name)
);
INSERT INTO upload (org, kind, name, object) SELECT org, 'suite', name, object FROM suite;
DROP TABLE suite;
ALTER TABLE webhook ADD COLUMN key_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhook ADD COLUMN rotated_ms BIGINT;
",
];

/// Only one launcher migrates at a time: on PostgreSQL the lock is the table, on SQLite the file.
pub async fn migrate(pool: &AnyPool, is_postgres: bool) -> Result<(), sqlx::Error> {
    sqlx::query("CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY)").execute(pool).await.or_else(
        // Two that create it at once: one of them is told so, and it is there.
        |error| if error.as_database_error().is_some() { Ok(Default::default()) } else { Err(error) },
    )?;
    let mut transaction = pool.begin().await?;
    if is_postgres {
        sqlx::query("LOCK TABLE migration IN ACCESS EXCLUSIVE MODE").execute(&mut *transaction).await?;
    }
    let row = sqlx::query("SELECT COUNT(*) FROM migration").fetch_one(&mut *transaction).await?;
    let done: i64 = row.try_get(0)?;
    for (number, text) in MIGRATIONS.iter().enumerate().skip(done as usize) {
        for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut *transaction).await?;
        }
        sqlx::query("INSERT INTO migration (number) VALUES ($1)")
            .bind(number as i64)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

/// Migrations that this version knows.
pub fn version() -> i64 {
    MIGRATIONS.len() as i64
}
