//! Who calls, and what that allows. Keys look like `qw_<id>_<secret><check>`; the database holds the secret's hash.

use super::runs::is_id;
use super::{App, Problem};
use crate::objects::sha256;
use crate::secret::{equal, random_hex};
use crate::store::accounts::Key;
use crate::store::{Org, RunStore};
use axum::http::{HeaderMap, StatusCode, header};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What a key may do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    clap::ValueEnum,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Start runs.
    Submit,
    /// See runs and results.
    Read,
    /// Stop runs.
    Cancel,
    /// Suites and webhooks of the organisation; with a key of no organisation: everything.
    Admin,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Read => "read",
            Self::Cancel => "cancel",
            Self::Admin => "admin",
        }
    }
}

/// Length of the check at the end of a key: a mistyped key needs no database.
const CHECK: usize = 6;

/// A new key: what is stored, and what its owner is told, once.
///
/// # Errors
/// The system has no randomness.
pub fn new_key(
    org: Option<&str>,
    name: &str,
    scopes: &[Scope],
    created_ms: i64,
    expires_ms: Option<i64>,
) -> Result<(Key, String), String> {
    let (id, secret) = (random_hex(8)?, random_hex(20)?);
    let told = format!("qw_{id}_{secret}{}", &sha256(format!("{id}{secret}").as_bytes())[..CHECK]);
    let mut scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let key = Key {
        id,
        org: org.map(Into::into),
        name: name.into(),
        scopes: scopes.join(","),
        sha256: sha256(secret.as_bytes()),
        created_ms,
        expires_ms,
        revoked_ms: None,
    };
    Ok((key, told))
}

/// Id and secret of a key that could be one.
fn parse(text: &str) -> Option<(&str, &str)> {
    let (id, rest) = text.strip_prefix("qw_")?.split_once('_')?;
    let (secret, check) = rest.split_at_checked(rest.len().checked_sub(CHECK)?)?;
    let expected = sha256(format!("{id}{secret}").as_bytes());
    (check == &expected[..CHECK] && is_id(id)).then_some((id, secret))
}

/// The token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn unauthorized() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "send a valid API key: Authorization: Bearer qw_…")
}

fn forbidden(scope: Scope) -> Problem {
    let detail = format!("this key has not the scope {}", scope.as_str());
    Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
}

impl App {
    /// The key of a request, if it is valid and not used too fast.
    pub(super) async fn key(&self, headers: &HeaderMap) -> Result<Key, Problem> {
        let (id, secret) = bearer(headers).and_then(parse).ok_or_else(unauthorized)?;
        let key = self.store.key(id).await?.ok_or_else(unauthorized)?;
        let now_ms = self.clock.now_ms();
        let valid = key.revoked_ms.is_none() && key.expires_ms.is_none_or(|until_ms| now_ms < until_ms);
        if !valid || !equal(&sha256(secret.as_bytes()), &key.sha256) {
            return Err(unauthorized());
        }
        if !self.rates.take(&key.id, now_ms, self.limits.requests_per_second) {
            let detail = "too many requests with this key; slow down";
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail);
            return Err(Problem { retry_after_s: Some(1), ..problem });
        }
        Ok(key)
    }

    /// The organisation of a path, if the caller may do this there. A foreign one is none.
    pub(super) async fn enter(&self, headers: &HeaderMap, org: &str, scope: Scope) -> Result<(Org, Key), Problem> {
        let key = self.key(headers).await?;
        if key.org.as_deref().is_some_and(|own| own != org) || !is_id(org) {
            return Err(Problem::missing("organisation"));
        }
        let operates = key.org.is_none() && key.has(Scope::Admin);
        if !(key.has(scope) || operates) {
            return Err(forbidden(scope));
        }
        let found = self.store.org(org).await?.filter(|org| org.deleted_ms.is_none());
        Ok((found.ok_or_else(|| Problem::missing("organisation"))?, key))
    }

    /// The operator.
    pub(super) async fn operator(&self, headers: &HeaderMap) -> Result<Key, Problem> {
        let key = self.key(headers).await?;
        match key.org.is_none() && key.has(Scope::Admin) {
            true => Ok(key),
            false => Err(forbidden(Scope::Admin)),
        }
    }
}

impl Key {
    fn has(&self, scope: Scope) -> bool {
        self.scopes.split(',').any(|own| own == scope.as_str())
    }
}

/// Buckets of requests, one a key.
#[derive(Debug, Default)]
pub struct Rates {
    buckets: Mutex<HashMap<String, (f64, i64)>>,
}

impl Rates {
    /// Whether a key may make another request.
    fn take(&self, key: &str, now_ms: i64, per_second: f64) -> bool {
        let burst = (per_second * 10.0).max(1.0);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > 100_000 {
            buckets.clear(); // keys are few; this only bounds the memory
        }
        let (level, since_ms) = buckets.entry(key.to_owned()).or_insert((burst, now_ms));
        *level = (*level + per_second * (now_ms - *since_ms).max(0) as f64 / 1000.0).min(burst);
        *since_ms = now_ms;
        let allowed = *level >= 1.0;
        *level -= f64::from(u8::from(allowed));
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_once_and_stored_hashed() {
        let (key, told) =
            new_key(Some("springfield"), "ci", &[Scope::Read, Scope::Submit, Scope::Read], 5, None).unwrap();
        let (id, secret) = parse(&told).unwrap();
        assert_eq!((id, sha256(secret.as_bytes())), (key.id.as_str(), key.sha256.clone()));
        assert_eq!(key.scopes, "read,submit");
        assert!(!format!("{key:?}").contains(secret));
        for wrong in ["", "qw_", "qw_a_b", &told[1..], &told[..told.len() - 1], &format!("{told}0"), "qw_é_ééé"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_has_a_rate() {
        let rates = Rates::default();
        let taken = |now_ms| (0..1_000).filter(|_| rates.take("a", now_ms, 2.0)).count();
        assert_eq!([taken(0), taken(0), taken(1_000)], [20, 0, 2]);
        assert!(rates.take("b", 0, 2.0));
    }
}
