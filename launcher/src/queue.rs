//! # Queue — what ECS tells by itself, through EventBridge and SQS
//! In:   messages                          Out:  news for the driver, counts
//! Touches: SQS, the driver                Does not know: the database, what a state means
//!
//! Events are hints: the driver asks the platform all the same, so a queue that is down or forgotten costs latency and nothing else.
//! A message is deleted once it is stored or when it is not for us. One that cannot be read is left, so that the queue's redrive policy puts it
//! where a person can look at it; one that could not be stored is left as well, and comes again.

use crate::driver::{Driver, Heard};
use crate::metrics::Metrics;
use crate::runner::Unavailable;
use crate::runner::ecs::EcsArgs;
use crate::runner::ecs::events::{self, Odd};
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Longest that SQS lets an empty answer wait, seconds.
const WAIT_S: i32 = 20;

/// Most messages that SQS gives at once.
const AT_ONCE: i32 = 10;

/// Pause after a failure; doubles.
const PAUSE: Duration = Duration::from_secs(1);

/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// The queue of one cluster.
pub struct Queue {
    client: Client,
    url: String,
    args: EcsArgs,
    driver: Arc<Driver>,
    metrics: Arc<Metrics>,
}

fn unavailable(error: impl std::error::Error) -> Unavailable {
    Unavailable(DisplayErrorContext(error).to_string())
}

impl Queue {
    /// The queue of the configuration, if it has one.
    pub fn new(config: &SdkConfig, args: &EcsArgs, driver: Arc<Driver>, metrics: Arc<Metrics>) -> Option<Self> {
        let url = args.events_queue.clone()?;
        // An answer may take as long as it is let wait.
        let time = Duration::from_secs(WAIT_S as u64 + 10);
        let time =
            TimeoutConfig::builder().read_timeout(time).operation_attempt_timeout(time).operation_timeout(time * 2);
        let config = aws_sdk_sqs::config::Builder::from(config).timeout_config(time.build()).build();
        Some(Self { client: Client::from_conf(config), url, args: args.clone(), driver, metrics })
    }

    /// Listens until the end. What is in hand then is finished; what is on its way comes again to whoever listens next.
    pub async fn listen(&self, mut end: watch::Receiver<bool>) {
        let mut pause = PAUSE;
        while !*end.borrow() {
            let done = tokio::select! {
                messages = self.receive() => messages,
                _ = end.changed() => return,
            };
            let done = match done {
                Ok(messages) => self.take(&messages).await,
                Err(error) => Err(error),
            };
            let Err(error) = done else {
                pause = PAUSE;
                continue;
            };
            self.metrics.count("quietway_driver_errors_total", "events");
            tracing::warn!(
                "the event queue: {error}; it will be tried again in {pause:?}, until then polls find the news"
            );
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = end.changed() => return,
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn receive(&self) -> Result<Vec<Message>, Unavailable> {
        let request = self.client.receive_message().queue_url(&self.url);
        let answer = request.max_number_of_messages(AT_ONCE).wait_time_seconds(WAIT_S).send().await;
        Ok(answer.map_err(unavailable)?.messages.unwrap_or_default())
    }

    /// Takes messages, all at once: the results of one run do not hold up the news of another.
    async fn take(&self, messages: &[Message]) -> Result<(), Unavailable> {
        let taken = join_all(messages.iter().map(|message| self.hear(message.body().unwrap_or_default()))).await;
        let done = messages.iter().zip(&taken).filter(|(_, taken)| taken.is_some_and(|kept| !kept));
        self.delete(done.filter_map(|(message, _)| message.receipt_handle())).await?;
        match taken.iter().all(Option::is_some) {
            true => Ok(()),
            false => Err(Unavailable("news could not be stored".into())),
        }
    }

    /// Whether the message stays in the queue; none when it could not be stored.
    async fn hear(&self, body: &str) -> Option<bool> {
        let (outcome, kept) = match events::read(body, &self.args) {
            Ok(told) => match self.driver.hear(&told.task, &told.started_by, &told.news).await {
                Ok(heard) => (Some(of_heard(heard)), false),
                Err(error) => {
                    tracing::warn!(task = told.task, "an event: {error}");
                    (None, true)
                }
            },
            Err(Odd::Unreadable(why)) => {
                tracing::warn!(
                    "a message of the event queue cannot be read: {why}; it is left to the queue's redrive policy"
                );
                (Some("unreadable"), true)
            }
            Err(Odd::OtherKind) => (Some("other_kind"), false),
            Err(Odd::ForeignCluster) => (Some("foreign_cluster"), false),
        };
        self.metrics.count("quietway_events_total", outcome.unwrap_or("not_stored"));
        outcome.map(|_| kept)
    }

    async fn delete(&self, handles: impl Iterator<Item = &str>) -> Result<(), Unavailable> {
        let entry = |(nth, handle): (usize, &str)| {
            DeleteMessageBatchRequestEntry::builder().id(nth.to_string()).receipt_handle(handle).build().ok()
        };
        let entries: Vec<_> = handles.enumerate().filter_map(entry).collect();
        if entries.is_empty() {
            return Ok(());
        }
        let request = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let answer = request.send().await.map_err(unavailable)?;
        // Those come again, and are old news then.
        for failure in answer.failed() {
            tracing::warn!("an event cannot be deleted: {}", failure.message().unwrap_or(failure.code()));
        }
        Ok(())
    }
}

fn of_heard(heard: Heard) -> &'static str {
    match heard {
        Heard::Taken => "taken",
        Heard::Old => "old",
        Heard::Foreign => "foreign_task",
        Heard::UnknownRun => "unknown_run",
    }
}
