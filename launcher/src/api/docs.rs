//! The description of the service, for programs and for people. The page needs nothing from elsewhere.

use super::App;
use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use utoipa::Modify;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

/// Names the two kinds of tokens.
pub struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        for name in ["key", "task"] {
            components.add_security_scheme(name, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        }
    }
}

/// The router writes a parameter that takes the rest of a path `{*file}`; OpenAPI has no word for that.
pub fn plain(mut openapi: OpenApi) -> OpenApi {
    let paths = std::mem::take(&mut openapi.paths.paths);
    openapi.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    openapi
}

/// `/openapi.json` and `/docs`.
pub fn router(openapi: &OpenApi) -> Router<App> {
    let text = openapi.to_json().unwrap_or_default();
    let json = move || {
        let text = text.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    Router::new().route("/openapi.json", get(json)).route("/docs", get(|| async { Html(include_str!("docs.html")) }))
}
