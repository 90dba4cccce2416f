//! What tasks tell, and how the launcher itself is.

use super::caller::bearer;
use super::problem::ProblemBody;
use super::runs::is_id;
use super::{App, Problem};
use crate::objects::sha256;
use crate::secret::equal;
use crate::state::Input;
use crate::store::RunStore;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use quietway_job::progress::Event;
use std::fmt::Write;

/// A run that tells of itself need not be looked at sooner than this.
const LOOK_AGAIN_MS: i64 = 2_000;

/// Longest name of a stage.
const STAGE_MAX: usize = 60;

/// What the task tells
#[utoipa::path(
    put, path = "/v1/runs/{run}/progress", tag = "tasks", security(("task" = [])), params(("run" = String, Path)),
    request_body(content = Object, description = "An event of the analysis, as `quietway run --progress json` prints it"),
    responses((status = 204), (status = 410, body = ProblemBody, content_type = "application/problem+json", description = "Stop: nobody wants the result any more"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
pub async fn progress(
    State(app): State<App>,
    Path(run): Path<String>,
    headers: HeaderMap,
    body: Result<Json<Event>, axum::extract::rejection::JsonRejection>,
) -> Result<StatusCode, Problem> {
    let refused = || Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "send the token of this run's task");
    let token = bearer(&headers).ok_or_else(refused)?;
    // Nobody learns by a token whether a run exists.
    let run = match is_id(&run) {
        true => app.store.run(&run).await?.ok_or_else(refused)?,
        false => return Err(refused()),
    };
    if !equal(&sha256(token.as_bytes()), &run.token_sha256) {
        return Err(refused());
    }
    let gone = || Problem::new(StatusCode::GONE, "superseded", "nobody wants the result of this run any more; stop");
    if run.state.is_final() || run.ending.is_some() {
        return Err(gone());
    }
    let Json(event) = body.map_err(|error| Problem::bad(error.body_text()))?;
    let (stage, fraction) = match event {
        Event::Started { stage, fraction } => (Some(stage), fraction),
        Event::Finished { fraction, .. } => (None, fraction),
        Event::Plan { .. } | Event::Download { .. } | Event::Note { .. } => (None, run.fraction),
    };
    let stage = stage.map(|stage| super::intake::plain(&stage).chars().take(STAGE_MAX).collect());
    let due_ms = app.clock.now_ms() + LOOK_AGAIN_MS;
    match app.change(run, &Input::Progress { stage, fraction }, "task", due_ms).await? {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Err(gone()),
    }
}

/// The process answers
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// It can take and start runs
#[utoipa::path(get, path = "/readyz", tag = "operation", responses((status = 200, body = String, content_type = "text/plain"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    app.store.ready().await.map_err(|error| Problem::unavailable(error.to_string()))?;
    app.runner.ready().await.map_err(|error| Problem::unavailable(error.to_string()))?;
    Ok("ready\n")
}

/// Counts for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, body = String, content_type = "text/plain"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let mut text = app.metrics.text();
    text.push_str("# HELP quietway_runs Runs by state.\n# TYPE quietway_runs gauge\n");
    for (state, count) in app.store.counts().await? {
        let _ = writeln!(text, "quietway_runs{{state=\"{state}\"}} {count}");
    }
    let now_ms = app.clock.now_ms();
    let lag_s = app.store.oldest_due(now_ms).await?.map_or(0.0, |due_ms| (now_ms - due_ms) as f64 / 1000.0);
    text.push_str("# HELP quietway_driver_lag_seconds How long the most overdue run has waited for the driver.\n");
    let _ = writeln!(text, "# TYPE quietway_driver_lag_seconds gauge\nquietway_driver_lag_seconds {lag_s}");
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text))
}
