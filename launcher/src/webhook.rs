//! # Webhooks — calls to clients, signed as Standard Webhooks say, tried for days
//! Touches: the network, the store         Does not know: how calls come to be due
//!
//! A target is resolved, every address of it looked at, and one of exactly these connected to, each time: a name that changes its mind leads
//! nowhere. Redirects are failures.

use crate::clock::Clock;
use crate::http;
use crate::secret::{Secret, sign};
use crate::store::accounts::{Delivery, Webhook};
use crate::store::{RunStore, Sql, StoreError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::Url;

/// Pauses between calls that fail, in seconds; then the webhook is disabled.
const PAUSES_S: [i64; 8] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000];

/// A call takes at most so long.
pub const TIME_LIMIT: Duration = Duration::from_secs(15);

/// A call in somebody's hands is nobody else's for so long: longer than those claimed together take at worst.
const LEASE_MS: i64 = 60_000;

/// Calls at once: a target that does not answer holds up few others.
const AT_ONCE: usize = 25;

/// After a change of its key, a webhook's calls are signed with the one before as well.
const BOTH_KEYS_MS: i64 = 24 * 3_600_000;

/// Longest cause that is told, in characters: a call stays far below the 20 kB that the standard recommends.
const CAUSE_MAX: usize = 1_000;

/// Whether an address is one of the public internet. Everything that is anybody's own, here or in a data centre, is not.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let own = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_documentation();
    let shared = (a == 100 && b & 0xc0 == 64) || (a == 198 && b & 0xfe == 18) || (a == 192 && b == 0 && c == 0);
    !(own || shared || a == 0 || a >= 224)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let words = v6.segments();
    let embedded = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match words {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(embedded(high, low)),
        [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Only this part of the addresses is given out at all.
        [first, second, ..] => first & 0xe000 == 0x2000 && !(first == 0x2001 && (second == 0xdb8 || second < 0x200)),
    }
}

/// A URL that may be called, and its addresses.
///
/// # Errors
/// What is wrong with it.
pub async fn target(text: &str, private: bool) -> Result<(Url, Vec<SocketAddr>), String> {
    let url = Url::parse(text).map_err(|cause| format!("this is no URL: {cause}"))?;
    if url.scheme() != "https" && !(private && url.scheme() == "http") {
        return Err("a webhook is called by https".into());
    }
    if !url.username().is_empty() || url.password().is_some() || text.len() > 2_000 {
        return Err("a webhook's URL has no user and no password, and at most 2000 characters".into());
    }
    let addresses = http::resolve(&url).await.map_err(|error| error.to_string())?;
    if !private && let Some(odd) = addresses.iter().find(|address| !is_public(address.ip())) {
        return Err(format!("it leads to {}, which is no address of the public internet", odd.ip()));
    }
    Ok((url, addresses))
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Taken,
    Again,
    Gone,
}

/// Makes calls.
#[derive(Clone)]
pub struct Caller {
    /// Calls and their targets.
    pub store: Sql,
    /// Keys of signatures.
    pub secret: Secret,
    /// Time.
    pub clock: Clock,
    /// Whether targets may be in private networks.
    pub private: bool,
    /// A call takes at most so long ([`TIME_LIMIT`]).
    pub time_limit: Duration,
}

impl Caller {
    /// Makes all calls that are due; how many.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn call_all(&self) -> Result<usize, StoreError> {
        let calls = self.store.claim_deliveries(self.clock.now_ms(), LEASE_MS).await?;
        let count = calls.len();
        let made = stream::iter(calls).map(|call| async move { self.call(&call).await }).buffer_unordered(AT_ONCE);
        made.try_collect::<()>().await?;
        Ok(count)
    }

    async fn call(&self, call: &Delivery) -> Result<(), StoreError> {
        let Some(webhook) = self.store.webhook(&call.webhook).await?.filter(|webhook| webhook.disabled_ms.is_none())
        else {
            return self.store.delivered(call).await;
        };
        let Some(body) = self.body(call).await? else { return self.store.delivered(call).await };
        let outcome = self.post(&webhook, call, body).await;
        tracing::info!(webhook = webhook.id, run = call.run, tries = call.tries, ?outcome, "called a webhook");
        match (outcome, PAUSES_S.get(call.tries as usize)) {
            (Outcome::Taken, _) => self.store.delivered(call).await,
            (Outcome::Again, Some(pause_s)) => self.store.redeliver(call, self.clock.now_ms() + pause_s * 1_000).await,
            _ => self.store.disable_webhook(&webhook.id, self.clock.now_ms()).await,
        }
    }

    /// Thin: who wants more asks for the run.
    async fn body(&self, call: &Delivery) -> Result<Option<String>, StoreError> {
        let Some(run) = self.store.run(&call.run).await? else { return Ok(None) };
        let events = self.store.events(&call.run, call.version - 1).await?;
        let Some(event) = events.into_iter().find(|event| event.version == call.version) else { return Ok(None) };
        let kind = if event.version == 1 { "run.submitted".into() } else { format!("run.{}", event.state.as_str()) };
        let cause: String = event.cause.chars().take(CAUSE_MAX).collect();
        let body = serde_json::json!({
            "type": kind,
            "timestamp": event.at_ms,
            "data": {"run": run.id, "org": run.org, "generation": run.generation, "state": event.state, "cause": cause,
                     "superseded_by": run.superseded_by, "reason": run.reason},
        });
        Ok(Some(body.to_string()))
    }

    async fn post(&self, webhook: &Webhook, call: &Delivery, body: String) -> Outcome {
        let (url, addresses) = match target(&webhook.url, self.private).await {
            Ok(target) => target,
            Err(_) => return Outcome::Again,
        };
        let id = format!("msg_{}_{}_{}", webhook.id, call.run, call.version);
        let now_ms = self.clock.now_ms();
        let timestamp = (now_ms / 1_000).to_string();
        let is_fresh = webhook.rotated_ms.is_some_and(|rotated_ms| now_ms - rotated_ms < BOTH_KEYS_MS);
        let versions = [Some(webhook.key_version), is_fresh.then_some(webhook.key_version - 1)];
        let sign = |version| signature(&self.secret.webhook_key(&webhook.id, version), &id, &timestamp, &body);
        let signature = versions.into_iter().flatten().map(sign).collect::<Vec<_>>().join(" ");
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", id.as_str()),
            ("webhook-timestamp", &timestamp),
            ("webhook-signature", &signature),
        ];
        let Ok(request) = http::request("POST", &url, &headers, body.into_bytes()) else { return Outcome::Again };
        match http::send(request, &url, &addresses, self.time_limit).await.map(|answer| answer.status().as_u16()) {
            Ok(200..300) => Outcome::Taken,
            Ok(410) => Outcome::Gone,
            _ => Outcome::Again,
        }
    }
}

/// `v1,` and the HMAC of id, time and body.
fn signature(key: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    format!("v1,{}", STANDARD.encode(sign(key, format!("{id}.{timestamp}.{body}").as_bytes())))
}

#[cfg(test)]
mod tests;
