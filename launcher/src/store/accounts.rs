//! Organisations, keys, webhooks, lists: what the HTTP service needs besides the runs' own promises.

use super::rows::{self, ORG};
use super::{Org, Sql, StoreError};
use crate::run::{Run, State};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Public part.
    pub id: String,
    /// Whose; none = the operator's.
    pub org: Option<String>,
    /// For people.
    pub name: String,
    /// Separated by commas.
    pub scopes: String,
    /// SHA-256 of the secret.
    pub sha256: String,
    /// Epoch milliseconds.
    pub created_ms: i64,
    /// No longer valid from then on.
    pub expires_ms: Option<i64>,
    /// Withdrawn.
    pub revoked_ms: Option<i64>,
}

/// Where an organisation wants to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Id.
    pub id: String,
    /// Whose.
    pub org: String,
    /// https.
    pub url: String,
    /// Epoch milliseconds.
    pub created_ms: i64,
    /// It said 410, or failed for days.
    pub disabled_ms: Option<i64>,
    /// Of its key; grows when the key is changed.
    pub key_version: i64,
    /// When it was.
    pub rotated_ms: Option<i64>,
}

/// A call to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Whom.
    pub webhook: String,
    /// About which run.
    pub run: String,
    /// About which of its events.
    pub version: i64,
    /// Calls that failed.
    pub tries: i64,
}

/// Which runs of an organisation.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only in this state.
    pub state: Option<State>,
    /// Submitted at that time or later.
    pub since_ms: Option<i64>,
    /// Below this generation: the end of the page before.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

const KEY: &str = "id, org, name, scopes, sha256, created_ms, expires_ms, revoked_ms";
const WEBHOOK: &str = "id, org, url, created_ms, disabled_ms, key_version, rotated_ms";

fn key(row: &AnyRow) -> Result<Key, StoreError> {
    Ok(Key {
        id: row.try_get(0)?,
        org: row.try_get(1)?,
        name: row.try_get(2)?,
        scopes: row.try_get(3)?,
        sha256: row.try_get(4)?,
        created_ms: row.try_get(5)?,
        expires_ms: row.try_get(6)?,
        revoked_ms: row.try_get(7)?,
    })
}

fn webhook(row: &AnyRow) -> Result<Webhook, StoreError> {
    Ok(Webhook {
        id: row.try_get(0)?,
        org: row.try_get(1)?,
        url: row.try_get(2)?,
        created_ms: row.try_get(3)?,
        disabled_ms: row.try_get(4)?,
        key_version: row.try_get(5)?,
        rotated_ms: row.try_get(6)?,
    })
}

fn delivery(row: &AnyRow) -> Result<Delivery, StoreError> {
    Ok(Delivery { webhook: row.try_get(0)?, run: row.try_get(1)?, version: row.try_get(2)?, tries: row.try_get(3)? })
}

impl Sql {
    /// All organisations, also those to be deleted.
    pub async fn orgs(&self) -> Result<Vec<Org>, StoreError> {
        self.all(sqlx::query(AssertSqlSafe(format!("SELECT {ORG} FROM org ORDER BY id"))), rows::org).await
    }

    /// Marks an organisation: no new runs; its data goes once its tasks have stopped. False when there is none.
    pub async fn delete_org(&self, id: &str, now_ms: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE org SET deleted_ms = $1 WHERE id = $2 AND deleted_ms IS NULL";
        let done = sqlx::query(sql).bind(now_ms).bind(id.to_owned()).execute(&self.pool).await?;
        let sql = "UPDATE api_key SET revoked_ms = $1 WHERE org = $2 AND revoked_ms IS NULL";
        sqlx::query(sql).bind(now_ms).bind(id.to_owned()).execute(&self.pool).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets an organisation and all that is its own, if none of its runs is active.
    pub async fn forget_org(&self, id: &str) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let sql = "UPDATE org SET current_run = NULL, published_run = NULL WHERE id = $1 AND deleted_ms IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM run WHERE org = $1 AND ended = 0)";
        let query = sqlx::query(sql).bind(id.to_owned()).execute(&mut *transaction).await?;
        if query.rows_affected() == 0 {
            return Ok(false);
        }
        for sql in [
            "DELETE FROM delivery WHERE run IN (SELECT id FROM run WHERE org = $1)",
            "DELETE FROM event WHERE run IN (SELECT id FROM run WHERE org = $1)",
            "DELETE FROM run WHERE org = $1",
            "DELETE FROM idempotency WHERE org = $1",
            "DELETE FROM webhook WHERE org = $1",
            "DELETE FROM upload WHERE org = $1",
            "DELETE FROM api_key WHERE org = $1",
            "DELETE FROM org WHERE id = $1",
        ] {
            sqlx::query(sql).bind(id.to_owned()).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Runs of an organisation, newest first.
    pub async fn list(&self, org: &str, filter: &Filter) -> Result<Vec<Run>, StoreError> {
        let sql = "SELECT document FROM run WHERE org = $1 AND generation < $2 AND created_ms >= $3 AND (state = $4 OR $4 = '')
                   ORDER BY generation DESC LIMIT $5";
        let query = sqlx::query(sql).bind(org.to_owned()).bind(filter.before.unwrap_or(i64::MAX));
        let query = query.bind(filter.since_ms.unwrap_or(0)).bind(filter.state.map_or("", State::as_str));
        self.all(query.bind(filter.limit), rows::run).await
    }

    /// Runs by state.
    pub async fn counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let query = sqlx::query("SELECT state, COUNT(*) FROM run GROUP BY state ORDER BY state");
        self.all(query, |row| Ok((row.try_get(0)?, row.try_get(1)?))).await
    }

    /// When the run that has waited longest for the driver was due; none when all is well.
    pub async fn oldest_due(&self, now_ms: i64) -> Result<Option<i64>, StoreError> {
        let query = sqlx::query("SELECT MIN(due_ms) FROM run WHERE ended = 0 AND due_ms > 0 AND due_ms <= $1");
        Ok(query.bind(now_ms).fetch_one(&self.pool).await?.try_get(0)?)
    }

    /// Adds a key.
    pub async fn add_key(&self, key: &Key) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_key (id, org, name, scopes, sha256, created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let query = sqlx::query(sql).bind(&key.id).bind(&key.org).bind(&key.name).bind(&key.scopes).bind(&key.sha256);
        query.bind(key.created_ms).bind(key.expires_ms).execute(&self.pool).await?;
        Ok(())
    }

    /// A key by its public part.
    pub async fn key(&self, id: &str) -> Result<Option<Key>, StoreError> {
        let sql = AssertSqlSafe(format!("SELECT {KEY} FROM api_key WHERE id = $1"));
        let row = sqlx::query(sql).bind(id.to_owned()).fetch_optional(&self.pool).await?;
        row.as_ref().map(key).transpose()
    }

    /// Keys of an organisation.
    pub async fn keys(&self, org: &str) -> Result<Vec<Key>, StoreError> {
        let sql = AssertSqlSafe(format!("SELECT {KEY} FROM api_key WHERE org = $1 ORDER BY created_ms, id"));
        self.all(sqlx::query(sql).bind(org.to_owned()), key).await
    }

    /// Withdraws a key of an organisation; false when it has none such.
    pub async fn revoke_key(&self, org: &str, id: &str, now_ms: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE api_key SET revoked_ms = $1 WHERE id = $2 AND org = $3 AND revoked_ms IS NULL";
        let query = sqlx::query(sql).bind(now_ms).bind(id.to_owned()).bind(org.to_owned());
        query.execute(&self.pool).await?;
        Ok(self.key(id).await?.is_some_and(|key| key.org.as_deref() == Some(org)))
    }

    /// Adds a webhook.
    pub async fn add_webhook(&self, webhook: &Webhook) -> Result<(), StoreError> {
        let sql = "INSERT INTO webhook (id, org, url, created_ms) VALUES ($1, $2, $3, $4)";
        let query = sqlx::query(sql).bind(&webhook.id).bind(&webhook.org).bind(&webhook.url).bind(webhook.created_ms);
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// Webhooks of an organisation.
    pub async fn webhooks(&self, org: &str) -> Result<Vec<Webhook>, StoreError> {
        let sql = AssertSqlSafe(format!("SELECT {WEBHOOK} FROM webhook WHERE org = $1 ORDER BY created_ms, id"));
        self.all(sqlx::query(sql).bind(org.to_owned()), webhook).await
    }

    /// A webhook.
    pub async fn webhook(&self, id: &str) -> Result<Option<Webhook>, StoreError> {
        let sql = AssertSqlSafe(format!("SELECT {WEBHOOK} FROM webhook WHERE id = $1"));
        let row = sqlx::query(sql).bind(id.to_owned()).fetch_optional(&self.pool).await?;
        row.as_ref().map(webhook).transpose()
    }

    /// Removes a webhook; false when the organisation has none such.
    pub async fn delete_webhook(&self, org: &str, id: &str) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM webhook WHERE id = $1 AND org = $2").bind(id.to_owned());
        let done = query.bind(org.to_owned()).execute(&self.pool).await?;
        sqlx::query("DELETE FROM delivery WHERE webhook NOT IN (SELECT id FROM webhook)").execute(&self.pool).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Another key for a webhook of an organisation; as it is now, none when there is none such.
    pub async fn rotate_webhook(&self, org: &str, id: &str, now_ms: i64) -> Result<Option<Webhook>, StoreError> {
        let sql = "UPDATE webhook SET key_version = key_version + 1, rotated_ms = $1 WHERE id = $2 AND org = $3";
        let query = sqlx::query(sql).bind(now_ms).bind(id.to_owned()).bind(org.to_owned());
        match query.execute(&self.pool).await?.rows_affected() {
            0 => Ok(None),
            _ => self.webhook(id).await,
        }
    }

    /// No more calls to it.
    pub async fn disable_webhook(&self, id: &str, now_ms: i64) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE webhook SET disabled_ms = $1 WHERE id = $2").bind(now_ms).bind(id.to_owned());
        query.execute(&self.pool).await?;
        sqlx::query("DELETE FROM delivery WHERE webhook = $1").bind(id.to_owned()).execute(&self.pool).await?;
        Ok(())
    }

    /// Calls to make now, not given to anybody else for `lease_ms`.
    pub async fn claim_deliveries(&self, now_ms: i64, lease_ms: i64) -> Result<Vec<Delivery>, StoreError> {
        let sql = "SELECT webhook, run, version, tries FROM delivery WHERE due_ms <= $1 ORDER BY due_ms LIMIT 50";
        let mut claimed = Vec::new();
        for row in self.all(sqlx::query(sql).bind(now_ms), delivery).await? {
            let sql =
                "UPDATE delivery SET due_ms = $1 WHERE webhook = $2 AND run = $3 AND version = $4 AND due_ms <= $5";
            let query = sqlx::query(sql).bind(now_ms + lease_ms).bind(&row.webhook).bind(&row.run).bind(row.version);
            if query.bind(now_ms).execute(&self.pool).await?.rows_affected() == 1 {
                claimed.push(row);
            }
        }
        Ok(claimed)
    }

    /// A call that was made, or is given up.
    pub async fn delivered(&self, call: &Delivery) -> Result<(), StoreError> {
        let sql = "DELETE FROM delivery WHERE webhook = $1 AND run = $2 AND version = $3";
        let query = sqlx::query(sql).bind(&call.webhook).bind(&call.run).bind(call.version);
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// A call to be made again.
    pub async fn redeliver(&self, call: &Delivery, due_ms: i64) -> Result<(), StoreError> {
        let sql = "UPDATE delivery SET tries = tries + 1, due_ms = $1 WHERE webhook = $2 AND run = $3 AND version = $4";
        let query = sqlx::query(sql).bind(due_ms).bind(&call.webhook).bind(&call.run).bind(call.version);
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// Ended runs, submitted before, whose leftovers are still there; not the published one of an organisation, nor the `keep` before it.
    pub async fn unswept(&self, before_ms: i64, keep: i64, limit: i64) -> Result<Vec<Run>, StoreError> {
        let sql = "SELECT r.document FROM run r JOIN org o ON o.id = r.org WHERE r.ended = 1 AND r.swept = 0 AND r.created_ms < $1
                   AND (o.published_run IS NULL OR o.published_run <> r.id)
                   AND (r.state <> 'succeeded' OR $2 < (SELECT COUNT(*) FROM run n WHERE n.org = r.org
                        AND n.generation > r.generation AND n.state = 'succeeded'))
                   ORDER BY r.created_ms LIMIT $3";
        self.all(sqlx::query(sql).bind(before_ms).bind(keep).bind(limit), rows::run).await
    }

    /// Published runs of an organisation that are newer than a generation.
    pub async fn published_after(&self, org: &str, generation: i64) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM run WHERE org = $1 AND generation > $2 AND state = 'succeeded'";
        let query = sqlx::query(sql).bind(org.to_owned()).bind(generation);
        Ok(query.fetch_one(&self.pool).await?.try_get(0)?)
    }

    /// Its leftovers are gone.
    pub async fn swept(&self, run: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE run SET swept = 1 WHERE id = $1").bind(run.to_owned()).execute(&self.pool).await?;
        Ok(())
    }
}
