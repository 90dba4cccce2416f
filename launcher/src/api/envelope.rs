//! Around every request: an id, a time limit, a log line; around every refusal, also the framework's: problem details.

use super::{App, Problem};
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::{Duration, Instant};

/// A request that takes longer is given up; streams of events and files begin in time and then last.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Longest text of the framework that is passed on.
const TEXT_MAX: usize = 2_000;

const ID: &str = "x-request-id";

/// Of the client, if it is a plain word; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let plain = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let given = headers.get(ID).and_then(|id| id.to_str().ok()).filter(plain);
    given.map_or_else(|| uuid::Uuid::now_v7().to_string(), ToOwned::to_owned)
}

/// The layer.
pub async fn envelope(State(app): State<App>, request: Request, next: Next) -> Response {
    let (id, began) = (request_id(request.headers()), Instant::now());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let response = match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "the request took too long").into_response(),
    };
    let mut response = refusal(response, &id).await;
    let status = response.status().as_u16();
    app.metrics.count("quietway_requests_total", class(status));
    let ms = began.elapsed().as_millis() as u64;
    // The path as it was sent only where it is one of ours: what else it holds is the client's.
    let route = route.unwrap_or_else(|| format!("{:?}", path.chars().take(100).collect::<String>()));
    tracing::info!(request = id, %method, route, status, duration_ms = ms, "request");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(ID, value);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn class(status: u16) -> &'static str {
    match status {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

async fn refusal(mut response: Response, id: &str) -> Response {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => framework(&mut response).await,
    };
    let text = serde_json::to_vec(&problem.body(id)).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = problem.retry_after_s {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if parts.status == StatusCode::UNAUTHORIZED {
        parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Response::from_parts(parts, Body::from(text))
}

/// A refusal of the framework: its text says what is wrong. A defect says nothing.
async fn framework(response: &mut Response) -> Problem {
    let status = response.status();
    let body = std::mem::take(response.body_mut());
    let text = to_bytes(body, TEXT_MAX).await.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let (kind, standard) = match status {
        StatusCode::NOT_FOUND => ("not-found", "there is nothing at this path; see /docs"),
        StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "this path does not take this method; see /docs"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "the body is larger than allowed"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported-media-type", "this content type is not taken; see /docs"),
        StatusCode::UNPROCESSABLE_ENTITY => ("unfit", "the body does not fit"),
        status if status.is_client_error() => ("bad-request", "the request cannot be read"),
        _ => return Problem::new(status, "internal", "an internal error; tell the operator the request id"),
    };
    let detail = text.ok().filter(|text| !text.trim().is_empty()).unwrap_or_else(|| standard.into());
    Problem::new(status, kind, detail)
}
