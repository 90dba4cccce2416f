//! # HTTP client — one request on one connection to an address that was looked at before
//! Touches: the network                    Does not know: what is sent, and why
//!
//! Redirects are answers like others: whoever follows one looks at its address first.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use url::Url;

/// A request that was not answered.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HttpError(pub String);

fn failed(what: &str, cause: impl std::fmt::Display) -> HttpError {
    HttpError(format!("{what}: {cause}"))
}

/// Longest answer that is taken into memory.
pub const ANSWER_MAX: usize = 64 << 20;

/// Addresses of the host of a URL.
///
/// # Errors
/// It has none.
pub async fn resolve(url: &Url) -> Result<Vec<SocketAddr>, HttpError> {
    let host = url.host_str().ok_or_else(|| HttpError(format!("{url} names no host")))?;
    let port = url.port_or_known_default().unwrap_or(443);
    let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
    let addresses: Vec<_> = found.map_err(|cause| failed(&format!("cannot find {host}"), cause))?.collect();
    if addresses.is_empty() { Err(HttpError(format!("{host} has no address"))) } else { Ok(addresses) }
}

/// Sends a request to one of the addresses, and to no other; the whole answer, within a time.
///
/// # Errors
/// No connection, no answer, an answer too long or too late.
pub async fn send(
    request: Request<Full<Bytes>>,
    url: &Url,
    addresses: &[SocketAddr],
    time: Duration,
) -> Result<Response<Bytes>, HttpError> {
    let answer = async {
        let stream = TcpStream::connect(addresses).await.map_err(|cause| failed("cannot connect", cause))?;
        drop(stream.set_nodelay(true)); // only a matter of speed
        if url.scheme() != "https" {
            return exchange(request, stream).await;
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|cause| failed("not a name for TLS", cause))?;
        let stream = tls().connect(name, stream).await.map_err(|cause| failed("no TLS", cause))?;
        exchange(request, stream).await
    };
    tokio::time::timeout(time, answer).await.map_err(|_| HttpError(format!("no answer within {} s", time.as_secs())))?
}

/// A request on a connection.
///
/// # Errors
/// No answer, or one that is too long.
pub async fn exchange(
    request: Request<Full<Bytes>>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Response<Bytes>, HttpError> {
    let connection = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = connection.map_err(|cause| failed("no HTTP", cause))?;
    let driven = tokio::spawn(connection);
    let answer = async {
        let answer = sender.send_request(request).await.map_err(|cause| failed("no answer", cause))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_MAX).collect().await.map_err(|cause| failed("broken answer", cause))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    };
    let answer = answer.await;
    driven.abort();
    answer
}

/// A request for a URL, with its host and path.
///
/// # Errors
/// The URL or a header cannot be sent.
pub fn request(
    method: &str,
    url: &Url,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, HttpError> {
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let builder = Request::builder().method(method).uri(path).header(header::HOST, host);
    let builder = builder.header(header::USER_AGENT, format!("quietway-launcher/{}", quietway_job::VERSION));
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(Full::from(body)).map_err(|cause| failed("cannot be sent", cause))
}

fn tls() -> TlsConnector {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("ring knows the default versions");
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    });
    TlsConnector::from(config.clone())
}
