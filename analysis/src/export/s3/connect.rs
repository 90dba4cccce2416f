//! Clients from the usual AWS environment.

use super::{ATTEMPTS, Location, S3Error, backoff, error};
use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::{Builder, ProvideCredentials, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::{Client, Config};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Until a connection stands; across an ocean it takes a fifth of a second.
const CONNECT: Duration = Duration::from_secs(5);

/// One attempt of a small request.
const QUICK_ATTEMPT: Duration = Duration::from_secs(30);

/// A small request with all its attempts.
const QUICK: Duration = Duration::from_secs(120);

/// One attempt of a part of 16 MiB: four at once still succeed over 2 Mbit/s. A line that stands still is noticed within seconds by the SDK.
const PATIENT_ATTEMPT: Duration = Duration::from_secs(300);

/// A part with all its attempts.
const PATIENT: Duration = Duration::from_secs(900);

/// S3 wants a region in signatures even where a store has none.
const FALLBACK_REGION: &str = "us-east-1";

/// Variables that name an endpoint other than AWS's own.
const ENDPOINT_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

pub(super) struct Clients {
    pub(super) quick: Client,
    pub(super) patient: Client,
    pub(super) endpoint: String,
}

pub(super) async fn clients(place: &Location) -> Result<Clients, S3Error> {
    let environment = environment().await;
    check_credentials(place, &environment).await?;
    let endpoint = ENDPOINT_VARIABLES.iter().find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()));
    let config = Builder::from(&environment)
        // Names of buckets as host names need a wildcard DNS, which other stores rarely have.
        .force_path_style(endpoint.is_some())
        // Our bodies are in memory, so a checksum is one more header, which other stores understand or ignore; bodies that stream would change
        // their encoding, which they reject.
        .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    let with = |attempt, all| Client::from_conf(config.clone().timeout_config(timeouts(attempt, all)).build());
    let region = environment.region().map_or("an unknown region", |region| region.as_ref());
    Ok(Clients {
        quick: with(QUICK_ATTEMPT, QUICK),
        patient: with(PATIENT_ATTEMPT, PATIENT),
        endpoint: endpoint.unwrap_or_else(|| format!("Amazon S3 in {region}")),
    })
}

async fn environment() -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(RegionProviderChain::default_provider().or_else(FALLBACK_REGION))
        // Standard: waits twice as long each time, by chance up to that, and gives up early when most requests fail.
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts(QUICK_ATTEMPT, QUICK));
    match AppName::new("quietway") {
        Ok(name) => loader.app_name(name).load().await,
        Err(_) => loader.load().await,
    }
}

/// Asks for credentials now: without them every later request would fail, after all the work.
async fn check_credentials(place: &Location, environment: &SdkConfig) -> Result<(), S3Error> {
    let missing = |cause| S3Error::NoCredentials { address: place.to_string(), cause };
    let provider = environment.credentials_provider().ok_or_else(|| missing("none are configured".to_owned()))?;
    provider.provide_credentials().await.map(drop).map_err(|cause| missing(error::root(&cause)))
}

fn timeouts(attempt: Duration, all: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        // Counts from the first byte sent, so it must allow for the slowest upload.
        .read_timeout(PATIENT_ATTEMPT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(all)
        .build()
}

/// For requests whose every answer must be seen.
pub(super) fn without_retries() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

/// The pause after an attempt.
pub(super) fn pause(attempt: u32) -> Duration {
    // A new hasher is seeded by the system: all the chance that is needed here.
    let chance = RandomState::new().hash_one(attempt) as f64 / u64::MAX as f64;
    backoff(attempt, chance)
}
