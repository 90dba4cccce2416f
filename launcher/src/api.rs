//! # API — how clients and tasks talk to the launcher
//! In:   HTTP requests                     Out:  JSON, problem details (RFC 9457), streams of events
//! Touches: the store, the objects, the runner's logs     Does not know: how a run is driven, it only nudges the driver

mod caller;
mod docs;
mod envelope;
mod events;
mod files;
mod intake;
mod orgs;
mod problem;
mod results;
mod runs;
mod status;
mod uploads;
mod view;
mod webhooks;

pub use caller::{Scope, new_key};
pub use orgs::slug;
pub use problem::Problem;

use crate::clock::Clock;
use crate::driver::Driver;
use crate::metrics::Metrics;
use crate::objects::Objects;
use crate::runner::Runner;
use crate::secret::Secret;
use crate::state::Rules;
use crate::store::Sql;
use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use docs::Security;
use quietway_job::boundary;
use std::sync::Arc;
use tokio::sync::watch;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What a client may ask for at most.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Of a boundary.
    pub boundary: boundary::Limits,
    /// Of a request's body.
    pub body_bytes: usize,
    /// Requests of a key in a second; bursts of ten times that.
    pub requests_per_second: f64,
    /// Submissions of an organisation in an hour.
    pub submissions_per_hour: Option<i64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            boundary: boundary::Limits { bytes: 10_000_000, ..boundary::Limits::default() },
            body_bytes: 10_000_000,
            requests_per_second: 50.0,
            submissions_per_hour: Some(120),
        }
    }
}

/// What handlers work with.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Sql,
    /// Boundaries and results.
    pub objects: Arc<dyn Objects>,
    /// For logs, and for what a request must pin.
    pub runner: Arc<dyn Runner>,
    /// To nudge.
    pub driver: Arc<Driver>,
    /// Makes tokens.
    pub secret: Secret,
    /// Time.
    pub clock: Clock,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// What is allowed.
    pub limits: Limits,
    /// Patience of the driver, for transitions that clients cause.
    pub rules: Rules,
    /// How tasks reach this launcher; none = they do not report.
    pub public_url: Option<String>,
    /// Arguments of every task, the operator's.
    pub task_args: Vec<String>,
    /// Whether tasks publish to a database too.
    pub to_database: bool,
    /// Whether webhooks may point into private networks.
    pub private_webhooks: bool,
    /// Requests by key.
    pub rates: Arc<caller::Rates>,
    /// True when the launcher ends: streams close.
    pub end: watch::Receiver<bool>,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Quietway launcher", description = "Starts an organisation's analysis; the newest wins; only complete results become visible."),
    modifiers(&Security),
    components(schemas(problem::ProblemBody, runs::OnActive, crate::run::State, crate::run::Event))
)]
struct Description;

/// Routes and their description, from the same list.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(runs::submit::submit, runs::list))
        .routes(routes!(runs::current))
        .routes(routes!(runs::get))
        .routes(routes!(runs::cancel))
        .routes(routes!(events::stream))
        .routes(routes!(results::list))
        .routes(routes!(results::file))
        .routes(routes!(results::logs))
        .routes(routes!(status::progress))
        .routes(routes!(orgs::list, orgs::create))
        .routes(routes!(orgs::get, orgs::delete))
        .routes(routes!(orgs::list_keys, orgs::create_key))
        .routes(routes!(orgs::revoke_key))
        .routes(routes!(uploads::list_suites))
        .routes(routes!(uploads::put_suite, uploads::delete_suite))
        .routes(routes!(uploads::list_bundles))
        .routes(routes!(uploads::put_bundle, uploads::delete_bundle))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(status::healthz))
        .routes(routes!(status::readyz))
        .routes(routes!(status::metrics))
}

/// The description of the service, OpenAPI 3.1.
pub fn description() -> utoipa::openapi::OpenApi {
    docs::plain(routes().into_openapi())
}

/// The service.
pub fn router(app: App) -> Router {
    let (router, openapi) = routes().split_for_parts();
    router
        .merge(docs::router(&docs::plain(openapi)))
        .layer(DefaultBodyLimit::max(app.limits.body_bytes))
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(app.clone(), envelope::envelope))
        .with_state(app)
}
