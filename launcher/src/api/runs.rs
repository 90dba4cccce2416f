//! Submit, list, get, cancel.

use super::intake::{Boundary, plain};
use super::problem::ProblemBody;
use super::view::{RunView, epoch_ms, path};
use super::{App, Problem, Scope};
use crate::objects::{boundary_key, sha256};
use crate::run::{Request, Run, State};
use crate::runner::{StartError, launch};
use crate::state::{At, Input, apply};
use crate::store::accounts::Filter;
use crate::store::{Idempotency, RunStore, Submission, Submitted};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Path, Query, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A key of a client is remembered for a day.
const KEY_LIFE_MS: i64 = 24 * 3_600_000;

/// Formats of the analysis.
const FORMATS: [&str; 5] = ["gpkg", "geojson", "csv", "shp", "parquet"];

/// What happens to an active run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnActive {
    /// It is stopped, the new one takes its place.
    #[default]
    Supersede,
    /// The new one is refused (409).
    Reject,
}

/// Parameters of a submission.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::IntoParams, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Parameters {
    /// Name of the place; else the boundary's property `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Edition of the method: `current` or `reference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// Name of an uploaded suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// Formats of the data, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formats: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What happens to an active run.
    #[serde(default)]
    pub on_active: OnActive,
    /// Only if this run is the active one; `none`: only if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_current: Option<String>,
}

impl Parameters {
    /// Arguments of the task: each is one of a few words, never a client's text.
    fn args(&self) -> Result<Vec<String>, Problem> {
        let mut args = Vec::new();
        if let Some(edition) = &self.edition {
            if !["current", "reference"].contains(&edition.as_str()) {
                return Err(Problem::unfit("parameter", "edition: it is current or reference"));
            }
            args.extend(["--edition".to_owned(), edition.clone()]);
        }
        if let Some(formats) = &self.formats {
            if let Some(odd) = formats.split(',').find(|format| !FORMATS.contains(format)) {
                let odd = plain(odd);
                return Err(Problem::unfit("parameter", format!("formats: {odd:?} is none of {}", FORMATS.join(", "))));
            }
            args.extend(["--formats".to_owned(), formats.clone()]);
        }
        if let Some(country) = &self.country {
            if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_alphabetic()) {
                return Err(Problem::unfit(
                    "parameter",
                    "country: two letters (ISO 3166-1 alpha-2), for example US or FI",
                ));
            }
            args.extend(["--country".to_owned(), country.to_ascii_uppercase()]);
        }
        Ok(args)
    }

    fn map(&self) -> BTreeMap<String, serde_json::Value> {
        let value = serde_json::to_value(self).unwrap_or_default();
        value.as_object().map(|map| map.clone().into_iter().collect()).unwrap_or_default()
    }
}

/// A submission as the client sent it.
struct Sent {
    bytes: Vec<u8>,
    zipped: bool,
    parameters: Parameters,
}

/// The body by its content type: GeoJSON, a zip file, or a form with a file and parameters.
async fn read(request: axum::extract::Request, query: Parameters, app: &App) -> Result<Sent, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let zipped = matches!(kind.as_str(), "application/zip" | "application/x-zip-compressed");
    match kind.as_str() {
        "application/geo+json" | "application/json" | "application/zip" | "application/x-zip-compressed" => {
            let bytes =
                Bytes::from_request(request, app).await.map_err(|error| refused(error.status(), error.body_text()))?;
            Ok(Sent { bytes: bytes.to_vec(), zipped, parameters: query })
        }
        "multipart/form-data" => form(request, query, app).await,
        _ => Err(refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send the boundary as application/geo+json, application/zip (a shapefile) or multipart/form-data".into(),
        )),
    }
}

fn refused(status: StatusCode, text: String) -> Problem {
    let kind = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported-media-type",
        _ => "bad-request",
    };
    Problem::new(status, kind, text)
}

async fn form(request: axum::extract::Request, query: Parameters, app: &App) -> Result<Sent, Problem> {
    let form = Multipart::from_request(request, app).await;
    let mut form = form.map_err(|error| refused(error.status(), error.body_text()))?;
    let (mut sent, mut parameters) = (None, query);
    let failed = |error: axum::extract::multipart::MultipartError| refused(error.status(), error.body_text());
    while let Some(field) = form.next_field().await.map_err(failed)? {
        match field.name().unwrap_or_default().to_owned().as_str() {
            "boundary" => {
                let bytes = field.bytes().await.map_err(failed)?.to_vec();
                sent = Some((bytes.starts_with(b"PK"), bytes));
            }
            "parameters" => {
                let text = field.bytes().await.map_err(failed)?;
                let read = serde_json::from_slice(&text);
                parameters = read.map_err(|cause| Problem::bad(format!("the part \"parameters\": {cause}")))?;
            }
            _ => return Err(Problem::bad("the form has the parts boundary (a file) and parameters (JSON), no others")),
        }
    }
    let (zipped, bytes) = sent.ok_or_else(|| Problem::bad("the form has no part \"boundary\""))?;
    Ok(Sent { bytes, zipped, parameters })
}

/// Start an analysis; it takes the place of the organisation's active one
#[utoipa::path(
    post, path = "/v1/orgs/{org}/runs", tag = "runs", security(("key" = [])),
    params(
        ("org" = String, Path), Parameters,
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key is the same request, for a day"),
    ),
    request_body(content = Object, content_type = "application/geo+json", description = "Also application/zip (a shapefile) and multipart/form-data"),
    responses(
        (status = 202, body = RunView, headers(("location" = String))),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn submit(
    Shared(app): Shared<App>,
    Path(org): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Result<Response, Problem> {
    let (org, key) = app.enter(&headers, &org, Scope::Submit).await?;
    let idempotency_key = idempotency_key(&headers)?;
    let sent = read(request, query, &app).await?;
    let text = serde_json::to_string(&sent.parameters).unwrap_or_default();
    let now_ms = app.clock.now_ms();
    let idempotency = idempotency_key.map(|key| Idempotency {
        key,
        fingerprint: sha256(format!("{}\n{text}", sha256(&sent.bytes)).as_bytes()),
        expires_ms: now_ms + KEY_LIFE_MS,
    });
    let parameters = sent.parameters;
    let args = parameters.args()?;
    let suite = app.suite(&org.id, &parameters).await?;
    let boundary = app.boundary(sent.bytes, sent.zipped, parameters.name.clone()).await?;
    let run = app.draft(&org.id, &key.id, &parameters, &boundary, suite, args).await?;
    app.objects.put(&run.request.boundary, boundary.bytes).await?;
    let expected = parameters.expected_current.map(|run| (run != "none").then_some(run));
    let submission = Submission {
        run,
        reject_if_active: parameters.on_active == OnActive::Reject,
        expected_current: expected,
        idempotency,
        hourly_limit: app.limits.submissions_per_hour,
    };
    answer(app.submit(&submission).await?)
}

fn answer(submitted: Submitted) -> Result<Response, Problem> {
    let run = match submitted {
        Submitted::New(run) | Submitted::Same(run) => run,
        Submitted::OtherRequest => {
            return Err(Problem::unfit("idempotency-key", "this Idempotency-Key was used with another request"));
        }
        Submitted::Active(run) => return Err(Problem::conflict("active", "another run is active", Some(run.id))),
        Submitted::NotCurrent => return Err(Problem::conflict("not-current", "no run is active", None)),
        Submitted::TooMany => {
            let detail = "the organisation has submitted too many runs in the last hour";
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-submissions", detail);
            return Err(Problem { retry_after_s: Some(300), ..problem });
        }
    };
    let mut response = (StatusCode::ACCEPTED, Json(RunView::from(&*run))).into_response();
    if let Ok(location) = HeaderValue::from_str(&path(&run)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    Ok(response)
}

/// Whether a text could be one of our ids: a database need not be asked otherwise, and some take offence at odd characters.
pub fn is_id(text: &str) -> bool {
    (1..=80).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// The client's key: a structured-field string in quotes, or the bare word.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    match (1..=255).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(Some(bare.to_owned())),
        false => Err(Problem::bad("Idempotency-Key: 1 to 255 visible ASCII characters, in quotes")),
    }
}

impl App {
    async fn suite(&self, org: &str, parameters: &Parameters) -> Result<Option<String>, Problem> {
        let Some(name) = &parameters.suite else { return Ok(None) };
        let object = match is_id(name) {
            true => self.store.suite(org, name).await?,
            false => None,
        };
        object.map(Some).ok_or_else(|| Problem::unfit("parameter", "suite: no suite of that name was uploaded"))
    }

    /// A run that is not yet submitted, with its request frozen.
    async fn draft(
        &self,
        org: &str,
        actor: &str,
        parameters: &Parameters,
        boundary: &Boundary,
        suite: Option<String>,
        args: Vec<String>,
    ) -> Result<Run, Problem> {
        let id = uuid::Uuid::now_v7().to_string();
        let mut run = Run::new(id, org.to_owned(), 0, self.clock.now_ms());
        run.actor = actor.to_owned();
        run.name.clone_from(&boundary.name);
        run.parameters = parameters.map();
        if !boundary.notes.is_empty() {
            run.parameters.insert("boundary_notes".into(), boundary.notes.clone().into());
        }
        let token = self.secret.task_token(&run.id);
        run.token_sha256 = sha256(token.as_bytes());
        run.request = Request {
            boundary: boundary_key(&boundary.bytes),
            suite,
            args: [args, self.task_args.clone()].concat(),
            progress_url: self.public_url.as_ref().map(|base| format!("{base}/v1/runs/{}/progress", run.id)),
            platform: BTreeMap::new(),
        };
        let launch =
            launch(&Run { attempt: 1, generation: i64::MAX, ..run.clone() }, &token, &|key| self.objects.place(key));
        run.request.platform = self.runner.freeze(&launch).await.map_err(|error| match error {
            StartError::Refused(detail) => Problem::unfit("parameter", detail),
            other => Problem::unavailable(other.to_string()),
        })?;
        Ok(run)
    }

    async fn submit(&self, submission: &Submission) -> Result<Submitted, Problem> {
        let submitted = self.store.submit(submission, &self.rules).await?;
        self.metrics.count("quietway_submissions_total", submitted.outcome());
        if let Submitted::New(run) = &submitted {
            tracing::info!(run = run.id, org = run.org, actor = run.actor, generation = run.generation, "submitted");
            self.driver.nudge();
        }
        Ok(submitted)
    }

    /// A run of an organisation; a foreign one is none.
    pub(super) async fn run_of(&self, org: &str, id: &str) -> Result<Run, Problem> {
        let run = match is_id(id) {
            true => self.store.run(id).await?.filter(|run| run.org == org),
            false => None,
        };
        run.ok_or_else(|| Problem::missing("run"))
    }

    /// Writes down what a client or a task did to a run, whoever else changes it meanwhile; none when it changes nothing.
    pub(super) async fn change(
        &self,
        mut run: Run,
        input: &Input,
        actor: &str,
        due_ms: i64,
    ) -> Result<Option<Run>, Problem> {
        for _ in 0..50 {
            let at = At { now_ms: self.clock.now_ms(), actor };
            let Some(step) = apply(&run, input.clone(), at, &self.rules) else { return Ok(None) };
            if self.store.save(&step, due_ms).await? {
                self.metrics.moved(&run, &step.run);
                self.driver.nudge();
                return Ok(Some(step.run));
            }
            run = self.store.run(&run.id).await?.ok_or_else(|| Problem::missing("run"))?;
        }
        Err(Problem::unavailable("the run changes too fast; try again"))
    }
}

#[cfg(test)]
impl App {
    pub(crate) async fn change_for_tests(&self, id: &str, input: Input) {
        let run = self.store.run(id).await.unwrap().unwrap();
        assert!(self.change(run, &input, "test", 0).await.unwrap().is_some());
    }
}

/// Filters of the list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only in this state.
    pub state: Option<State>,
    /// Submitted at this time (RFC 3339 or epoch milliseconds) or later.
    pub since: Option<String>,
    /// At most so many, up to 100.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// From the page before.
    pub cursor: Option<i64>,
}

/// A page of runs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RunPage {
    /// Newest first.
    runs: Vec<RunView>,
    /// For the next page; none at the end.
    next_cursor: Option<i64>,
}

/// Runs of an organisation, newest first
#[utoipa::path(
    get, path = "/v1/orgs/{org}/runs", tag = "runs", security(("key" = [])),
    params(("org" = String, Path), ListQuery),
    responses((status = 200, body = RunPage), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
pub async fn list(
    Shared(app): Shared<App>,
    Path(org): Path<String>,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Read).await?;
    let since_ms = match query.since.as_deref() {
        Some(text) => Some(epoch_ms(text).ok_or_else(|| Problem::bad("since: a time such as 2026-01-31T12:00:00Z"))?),
        None => None,
    };
    let limit = query.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Problem::bad("limit: from 1 to 100"));
    }
    let filter = Filter { state: query.state, since_ms, before: query.cursor, limit: limit + 1 };
    let mut runs = app.store.list(&org.id, &filter).await?;
    let more = runs.len() > limit as usize;
    runs.truncate(limit as usize);
    let next_cursor = runs.last().filter(|_| more).map(|run| run.generation);
    let page = RunPage { runs: runs.iter().map(RunView::from).collect(), next_cursor };
    let mut response = Json(page).into_response();
    if let Some(cursor) = next_cursor {
        let state = query.state.map(|state| format!("&state={}", state.as_str())).unwrap_or_default();
        let since = since_ms.map(|ms| format!("&since={ms}")).unwrap_or_default();
        let link = format!("</v1/orgs/{}/runs?cursor={cursor}&limit={limit}{state}{since}>; rel=\"next\"", org.id);
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

/// The newest run
#[utoipa::path(
    get, path = "/v1/orgs/{org}/runs/current", tag = "runs", security(("key" = [])), params(("org" = String, Path)),
    responses((status = 200, body = RunView), (status = 304), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
pub async fn current(
    Shared(app): Shared<App>,
    Path(org): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Read).await?;
    let id = org.current_run.ok_or_else(|| Problem::missing("run"))?;
    Ok(tagged(&app.run_of(&org.id, &id).await?, &headers))
}

/// A run
#[utoipa::path(
    get, path = "/v1/orgs/{org}/runs/{run}", tag = "runs", security(("key" = [])),
    params(("org" = String, Path), ("run" = String, Path)),
    responses((status = 200, body = RunView), (status = 304), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
pub async fn get(
    Shared(app): Shared<App>,
    Path((org, run)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Read).await?;
    Ok(tagged(&app.run_of(&org.id, &run).await?, &headers))
}

/// With its version as ETag, so that asking again is cheap.
fn tagged(run: &Run, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}-{}\"", run.id, run.version);
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    let same = asked.split(',').any(|asked| asked.trim().trim_start_matches("W/") == tag);
    let mut response = match same {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Json(RunView::from(run)).into_response(),
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Stop a run; asked again, or after its end, it changes nothing
#[utoipa::path(
    post, path = "/v1/orgs/{org}/runs/{run}/cancel", tag = "runs", security(("key" = [])),
    params(("org" = String, Path), ("run" = String, Path)),
    responses((status = 200, body = RunView), (status = 202, body = RunView), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
pub async fn cancel(
    Shared(app): Shared<App>,
    Path((org, run)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (org, key) = app.enter(&headers, &org, Scope::Cancel).await?;
    let run = app.run_of(&org.id, &run).await?;
    let id = run.id.clone();
    let run = match app.change(run, &Input::Cancel, &key.id, 0).await? {
        Some(run) => run,
        None => app.run_of(&org.id, &id).await?,
    };
    let status = if run.state.is_final() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(RunView::from(&run))).into_response())
}
