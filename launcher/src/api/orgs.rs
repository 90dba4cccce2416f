//! Organisations and their keys.

use super::problem::ProblemBody;
use super::runs::is_id;
use super::view::rfc3339;
use super::{App, Problem, Scope, new_key};
use crate::store::accounts::Key;
use crate::store::{Org, RunStore};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

/// A name that may be part of keys and addresses.
///
/// # Errors
/// What it must look like.
pub fn slug(text: &str) -> Result<(), String> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    match (1..=40).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('-') && !text.ends_with('-') {
        true => Ok(()),
        false => Err("1 to 40 small letters, digits and hyphens inside".into()),
    }
}

/// A new organisation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrg {
    /// Small letters, digits and hyphens.
    #[schema(pattern = "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
    id: String,
}

/// All organisations (operator)
#[utoipa::path(get, path = "/v1/orgs", tag = "administration", security(("key" = [])),
    responses((status = 200, body = Vec<Org>), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Json<Vec<Org>>, Problem> {
    app.operator(&headers).await?;
    Ok(Json(app.store.orgs().await?))
}

/// Add an organisation (operator)
#[utoipa::path(post, path = "/v1/orgs", tag = "administration", security(("key" = [])), request_body = NewOrg,
    responses((status = 201, body = Org), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    Json(new): Json<NewOrg>,
) -> Result<(StatusCode, Json<Org>), Problem> {
    app.operator(&headers).await?;
    slug(&new.id).map_err(|what| Problem::unfit("parameter", format!("id: {what}")))?;
    app.store.add_org(&new.id, app.clock.now_ms()).await?;
    let org = app.store.org(&new.id).await?.ok_or_else(|| Problem::missing("organisation"))?;
    Ok((StatusCode::CREATED, Json(org)))
}

/// An organisation
#[utoipa::path(get, path = "/v1/orgs/{org}", tag = "administration", security(("key" = [])), params(("org" = String, Path)),
    responses((status = 200, body = Org), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn get(State(app): State<App>, Path(org): Path<String>, headers: HeaderMap) -> Result<Json<Org>, Problem> {
    Ok(Json(app.enter(&headers, &org, Scope::Read).await?.0))
}

/// Delete an organisation (operator): its runs are stopped first, its data goes after that
#[utoipa::path(delete, path = "/v1/orgs/{org}", tag = "administration", security(("key" = [])), params(("org" = String, Path)),
    responses((status = 202), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn delete(
    State(app): State<App>,
    Path(org): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let key = app.operator(&headers).await?;
    app.enter(&headers, &org, Scope::Admin).await?;
    app.store.delete_org(&org, app.clock.now_ms()).await?; // from here on nothing new is submitted
    if let Err(error) = app.driver.end_all(&org, &key.id).await {
        tracing::warn!(org, "{error}; upkeep will stop its runs");
    }
    Ok(StatusCode::ACCEPTED)
}

/// A key to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// For people.
    #[serde(default)]
    name: String,
    /// What it may do.
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    /// Days until it is no longer valid.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 3650)]
    expires_days: Option<f64>, // in JSON 30.0 is a whole number too
}

/// A key, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeyView {
    /// Public part.
    id: String,
    /// For people.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// RFC 3339.
    created: String,
    /// No longer valid from then on.
    expires: Option<String>,
    /// Withdrawn.
    revoked: Option<String>,
    /// The key itself, told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

fn view(key: Key, told: Option<String>) -> KeyView {
    KeyView {
        id: key.id,
        name: key.name,
        scopes: key.scopes.split(',').map(Into::into).collect(),
        created: rfc3339(key.created_ms),
        expires: key.expires_ms.map(rfc3339),
        revoked: key.revoked_ms.map(rfc3339),
        key: told,
    }
}

/// Keys of an organisation (operator)
#[utoipa::path(get, path = "/v1/orgs/{org}/keys", tag = "administration", security(("key" = [])), params(("org" = String, Path)),
    responses((status = 200, body = Vec<KeyView>), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn list_keys(
    State(app): State<App>,
    Path(org): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Vec<KeyView>>, Problem> {
    app.operator(&headers).await?;
    let (org, _) = app.enter(&headers, &org, Scope::Admin).await?;
    Ok(Json(app.store.keys(&org.id).await?.into_iter().map(|key| view(key, None)).collect()))
}

/// Make a key (operator); it is told once
#[utoipa::path(post, path = "/v1/orgs/{org}/keys", tag = "administration", security(("key" = [])), params(("org" = String, Path)), request_body = NewKey,
    responses((status = 201, body = KeyView), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn create_key(
    State(app): State<App>,
    Path(org): Path<String>,
    headers: HeaderMap,
    Json(new): Json<NewKey>,
) -> Result<(StatusCode, Json<KeyView>), Problem> {
    app.operator(&headers).await?;
    let (org, _) = app.enter(&headers, &org, Scope::Admin).await?;
    let whole = |days: f64| (1.0..=3650.0).contains(&days) && days.fract() == 0.0;
    if new.scopes.is_empty() || new.expires_days.is_some_and(|days| !whole(days)) {
        return Err(Problem::unfit("parameter", "scopes: at least one; expires_days: a whole number from 1 to 3650"));
    }
    let now_ms = app.clock.now_ms();
    let expires_ms = new.expires_days.map(|days| now_ms + days as i64 * 86_400_000);
    let name = super::intake::plain(&new.name);
    let (key, told) = new_key(Some(&org.id), &name, &new.scopes, now_ms, expires_ms).map_err(Problem::unavailable)?;
    app.store.add_key(&key).await?;
    Ok((StatusCode::CREATED, Json(view(key, Some(told)))))
}

/// Withdraw a key (operator); it is refused from now on
#[utoipa::path(delete, path = "/v1/orgs/{org}/keys/{id}", tag = "administration", security(("key" = [])), params(("org" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn revoke_key(
    State(app): State<App>,
    Path((org, key)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    app.operator(&headers).await?;
    match is_id(&org) && is_id(&key) && app.store.revoke_key(&org, &key, app.clock.now_ms()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::missing("key")),
    }
}
