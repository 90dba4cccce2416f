//! A file of the result folder as a response, whole or a range of it (tiles are read in ranges).

use super::Problem;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Read at once.
const CHUNK: usize = 128 << 10;

/// First byte and length of the first range asked for; none = the whole file; an error = outside of it.
fn range(headers: &HeaderMap, size: u64) -> Result<Option<(u64, u64)>, ()> {
    let Some(text) = headers.get(header::RANGE).and_then(|range| range.to_str().ok()) else { return Ok(None) };
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|text| text.split_once('-')) else {
        return Ok(None);
    };
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => (first, last.min(size.saturating_sub(1))),
        (Ok(first), Err(_)) if last.is_empty() => (first, size.saturating_sub(1)),
        (Err(_), Ok(tail)) if first.is_empty() && tail > 0 => (size.saturating_sub(tail), size.saturating_sub(1)),
        _ => return Ok(None), // several ranges, or none that can be read: the whole file is a right answer
    };
    if first > last || first >= size { Err(()) } else { Ok(Some((first, last - first + 1))) }
}

/// The file.
pub async fn serve(path: &Path, media_type: &'static str, headers: &HeaderMap) -> Result<Response, Problem> {
    let gone = |_| Problem::missing("file");
    let mut file = tokio::fs::File::open(path).await.map_err(gone)?;
    let size = file.metadata().await.map_err(gone)?.len();
    let Ok(range) = range(headers, size) else {
        let mut response = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", "the range is outside of the file")
            .into_response();
        if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        return Ok(response);
    };
    let (first, length) = range.unwrap_or((0, size));
    file.seek(std::io::SeekFrom::Start(first)).await.map_err(gone)?;
    let chunks = futures_util::stream::unfold(file.take(length), |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        match (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(Bytes::from(chunk)), file)),
            Err(error) => Some((Err(error), file)),
        }
    });
    let mut response = Body::from_stream(chunks).into_response();
    let map = response.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    map.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    map.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if range.is_some() {
        if let Ok(value) = HeaderValue::from_str(&format!("bytes {first}-{}/{size}", first + length - 1)) {
            map.insert(header::CONTENT_RANGE, value);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_str(text).unwrap());
            range(&headers, 10)
        };
        assert_eq!(of("bytes=0-3"), Ok(Some((0, 4))));
        assert_eq!(of("bytes=8-99"), Ok(Some((8, 2))));
        assert_eq!(of("bytes=8-"), Ok(Some((8, 2))));
        assert_eq!(of("bytes=-3"), Ok(Some((7, 3))));
        assert_eq!(of("bytes=10-"), Err(()));
        assert_eq!(of("bytes=0-1,3-4"), Ok(None));
        assert_eq!(of("pages=1-2"), Ok(None));
        assert_eq!(range(&HeaderMap::new(), 10), Ok(None));
    }
}
