//! One question to one server, and where its redirects lead. A connection a question: files are few and large, and each address is checked
//! before it is connected to.

use super::address::{self, Origin, Realm};
use super::retry::Fault;
use super::{FetchError, FetchLimits};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, HOST, HeaderMap, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

/// Download mirrors need one, object stores behind them a second.
const REDIRECTS_MAX: usize = 5;

#[derive(Default)]
pub(super) struct Client {
    /// Made with the first encrypted connection.
    tls: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Client {
    /// Asks, and follows redirects as far as they may be followed.
    pub(super) async fn get(
        &self,
        url: &Url,
        headers: &HeaderMap,
        limits: &FetchLimits,
    ) -> Result<Response<Incoming>, Fault> {
        let (mut at, mut origin) = (url.clone(), Origin::User);
        for _ in 0..=REDIRECTS_MAX {
            let (response, realm) = self.ask(url, &at, origin, headers, limits).await?;
            match redirect(&at, &response) {
                None => return Ok(response),
                Some(Ok(next)) => (at, origin) = (next, Origin::Server(realm)),
                Some(Err(to)) => return Err(refused(url, &to, "that is no address")),
            }
        }
        Err(refused(url, at.as_str(), "more than five redirects follow one another"))
    }

    async fn ask(
        &self,
        asked: &Url,
        at: &Url,
        origin: Origin,
        headers: &HeaderMap,
        limits: &FetchLimits,
    ) -> Result<(Response<Incoming>, Realm), Fault> {
        let places = resolve(at, limits.connect).await?;
        let ips: Vec<IpAddr> = places.iter().map(SocketAddr::ip).collect();
        address::permit(origin, at, &ips).map_err(|what| match origin {
            Origin::User => FetchError::PlainHttp { url: asked.to_string() }.into(),
            Origin::Server(_) => refused(asked, at.as_str(), what),
        })?;
        let (stream, realm) = connect(&places, limits.connect).await?;
        let request = question(at, headers)?;
        let answer = match at.scheme() {
            "https" => {
                let stream = within(limits.connect, "encryption", self.encrypt(at, stream)).await??;
                within(limits.answer, "an answer", talk(stream, request)).await?
            }
            _ => within(limits.answer, "an answer", talk(stream, request)).await?,
        };
        Ok((answer.map_err(|error| Fault::passing(root(&error)))?, realm))
    }

    async fn encrypt(
        &self,
        at: &Url,
        stream: TcpStream,
    ) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static, Fault> {
        let config = self.tls.get_or_init(tls_config).clone();
        let config = config.map_err(|cause| FetchError::NoCertificates { cause })?;
        let host = at.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Fault::passing(error.to_string()))?;
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| Fault::passing(root(&error)))
    }
}

/// Where an answer sends on to; an address that cannot be read is given as it is.
fn redirect(at: &Url, response: &Response<Incoming>) -> Option<Result<Url, String>> {
    if ![301, 302, 303, 307, 308].contains(&response.status().as_u16()) {
        return None;
    }
    let to = String::from_utf8_lossy(response.headers().get(LOCATION)?.as_bytes()).into_owned();
    Some(at.join(&to).map_err(|_| to))
}

fn refused(asked: &Url, to: &str, what: &'static str) -> Fault {
    FetchError::Redirect { url: asked.to_string(), to: to.to_owned(), what }.into()
}

async fn resolve(at: &Url, patience: Duration) -> Result<Vec<SocketAddr>, Fault> {
    let port = at.port_or_known_default().unwrap_or(443);
    let name = match at.host() {
        Some(Host::Ipv4(ip)) => return Ok(vec![SocketAddr::new(ip.into(), port)]),
        Some(Host::Ipv6(ip)) => return Ok(vec![SocketAddr::new(ip.into(), port)]),
        Some(Host::Domain(name)) => name,
        None => "",
    };
    let found = within(patience, "the address of the server", lookup_host((name, port))).await?;
    let found: Vec<_> = found.map_err(|error| Fault::passing(format!("{name} is not known ({error})")))?.collect();
    if found.is_empty() { Err(Fault::passing(format!("{name} has no address"))) } else { Ok(found) }
}

/// Connects to the first that answers.
async fn connect(places: &[SocketAddr], patience: Duration) -> Result<(TcpStream, Realm), Fault> {
    let mut last = Fault::passing("there is no address to connect to");
    for place in places {
        match within(patience, "a connection", TcpStream::connect(place)).await {
            Ok(Ok(stream)) => return Ok((stream, address::realm(place.ip()))),
            Ok(Err(error)) => last = Fault::passing(error.to_string()),
            Err(fault) => last = fault,
        }
    }
    Err(last)
}

fn question(at: &Url, headers: &HeaderMap) -> Result<Request<Empty<Bytes>>, Fault> {
    let unfit = |what: String| Fault::Final(FetchError::BadUrl { url: at.to_string(), what });
    let mut target = at.path().to_owned();
    if let Some(query) = at.query() {
        target = format!("{target}?{query}");
    }
    let target: Uri = target.parse().map_err(|error| unfit(format!("{error}")))?;
    let mut host = at.host_str().unwrap_or_default().to_owned();
    if let Some(port) = at.port() {
        host = format!("{host}:{port}");
    }
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = target;
    *request.headers_mut() = headers.clone();
    let fixed = [(ACCEPT, "*/*"), (ACCEPT_ENCODING, "identity"), (CONNECTION, "close")];
    request.headers_mut().extend(fixed.map(|(name, value)| (Some(name), HeaderValue::from_static(value))));
    // Who asks; operators of public servers want to know.
    let agent = format!("quietway/{}", quietway_job::VERSION);
    for (name, value) in [(HOST, host), (USER_AGENT, agent)] {
        let value = HeaderValue::from_str(&value).map_err(|error| unfit(error.to_string()))?;
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Empty<Bytes>>,
) -> Result<Response<Incoming>, hyper::Error> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // What goes wrong there shows in the answer's body as well.
    tokio::spawn(connection);
    sender.send_request(request).await
}

fn tls_config() -> Result<Arc<ClientConfig>, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(found.errors.first().map_or_else(|| "none were found".to_owned(), ToString::to_string));
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
    Ok(Arc::new(config))
}

async fn within<T>(patience: Duration, what: &str, work: impl Future<Output = T>) -> Result<T, Fault> {
    let late = |_| Fault::passing(format!("waited {} s for {what}", patience.as_secs_f32()));
    timeout(patience, work).await.map_err(late)
}

/// The innermost cause, which says most.
pub(super) fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
