//! Whom to call when a run is submitted and when it ends.

use super::problem::ProblemBody;
use super::runs::is_id;
use super::view::rfc3339;
use super::{App, Problem, Scope};
use crate::store::accounts::Webhook;
use crate::webhook::target;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

/// Webhooks of an organisation at most.
const MOST: usize = 10;

/// A webhook to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// https, on a public address.
    url: String,
}

/// A webhook.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookView {
    /// Id.
    id: String,
    /// Where.
    url: String,
    /// RFC 3339.
    created: String,
    /// It said 410, or failed for days: no more calls.
    disabled: Option<String>,
    /// Key of its signatures (Standard Webhooks), told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

fn view(webhook: Webhook, secret: Option<String>) -> WebhookView {
    let (created, disabled) = (rfc3339(webhook.created_ms), webhook.disabled_ms.map(rfc3339));
    WebhookView { id: webhook.id, url: webhook.url, created, disabled, secret }
}

/// Webhooks of an organisation
#[utoipa::path(get, path = "/v1/orgs/{org}/webhooks", tag = "webhooks", security(("key" = [])), params(("org" = String, Path)),
    responses((status = 200, body = Vec<WebhookView>), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<App>,
    Path(org): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Vec<WebhookView>>, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Admin).await?;
    Ok(Json(app.store.webhooks(&org.id).await?.into_iter().map(|row| view(row, None)).collect()))
}

/// Ask to be called when a run is submitted and when it ends; calls are signed as Standard Webhooks say
#[utoipa::path(post, path = "/v1/orgs/{org}/webhooks", tag = "webhooks", security(("key" = [])), params(("org" = String, Path)), request_body = NewWebhook,
    responses((status = 201, body = WebhookView), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn create(
    State(app): State<App>,
    Path(org): Path<String>,
    headers: HeaderMap,
    Json(new): Json<NewWebhook>,
) -> Result<(StatusCode, Json<WebhookView>), Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Admin).await?;
    let unfit = |what: String| Problem::unfit("webhook", format!("url: {what}"));
    let (url, _) = target(&new.url, app.private_webhooks).await.map_err(unfit)?;
    if app.store.webhooks(&org.id).await?.len() >= MOST {
        return Err(Problem::unfit("webhook", format!("an organisation has at most {MOST} webhooks")));
    }
    let id = format!("wh_{}", uuid::Uuid::now_v7().simple());
    let webhook = Webhook {
        id,
        org: org.id,
        url: url.into(),
        created_ms: app.clock.now_ms(),
        disabled_ms: None,
        key_version: 0,
        rotated_ms: None,
    };
    app.store.add_webhook(&webhook).await?;
    let secret = app.secret.webhook_secret(&webhook.id, webhook.key_version);
    Ok((StatusCode::CREATED, Json(view(webhook, Some(secret)))))
}

/// Change the key of a webhook's signatures; for a day calls carry signatures of the old one as well
#[utoipa::path(post, path = "/v1/orgs/{org}/webhooks/{webhook}/rotate", tag = "webhooks", security(("key" = [])),
    params(("org" = String, Path), ("webhook" = String, Path)),
    responses((status = 200, body = WebhookView), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn rotate(
    State(app): State<App>,
    Path((org, webhook)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<WebhookView>, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Admin).await?;
    let rotated = match is_id(&webhook) {
        true => app.store.rotate_webhook(&org.id, &webhook, app.clock.now_ms()).await?,
        false => None,
    };
    let webhook = rotated.ok_or_else(|| Problem::missing("webhook"))?;
    let secret = app.secret.webhook_secret(&webhook.id, webhook.key_version);
    Ok(Json(view(webhook, Some(secret))))
}

/// No more calls
#[utoipa::path(delete, path = "/v1/orgs/{org}/webhooks/{webhook}", tag = "webhooks", security(("key" = [])),
    params(("org" = String, Path), ("webhook" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn delete(
    State(app): State<App>,
    Path((org, webhook)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Admin).await?;
    match is_id(&webhook) && app.store.delete_webhook(&org.id, &webhook).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::missing("webhook")),
    }
}
