//! Runs of an organisation: list, get, cancel; a submission is a file of its own.

pub mod submit;

pub use submit::OnActive;

use super::problem::ProblemBody;
use super::view::{RunView, epoch_ms};
use super::{App, Problem, Scope};
use crate::run::{Run, State};
use crate::state::{At, Input, apply};
use crate::store::RunStore;
use crate::store::accounts::Filter;
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// Whether a text could be one of our ids: a database need not be asked otherwise, and some take offence at odd characters.
pub fn is_id(text: &str) -> bool {
    (1..=80).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

impl App {
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
