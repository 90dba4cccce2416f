//! One request, one connection.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// No answer within this is none.
const TIME_LIMIT: Duration = Duration::from_secs(10);

fn odd(cause: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidInput, cause.to_string())
}

/// Sends JSON; the status of the answer.
pub async fn put(url: &str, token: &str, body: Vec<u8>) -> Result<u16, Error> {
    let uri: Uri = url.parse().map_err(odd)?;
    let host = uri.host().ok_or_else(|| odd("no host"))?.trim_matches(['[', ']']).to_owned();
    let encrypted = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::put(path)
        .header(header::HOST, uri.authority().map_or(host.as_str(), |authority| authority.as_str()))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Full::new(Bytes::from(body)))
        .map_err(odd)?;
    let answer = async {
        let stream = TcpStream::connect((host.as_str(), port)).await?;
        if !encrypted {
            return exchange(request, stream).await;
        }
        let name = ServerName::try_from(host.clone()).map_err(odd)?;
        exchange(request, tls()?.connect(name, stream).await?).await
    };
    tokio::time::timeout(TIME_LIMIT, answer).await.map_err(|_| Error::from(ErrorKind::TimedOut))?
}

async fn exchange(
    request: Request<Full<Bytes>>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<u16, Error> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(odd)?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(odd)?;
        let status = answer.status().as_u16();
        drop(answer.into_body().collect().await); // the status is all that counts
        Ok(status)
    };
    tokio::pin!(answer);
    tokio::pin!(connection);
    tokio::select! {
        status = &mut answer => status,
        _ = &mut connection => answer.await,
    }
}

fn tls() -> Result<TlsConnector, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(odd)?;
    Ok(TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
}
