//! # AWS — one configuration for all of its services
//! Touches: the usual AWS environment      Does not know: what is asked of which service

use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use std::time::Duration;

/// The SDK has no time limits of its own. Both are far below the driver's patience with a platform that does not know a task yet.
const ATTEMPT: Duration = Duration::from_secs(10);

/// All attempts of a call.
const CALL: Duration = Duration::from_secs(30);

/// Credentials, region and endpoints from where the AWS tools look for them.
pub async fn config() -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let time = TimeoutConfig::builder().connect_timeout(Duration::from_secs(4)).read_timeout(ATTEMPT);
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(RegionProviderChain::default_provider().or_else("us-east-1"))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(time.operation_attempt_timeout(ATTEMPT).operation_timeout(CALL).build())
        .load()
        .await
}
