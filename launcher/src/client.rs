//! # Client — submit, watch, cancel, results, without curl
//! Touches: the network, files             Does not know: anything of the service but its HTTP

use crate::http;
use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use clap::Args;
use http_body_util::Full;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// A request takes at most so long.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// How often a run is asked for.
const POLL: Duration = Duration::from_secs(1);

/// Questions in a row without an answer before a watcher gives up.
const SILENCE_MAX: u32 = 60;

/// Which launcher, and who calls.
#[derive(Clone, Debug, Args)]
pub struct ClientArgs {
    /// Address of the launcher
    #[arg(long, env = "QUIETWAY_URL", default_value = "http://127.0.0.1:8080")]
    pub url: Url,

    /// API key
    #[arg(long, env = "QUIETWAY_KEY", hide_env_values = true)]
    pub key: String,

    /// Organisation
    #[arg(long, env = "QUIETWAY_ORG")]
    pub org: String,
}

/// A new run.
#[derive(Clone, Debug, Args)]
pub struct SubmitArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub client: ClientArgs,

    /// The place: GeoJSON, or a zipped Shapefile
    #[arg(value_name = "FILE")]
    pub boundary: PathBuf,

    /// Name of the place
    #[arg(long)]
    pub name: Option<String>,

    /// Edition of the method: current or reference
    #[arg(long)]
    pub edition: Option<String>,

    /// Name of an uploaded suite
    #[arg(long)]
    pub suite: Option<String>,

    /// Name of an uploaded bundle of SQL analyses
    #[arg(long)]
    pub analyses: Option<String>,

    /// Formats of the data, separated by commas
    #[arg(long)]
    pub formats: Option<String>,

    /// Country, ISO 3166-1 alpha-2
    #[arg(long)]
    pub country: Option<String>,

    /// Refuse instead of stopping the active run
    #[arg(long)]
    pub reject: bool,

    /// Stay until it has ended
    #[arg(long)]
    pub watch: bool,
}

/// A run that is there.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub client: ClientArgs,

    /// Which run
    #[arg(default_value = "current")]
    pub run: String,
}

/// Results of a run.
#[derive(Clone, Debug, Args)]
pub struct ResultArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub run: RunArgs,

    /// Fetch them into this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

impl ClientArgs {
    fn address(&self, path: &str) -> Result<Url> {
        Ok(self.url.join(path)?)
    }

    fn request(&self, method: &str, url: &Url, kind: &str, body: Vec<u8>) -> Result<hyper::Request<Full<Bytes>>> {
        let key = format!("Bearer {}", self.key);
        // Only the launcher learns the key.
        let own = url.origin() == self.url.origin();
        let mut headers = vec![("content-type", kind)];
        if own {
            headers.push(("authorization", key.as_str()));
        }
        let idempotency = format!("\"{}\"", uuid::Uuid::now_v7());
        headers.push(("idempotency-key", &idempotency));
        Ok(http::request(method, url, &headers, body)?)
    }

    /// JSON of a good answer; the sentence of a refusal.
    async fn json(&self, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Result<Value> {
        let url = self.address(path)?;
        let (request, addresses) = (self.request(method, &url, kind, body)?, http::resolve(&url).await?);
        let answer = http::send(request, &url, &addresses, TIME_LIMIT).await?;
        let (status, value) = (answer.status(), serde_json::from_slice::<Value>(answer.body()).unwrap_or_default());
        if status.is_success() {
            return Ok(value);
        }
        let detail = value["detail"].as_str().unwrap_or("no reason given");
        Err(anyhow!("the launcher refuses ({status}): {detail}"))
    }

    fn runs(&self) -> String {
        format!("/v1/orgs/{}/runs", self.org)
    }

    /// Follows a run to its end; whether it has succeeded.
    async fn follow(&self, run: &str) -> Result<bool> {
        let bar = ProgressBar::new(1_000);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {elapsed}") {
            bar.set_style(style);
        }
        let (mut silent, path) = (0, format!("{}/{run}", self.runs()));
        loop {
            let answer = self.json("GET", &path, "", Vec::new()).await;
            let view = match answer {
                Ok(view) => view,
                // The launcher may be in the middle of an update.
                Err(error) if silent < SILENCE_MAX && error.downcast_ref::<http::HttpError>().is_some() => {
                    silent += 1;
                    tokio::time::sleep(POLL).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            silent = 0;
            let state = view["state"].as_str().unwrap_or_default().to_owned();
            bar.set_position((view["fraction"].as_f64().unwrap_or(0.0) * 1_000.0) as u64);
            bar.set_message(format!("{state} {}", view["stage"].as_str().unwrap_or_default()));
            if matches!(state.as_str(), "succeeded" | "failed" | "superseded" | "cancelled") {
                bar.finish_and_clear();
                let more = ["detail", "warning", "superseded_by"].map(|name| view[name].as_str().unwrap_or_default());
                println!("{} {state} {}", view["id"].as_str().unwrap_or_default(), more.join(" ").trim());
                return Ok(state == "succeeded");
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Sends a boundary; prints the run. Whether all went well.
///
/// # Errors
/// The file, the line, or the launcher says no.
pub async fn submit(args: &SubmitArgs) -> Result<bool> {
    let path = &args.boundary;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let kind = if bytes.starts_with(b"PK") { "application/zip" } else { "application/geo+json" };
    let mut url = args.client.address(&args.client.runs())?;
    let optional = [
        ("name", &args.name),
        ("edition", &args.edition),
        ("suite", &args.suite),
        ("analyses", &args.analyses),
        ("formats", &args.formats),
        ("country", &args.country),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    if args.reject {
        url.query_pairs_mut().append_pair("on_active", "reject");
    }
    let (path, query) = (url.path(), url.query().unwrap_or_default());
    let view = args.client.json("POST", &format!("{path}?{query}"), kind, bytes).await?;
    let id = view["id"].as_str().unwrap_or_default();
    match view["supersedes"].as_str() {
        Some(old) => println!("{id} {} (takes the place of {old})", view["state"].as_str().unwrap_or_default()),
        None => println!("{id} {}", view["state"].as_str().unwrap_or_default()),
    }
    if args.watch { args.client.follow(id).await } else { Ok(true) }
}

/// Follows a run.
///
/// # Errors
/// The launcher says no, or nothing for a minute.
pub async fn watch(args: &RunArgs) -> Result<bool> {
    args.client.follow(&args.run).await
}

/// Stops a run.
///
/// # Errors
/// The launcher says no.
pub async fn cancel(args: &RunArgs) -> Result<bool> {
    let mut run = args.run.clone();
    if run == "current" {
        let view = args.client.json("GET", &format!("{}/current", args.client.runs()), "", Vec::new()).await?;
        run = view["id"].as_str().unwrap_or_default().to_owned();
    }
    let view = args.client.json("POST", &format!("{}/{run}/cancel", args.client.runs()), "", Vec::new()).await?;
    println!("{run} {}", view["state"].as_str().unwrap_or_default());
    Ok(true)
}

/// Lists the results of a run, or fetches them.
///
/// # Errors
/// The launcher says no; a file cannot be written, or is not what the manifest says.
pub async fn results(args: &ResultArgs) -> Result<bool> {
    let client = &args.run.client;
    let mut run = args.run.run.clone();
    if run == "current" {
        let org = client.json("GET", &format!("/v1/orgs/{}", client.org), "", Vec::new()).await?;
        run = org["published_run"].as_str().context("nothing is published yet")?.to_owned();
    }
    let view = client.json("GET", &format!("{}/{run}/results", client.runs()), "", Vec::new()).await?;
    for file in view["files"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let (path, bytes) = (file["path"].as_str().unwrap_or_default(), file["bytes"].as_u64().unwrap_or_default());
        match &args.out {
            Some(folder) => fetch(client, file, &target(folder, path)?).await?,
            None => println!("{bytes:>12}  {path}"),
        }
    }
    if let Some(folder) = &args.out {
        let text = serde_json::to_vec_pretty(&view["manifest"])?;
        std::fs::write(folder.join("manifest.json"), text)
            .with_context(|| format!("cannot write {}", folder.display()))?;
    }
    Ok(true)
}

/// Where a file goes: inside the folder, whatever it is called.
fn target(folder: &Path, path: &str) -> Result<PathBuf> {
    let plain = Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if plain && !path.is_empty() { Ok(folder.join(path)) } else { Err(anyhow!("the launcher names a file {path:?}")) }
}

/// Writes a file of the results beside its place, and moves it there when it is what the manifest says.
async fn fetch(client: &ClientArgs, file: &Value, target: &Path) -> Result<()> {
    let unwritten = || format!("cannot write {}", target.display());
    let part = target.with_added_extension("part");
    std::fs::create_dir_all(target.parent().unwrap_or(Path::new("."))).with_context(unwritten)?;
    let mut url = client.address(file["href"].as_str().unwrap_or_default())?;
    // The launcher answers itself, or says where in a bucket the file is.
    for _ in 0..2 {
        let (mut out, mut hash) = (std::fs::File::create(&part).with_context(unwritten)?, Sha256::new());
        let (request, addresses) = (client.request("GET", &url, "", Vec::new())?, http::resolve(&url).await?);
        let take = |bytes: &[u8]| {
            hash.update(bytes);
            out.write_all(bytes)
        };
        let answer = http::download(request, &url, &addresses, TIME_LIMIT, take).await?;
        if answer.status().as_u16() == 307 {
            let place = answer.headers().get("location").and_then(|place| place.to_str().ok());
            url = url.join(place.context("a redirect without a target")?)?;
        } else if answer.status().as_u16() == 200
            && Some(hex::encode(hash.finalize()).as_str()) == file["sha256"].as_str()
        {
            return std::fs::rename(&part, target).with_context(unwritten);
        } else {
            drop(std::fs::remove_file(&part));
            bail!("{} is not what the manifest says (status {})", target.display(), answer.status().as_u16());
        }
    }
    bail!("{} is neither at the launcher nor where it sends us", target.display())
}
