//! Errors as clients see them: problem details (RFC 9457), for our refusals and for the framework's.

use crate::objects::ObjectError;
use crate::runner::Unavailable;
use crate::store::StoreError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Begin of the types of problems; stable.
const TYPES: &str = "urn:quietway:problem:";

/// A refusal. The envelope writes its body, for it knows the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable name of the kind.
    pub kind: &'static str,
    /// What is wrong and what to do.
    pub detail: String,
    /// The run it is about.
    pub run: Option<String>,
    /// Seconds until another try makes sense.
    pub retry_after_s: Option<u64>,
}

/// The body of a problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// Stable URI of the kind.
    r#type: String,
    /// The kind, for people.
    title: String,
    /// HTTP status.
    status: u16,
    /// What is wrong and what to do.
    detail: String,
    /// For questions to the operator.
    request_id: String,
    /// The run it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
}

impl Problem {
    /// A refusal of a kind.
    pub fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), run: None, retry_after_s: None }
    }

    /// 400.
    pub fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// 404.
    pub fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("there is no such {what}"))
    }

    /// 422.
    pub fn unfit(kind: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail)
    }

    /// 409, about a run.
    pub fn conflict(kind: &'static str, detail: impl Into<String>, run: Option<String>) -> Self {
        Self { run, ..Self::new(StatusCode::CONFLICT, kind, detail) }
    }

    /// 503.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self { retry_after_s: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
    }

    /// As JSON.
    pub fn body(&self, request_id: &str) -> ProblemBody {
        ProblemBody {
            r#type: format!("{TYPES}{}", self.kind),
            title: self.kind.replace('-', " "),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            run: self.run.clone(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What went wrong inside is logged, not told.
fn inside(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!("{error}");
    Problem::unavailable("a part of the launcher does not answer; try again shortly")
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoOrg(_) => Self::missing("organisation"),
            StoreError::OrgExists(_) => Self::conflict("org-exists", error.to_string(), None),
            StoreError::Unavailable(_) | StoreError::Unreadable(_) => inside(&error),
        }
    }
}

impl From<ObjectError> for Problem {
    fn from(error: ObjectError) -> Self {
        inside(&error)
    }
}

impl From<Unavailable> for Problem {
    fn from(error: Unavailable) -> Self {
        inside(&error)
    }
}
