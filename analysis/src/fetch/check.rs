//! Whether a file is what its publisher says it is, and what the request allows.

use super::entry::Record;
use super::{Checksum, FetchError, Request};

/// `md5sum` writes a line; whoever publishes more than that publishes something else.
pub(super) const MD5_FILE_MAX_BYTES: u64 = 64 << 10;

/// The checksum in a text such as `d41d8cd98f00b204e9800998ecf8427e  monaco-latest.osm.pbf`, in small letters.
pub(super) fn md5_in(text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?.to_ascii_lowercase();
    (word.len() == 32 && word.bytes().all(|digit| digit.is_ascii_hexdigit())).then_some(word)
}

pub(super) fn matches(record: &Record, expected_md5: Option<&str>) -> bool {
    expected_md5.is_none_or(|expected| expected == record.md5)
}

/// Whether the file is not larger than the request allows.
pub(super) fn within(record: &Record, request: &Request) -> Result<(), FetchError> {
    let Request { url, max_bytes, .. } = request;
    match record.bytes <= *max_bytes {
        true => Ok(()),
        false => Err(FetchError::TooLarge { url: url.clone(), max_bytes: *max_bytes }),
    }
}

/// Whether a file from the cache may stand in while the server cannot be asked. Against a checksum at the server it was checked when it came.
pub(super) fn fits(record: &Record, request: &Request) -> Result<(), FetchError> {
    if let Checksum::Md5(text) = &request.checksum {
        let expected = md5_in(text).ok_or_else(|| FetchError::NoChecksum { url: request.url.clone() })?;
        if expected != record.md5 {
            let (url, found) = (request.url.clone(), record.md5.clone());
            return Err(FetchError::WrongChecksum { url, expected, found });
        }
    }
    within(record, request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_the_checksum() {
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        assert_eq!(md5_in(&format!("{md5}  monaco-latest.osm.pbf\n")).as_deref(), Some(md5));
        assert_eq!(md5_in(&md5.to_uppercase()).as_deref(), Some(md5));
        for none in ["", "<html>", "d41d8cd98f00b204e9800998ecf8427", "d41d8cd98f00b204e9800998ecf8427g"] {
            assert_eq!(md5_in(none), None, "{none}");
        }
    }
}
