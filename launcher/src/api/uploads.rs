//! What an organisation uploads for its runs: suites, and bundles of SQL analyses. Stored by content; runs name them.

use super::problem::ProblemBody;
use super::runs::is_id;
use super::{App, Problem, Scope, slug};
use crate::objects::{bundle_key, suite_key};
use crate::store::uploads::Upload;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use quietway_job::analyses::bundle;
use std::io::Cursor;

/// Largest suite.
const SUITE_BYTES_MAX: usize = 1 << 20;

impl App {
    async fn names(&self, kind: Upload, org: &str, headers: &HeaderMap) -> Result<Json<Vec<String>>, Problem> {
        let (org, _) = self.enter(headers, org, Scope::Read).await?;
        Ok(Json(self.store.uploads(kind, &org.id).await?))
    }

    /// Stores what was checked under its key, and its name.
    async fn keep(
        &self,
        kind: Upload,
        (org, name): (&str, &str),
        key: String,
        bytes: Bytes,
    ) -> Result<StatusCode, Problem> {
        self.objects.put(&key, bytes.to_vec()).await?;
        self.store.put_upload(kind, org, name, &key).await?;
        Ok(StatusCode::NO_CONTENT)
    }

    async fn forget(&self, kind: Upload, org: &str, name: &str, headers: &HeaderMap) -> Result<StatusCode, Problem> {
        let (org, _) = self.enter(headers, org, Scope::Admin).await?;
        match is_id(name) && self.store.delete_upload(kind, &org.id, name).await? {
            true => Ok(StatusCode::NO_CONTENT),
            false => Err(Problem::missing(kind.as_str())),
        }
    }
}

fn named(name: &str) -> Result<(), Problem> {
    slug(name).map_err(|what| Problem::unfit("parameter", format!("name: {what}")))
}

fn too_large(what: &'static str) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", what)
}

/// Names of an organisation's suites
#[utoipa::path(get, path = "/v1/orgs/{org}/suites", tag = "administration", security(("key" = [])), params(("org" = String, Path)),
    responses((status = 200, body = Vec<String>), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn list_suites(
    State(app): State<App>,
    Path(org): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Vec<String>>, Problem> {
    app.names(Upload::Suite, &org, &headers).await
}

/// Upload a suite (TOML); runs name it with `suite=`
#[utoipa::path(put, path = "/v1/orgs/{org}/suites/{name}", tag = "administration", security(("key" = [])),
    params(("org" = String, Path), ("name" = String, Path)), request_body(content = String, content_type = "text/plain"),
    responses((status = 204), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn put_suite(
    State(app): State<App>,
    Path((org, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Admin).await?;
    named(&name)?;
    if body.len() > SUITE_BYTES_MAX {
        return Err(too_large("a suite has at most 1 MiB"));
    }
    if body.is_empty() {
        return Err(Problem::unfit("suite", "the body is empty; send the suite as text/plain"));
    }
    let text = std::str::from_utf8(&body).map_err(|_| Problem::unfit("suite", "the suite is not UTF-8 text"))?;
    toml::from_str::<toml::Table>(text)
        .map_err(|cause| Problem::unfit("suite", format!("the suite is not TOML: {cause}")))?;
    app.keep(Upload::Suite, (&org.id, &name), suite_key(&body), body).await
}

/// Forget a suite; runs that were submitted with it keep it
#[utoipa::path(delete, path = "/v1/orgs/{org}/suites/{name}", tag = "administration", security(("key" = [])),
    params(("org" = String, Path), ("name" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn delete_suite(
    State(app): State<App>,
    Path((org, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    app.forget(Upload::Suite, &org, &name, &headers).await
}

/// Names of an organisation's bundles of SQL analyses
#[utoipa::path(get, path = "/v1/orgs/{org}/analyses", tag = "administration", security(("key" = [])), params(("org" = String, Path)),
    responses((status = 200, body = Vec<String>), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn list_bundles(
    State(app): State<App>,
    Path(org): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Vec<String>>, Problem> {
    app.names(Upload::Analyses, &org, &headers).await
}

/// Upload a bundle of SQL analyses: a zip of `NN-name.sql`, `.postgis.sql` and `.sqlite.sql` files; runs name it with `analyses=`
#[utoipa::path(put, path = "/v1/orgs/{org}/analyses/{name}", tag = "administration", security(("key" = [])),
    params(("org" = String, Path), ("name" = String, Path)),
    request_body(content((Vec<u8> = "application/zip"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 204), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn put_bundle(
    State(app): State<App>,
    Path((org, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Admin).await?;
    named(&name)?;
    if body.len() as u64 > bundle::BYTES_MAX {
        return Err(too_large("a bundle of analyses has at most 1 MiB"));
    }
    let zip = body.clone();
    // Off the threads that answer requests. Which tables the run itself makes, only the analysis knows.
    let checked = tokio::task::spawn_blocking(move || bundle::read(Cursor::new(&zip), zip.len() as u64, &|_| false));
    let checked = checked.await.map_err(|_| Problem::unfit("analyses", "the bundle cannot be read"))?;
    checked.map_err(|error| Problem::unfit("analyses", error.to_string()))?;
    app.keep(Upload::Analyses, (&org.id, &name), bundle_key(&body), body).await
}

/// Forget a bundle of SQL analyses; runs that were submitted with it keep it
#[utoipa::path(delete, path = "/v1/orgs/{org}/analyses/{name}", tag = "administration", security(("key" = [])),
    params(("org" = String, Path), ("name" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn delete_bundle(
    State(app): State<App>,
    Path((org, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    app.forget(Upload::Analyses, &org, &name, &headers).await
}
