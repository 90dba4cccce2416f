//! Last lines of a task, from CloudWatch Logs.

use crate::runner::Unavailable;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::DisplayErrorContext;

/// Pages read for one tail: an answer may be short or empty although there is more.
const PAGES_MAX: usize = 8;

/// The last `lines` of a stream, oldest first; none when the task has printed nothing yet.
///
/// # Errors
/// The service does not answer.
pub async fn tail(client: &Client, group: &str, stream: &str, lines: usize) -> Result<Vec<String>, Unavailable> {
    let (mut found, mut next): (Vec<String>, Option<String>) = (Vec::new(), None);
    for _ in 0..PAGES_MAX {
        let request = client.get_log_events().log_group_name(group).log_stream_name(stream);
        let request = request.start_from_head(false).limit(i32::try_from(lines).unwrap_or(i32::MAX));
        let page = match request.set_next_token(next.clone()).send().await {
            Ok(page) => page,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
                break;
            }
            Err(error) => return Err(Unavailable(DisplayErrorContext(error).to_string())),
        };
        let older = page.events().iter().filter_map(|event| event.message()).map(|line| line.trim_end().to_owned());
        found.splice(0..0, older.collect::<Vec<_>>());
        // The same token again is the beginning of the stream.
        let back = page.next_backward_token().map(str::to_owned);
        if found.len() >= lines || back.is_none() || back == next {
            break;
        }
        next = back;
    }
    Ok(found.split_off(found.len().saturating_sub(lines)))
}
