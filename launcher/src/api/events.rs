//! Events of a run as a stream (server-sent events): the id of an event is the version it made, so a client goes on where it was cut off.

use super::problem::ProblemBody;
use super::{App, Problem, Scope};
use crate::run::Event;
use crate::store::RunStore;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response, Sse as Stream};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

/// How often the database is asked for news.
const POLL: Duration = Duration::from_millis(500);

/// Longest silence on the line.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a client should wait before it comes again.
const RETRY: Duration = Duration::from_secs(2);

/// One event of the stream, as a client's reader of such streams gives it.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct StreamEvent {
    /// Version of the run that it made; goes back as `Last-Event-ID`.
    id: String,
    /// `run`.
    event: String,
    /// JSON: version, at_ms, state, cause, actor, stage, fraction.
    #[schema(content_media_type = "application/json")]
    data: String,
    /// Milliseconds to wait before coming again.
    retry: Option<i64>,
}

struct Cursor {
    app: App,
    run: String,
    after: i64,
    waiting: VecDeque<Event>,
    ended: bool,
}

impl Cursor {
    /// The next event; none at the end of the run, or of the launcher.
    async fn next(mut self) -> Option<(Result<Sse, Infallible>, Self)> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                self.after = event.version;
                self.ended = event.state.is_final();
                let text = serde_json::to_string(&event).unwrap_or_default();
                let sse = Sse::default().id(event.version.to_string()).event("run").data(text).retry(RETRY);
                return Some((Ok(sse), self));
            }
            if self.ended || *self.app.end.borrow() {
                return None;
            }
            match self.app.store.events(&self.run, self.after).await {
                Ok(events) if !events.is_empty() => self.waiting = events.into(),
                // The database may come back; the client's own patience decides.
                _ => {
                    let mut end = self.app.end.clone();
                    tokio::select! {
                        () = tokio::time::sleep(POLL) => {}
                        _ = end.changed() => {}
                    }
                }
            }
        }
    }
}

/// What happens to a run, as it happens
#[utoipa::path(
    get, path = "/v1/orgs/{org}/runs/{run}/events", tag = "runs", security(("key" = [])),
    params(("org" = String, Path), ("run" = String, Path), ("Last-Event-ID" = Option<String>, Header, description = "Go on after this event")),
    responses((status = 200, body = StreamEvent, content_type = "text/event-stream", description = "Server-sent events"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
pub async fn stream(
    State(app): State<App>,
    Path((org, run)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (org, _) = app.enter(&headers, &org, Scope::Read).await?;
    let run = app.run_of(&org.id, &run).await?;
    let after: i64 = match headers.get("last-event-id") {
        Some(id) => {
            let id = id.to_str().ok().and_then(|id| id.parse().ok());
            id.ok_or_else(|| Problem::bad("Last-Event-ID: the id of an event of this run"))?
        }
        None => 0,
    };
    let ended = run.state.is_final() && after >= run.version;
    let cursor = Cursor { app, run: run.id, after, waiting: VecDeque::new(), ended };
    let events = futures_util::stream::unfold(cursor, Cursor::next);
    Ok(Stream::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}
