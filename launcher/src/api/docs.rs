//! The description of the service, for programs and for people. The page needs nothing from elsewhere.

use super::App;
use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use serde_json::Value;
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

/// What parameters look like, wherever they are: where, name, regular expression.
const LOOKS: [(&str, &str, &str); 4] = [
    ("header", "Idempotency-Key", "^[!#-~]{1,255}$"),
    ("header", "Last-Event-ID", "^[0-9]{1,18}$"),
    ("path", "name", "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"),
    (
        "query",
        "since",
        "^([0-9]{1,15}|(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)$",
    ),
];

/// A boundary to try things with.
const TOWN: &str = r#"{"type":"Polygon","coordinates":[[[10,50],[10.1,50],[10.1,50.1],[10,50.1],[10,50]]]}"#;

/// Adds what the annotations cannot say: looks of parameters, ids of operations that no two share, an example of a boundary.
fn told(openapi: &OpenApi) -> Value {
    let mut document = serde_json::to_value(openapi).unwrap_or_default();
    if let Some(body) =
        document.pointer_mut("/paths/~1v1~1orgs~1{org}~1runs/post/requestBody/content/application~1geo+json")
    {
        body["example"] = serde_json::from_str(TOWN).unwrap_or_default();
    }
    let paths = document["paths"].as_object_mut();
    for (path, operations) in paths.into_iter().flatten() {
        let words: Vec<_> = path.split('/').filter(|word| !matches!(*word, "" | "v1")).collect();
        let words = words.join("_").replace(['{', '}'], "");
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            operation["operationId"] = format!("{method}_{words}").into();
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                without_null(&mut parameter["schema"]);
                let look =
                    LOOKS.iter().find(|(place, name, _)| parameter["in"] == *place && parameter["name"] == *name);
                if let Some((.., pattern)) = look {
                    parameter["schema"]["pattern"] = (*pattern).into();
                }
            }
        }
    }
    document
}

/// A parameter that is not given is not there: addresses and headers have no null.
fn without_null(schema: &mut Value) {
    if let Some(kinds) = schema.get("type").and_then(Value::as_array).cloned() {
        schema["type"] = kinds.into_iter().find(|kind| kind != "null").unwrap_or_default();
    }
    if let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice["type"] != "null");
    }
}

/// `/openapi.json` and `/docs`.
pub fn router(openapi: &OpenApi) -> Router<App> {
    let text = told(openapi).to_string();
    let json = move || {
        let text = text.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    Router::new().route("/openapi.json", get(json)).route("/docs", get(|| async { Html(include_str!("docs.html")) }))
}
