//! Results of a published run, and what its task printed.

use super::problem::ProblemBody;
use super::view::path;
use super::{App, Problem, Scope, files};
use crate::database::views_of;
use crate::objects::Access;
use crate::run::{Run, State};
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use quietway_job::manifest::{FILE_NAME, Manifest};
use serde::{Deserialize, Serialize};

/// Lines of a log at most.
const LINES_MAX: usize = 1_000;

/// Endings of files and their types.
const TYPES: [(&str, &str); 9] = [
    (".json", "application/json"),
    (".geojson", "application/geo+json"),
    (".csv", "text/csv"),
    (".gz", "application/gzip"),
    (".zip", "application/zip"),
    (".gpkg", "application/geopackage+sqlite3"),
    (".pmtiles", "application/vnd.pmtiles"),
    (".parquet", "application/vnd.apache.parquet"),
    (".md", "text/markdown"),
];

fn media_type(path: &str) -> &'static str {
    TYPES.iter().find(|(ending, _)| path.ends_with(ending)).map_or("application/octet-stream", |(_, kind)| kind)
}

/// A file of the results.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResultFile {
    /// Path inside the results.
    path: String,
    /// Size.
    bytes: u64,
    /// Of the content, hexadecimal.
    sha256: String,
    /// Where it is; may lead on to an address that is valid for a while.
    href: String,
}

/// Results of a run.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Results {
    /// Which run.
    run: String,
    /// Whether these are the organisation's visible results now.
    published: bool,
    /// Published all the same.
    warning: Option<String>,
    /// Schema of views of these results in the operator's database, for those who may read them there.
    #[serde(skip_serializing_if = "Option::is_none")]
    views: Option<String>,
    /// As the run wrote it: parameters, inputs, scores.
    #[schema(value_type = Object)]
    manifest: serde_json::Value,
    /// All files.
    files: Vec<ResultFile>,
}

impl App {
    /// The manifest of a published run.
    async fn manifest(&self, run: &Run) -> Result<(String, Manifest), Problem> {
        let Some(prefix) = run.prefix.clone().filter(|_| run.state == State::Succeeded) else {
            let detail = format!("the run is {}; it has results once it has succeeded", run.state.as_str());
            return Err(Problem::conflict("not-published", detail, Some(run.id.clone())));
        };
        let bytes = self.objects.get(&format!("{prefix}/{FILE_NAME}")).await?;
        let gone = || {
            Problem::new(
                StatusCode::GONE,
                "gone",
                "the results of this run were deleted after newer ones were published",
            )
        };
        let manifest = serde_json::from_slice(&bytes.ok_or_else(gone)?);
        Ok((prefix, manifest.map_err(|_| Problem::unavailable("the manifest of this run cannot be read"))?))
    }
}

/// The files of a run that has succeeded
#[utoipa::path(
    get, path = "/v1/orgs/{org}/runs/{run}/results", tag = "results", security(("key" = [])),
    params(("org" = String, Path), ("run" = String, Path)),
    responses((status = 200, body = Results), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
pub async fn list(
    Shared(app): Shared<App>,
    Path((org, run)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Results>, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Read).await?;
    let run = app.run_of(&org.id, &run).await?;
    let (_, manifest) = app.manifest(&run).await?;
    let files = manifest.artifacts.iter().map(|file| ResultFile {
        path: file.path.clone(),
        bytes: file.bytes,
        sha256: file.sha256.clone(),
        href: format!("{}/results/{}", path(&run), file.path),
    });
    let files = files.collect();
    let published = org.published_run.as_ref() == Some(&run.id);
    let manifest = serde_json::to_value(manifest).unwrap_or_default();
    let views = (published && run.request.database).then(|| views_of(&org.id));
    Ok(Json(Results { run: run.id, published, views, warning: run.warning, manifest, files }))
}

/// A file of a run that has succeeded
#[utoipa::path(
    get, path = "/v1/orgs/{org}/runs/{run}/results/{*file}", tag = "results", security(("key" = [])),
    params(("org" = String, Path), ("run" = String, Path), ("file" = String, Path)),
    responses((status = 200, body = String, content_type = "application/octet-stream"), (status = 206), (status = 307, description = "Where it is"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
pub async fn file(
    Shared(app): Shared<App>,
    Path((org, run, file)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Read).await?;
    let run = app.run_of(&org.id, &run).await?;
    let (prefix, manifest) = app.manifest(&run).await?;
    // Only what the manifest lists, so a path cannot lead anywhere else.
    if file != FILE_NAME && !manifest.artifacts.iter().any(|artifact| artifact.path == file) {
        return Err(Problem::missing("file"));
    }
    let kind = media_type(&file);
    match app.objects.access(&format!("{prefix}/{file}"), kind).await? {
        None => Err(Problem::missing("file")),
        Some(Access::Url(url)) => Ok(Redirect::temporary(&url).into_response()),
        Some(Access::File(path)) => files::serve(&path, kind, &headers).await,
        Some(Access::Bytes(bytes)) => {
            let mut response = bytes.into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            Ok(response)
        }
    }
}

/// How much of the log.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Last lines, up to 1000.
    #[param(minimum = 1, maximum = 1000)]
    lines: Option<usize>,
}

/// Last lines of what a task printed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Log {
    /// Of the newest attempt; empty before it has a task.
    lines: Vec<String>,
}

/// What the task of a run printed last
#[utoipa::path(
    get, path = "/v1/orgs/{org}/runs/{run}/logs", tag = "results", security(("key" = [])),
    params(("org" = String, Path), ("run" = String, Path), LogQuery),
    responses((status = 200, body = Log), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
pub async fn logs(
    Shared(app): Shared<App>,
    Path((org, run)): Path<(String, String)>,
    Query(query): Query<LogQuery>,
    headers: HeaderMap,
) -> Result<Json<Log>, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Read).await?;
    let run = app.run_of(&org.id, &run).await?;
    let lines = query.lines.unwrap_or(100);
    if !(1..=LINES_MAX).contains(&lines) {
        return Err(Problem::bad("lines: from 1 to 1000"));
    }
    let token = app.secret.task_token(&run.id);
    let lines = match &run.task {
        Some(task) => app.runner.logs(task, lines).await?,
        None => Vec::new(),
    };
    // A task that prints its environment does not give its token away.
    Ok(Json(Log { lines: lines.into_iter().map(|line| line.replace(&token, "…")).collect() }))
}
