//! What organisations upload for their runs: suites and bundles of analyses.

use super::{Sql, StoreError};
use sqlx::Row;
use sqlx::any::AnyRow;

/// What is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    /// A suite, TOML.
    Suite,
    /// A bundle of SQL analyses, zip.
    Analyses,
}

impl Upload {
    /// As in the database, in addresses, and in parameters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suite => "suite",
            Self::Analyses => "analyses",
        }
    }
}

fn first_text(row: &AnyRow) -> Result<String, StoreError> {
    Ok(row.try_get(0)?)
}

impl Sql {
    /// Adds or replaces an upload.
    pub async fn put_upload(&self, kind: Upload, org: &str, name: &str, object: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO upload (org, kind, name, object) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (org, kind, name) DO UPDATE SET object = $4";
        let query = sqlx::query(sql).bind(org.to_owned()).bind(kind.as_str()).bind(name.to_owned());
        query.bind(object.to_owned()).execute(&self.pool).await?;
        Ok(())
    }

    /// Key of its object.
    pub async fn upload(&self, kind: Upload, org: &str, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT object FROM upload WHERE org = $1 AND kind = $2 AND name = $3";
        let query = sqlx::query(sql).bind(org.to_owned()).bind(kind.as_str()).bind(name.to_owned());
        query.fetch_optional(&self.pool).await?.as_ref().map(first_text).transpose()
    }

    /// Names of what was uploaded.
    pub async fn uploads(&self, kind: Upload, org: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT name FROM upload WHERE org = $1 AND kind = $2 ORDER BY name";
        self.all(sqlx::query(sql).bind(org.to_owned()).bind(kind.as_str()), first_text).await
    }

    /// Forgets an upload; false when there is none. Runs that were submitted with it keep their object.
    pub async fn delete_upload(&self, kind: Upload, org: &str, name: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM upload WHERE org = $1 AND kind = $2 AND name = $3";
        let query = sqlx::query(sql).bind(org.to_owned()).bind(kind.as_str()).bind(name.to_owned());
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }
}
