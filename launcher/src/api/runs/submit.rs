//! A submission: the body by its kind, the parameters by their words, a run with its request frozen.

use super::is_id;
use crate::api::intake::{Boundary, plain};
use crate::api::problem::ProblemBody;
use crate::api::view::{RunView, path};
use crate::api::{App, Problem, Scope};
use crate::objects::{boundary_key, sha256};
use crate::run::{Request, Run};
use crate::runner::{StartError, launch};
use crate::store::uploads::Upload;
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
    /// Name of an uploaded bundle of SQL analyses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analyses: Option<String>,
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
    let request = Request {
        suite: app.uploaded(Upload::Suite, &org.id, parameters.suite.as_deref()).await?,
        analyses: app.uploaded(Upload::Analyses, &org.id, parameters.analyses.as_deref()).await?,
        args,
        ..Request::default()
    };
    let boundary = app.boundary(sent.bytes, sent.zipped, parameters.name.clone()).await?;
    let run = app.draft(&org.id, &key.id, &parameters, &boundary, request).await?;
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
    /// Key of an upload that a parameter names.
    async fn uploaded(&self, kind: Upload, org: &str, name: Option<&str>) -> Result<Option<String>, Problem> {
        let Some(name) = name else { return Ok(None) };
        let object = match is_id(name) {
            true => self.store.upload(kind, org, name).await?,
            false => None,
        };
        let missing = || Problem::unfit("parameter", format!("{}: nothing of that name was uploaded", kind.as_str()));
        object.map(Some).ok_or_else(missing)
    }

    /// A run that is not yet submitted, with its request frozen.
    async fn draft(
        &self,
        org: &str,
        actor: &str,
        parameters: &Parameters,
        boundary: &Boundary,
        request: Request,
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
            args: [request.args, self.task_args.clone()].concat(),
            database: self.to_database,
            progress_url: self.public_url.as_ref().map(|base| format!("{base}/v1/runs/{}/progress", run.id)),
            ..request
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
}
