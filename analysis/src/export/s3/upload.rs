//! Uploads: whole objects, and large files in parts.

use super::{Bucket, CHECKSUM, S3Error, content_type, joined};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tokio::task::JoinSet;

/// Size of a part, and the largest file that goes up in one request: the loss when a connection breaks, against a request a part.
const PART_BYTES: u64 = 16 << 20;

/// S3 takes no more parts than that; larger files get larger parts.
const PARTS_MAX: u64 = 10_000;

pub(super) async fn bytes(bucket: &Bucket, key: &str, bytes: Vec<u8>) -> Result<(), S3Error> {
    let sent = bucket
        .patient
        .put_object()
        .bucket(&bucket.place.bucket)
        .key(bucket.place.key(key))
        .content_type(content_type(key))
        .checksum_algorithm(CHECKSUM)
        .body(ByteStream::from(bytes))
        .send()
        .await;
    sent.map(drop).map_err(|error| bucket.error("write", key, error))
}

pub(super) async fn file(bucket: &Bucket, key: &str, path: &Path) -> Result<(), S3Error> {
    let unreadable = |cause| S3Error::File { path: path.to_owned(), cause };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length <= PART_BYTES {
        let _slot = bucket.slots.acquire().await;
        let content = read_part(path.to_owned(), 0, length).await?;
        return bytes(bucket, key, content).await;
    }
    let upload =
        Upload { bucket: bucket.clone(), key: key.to_owned(), path: path.to_owned(), id: begin(bucket, key).await? };
    let result = match upload.parts(length).await {
        Ok(parts) => upload.complete(parts).await,
        Err(error) => Err(error),
    };
    if result.is_err() {
        upload.call_off().await;
    }
    result
}

async fn begin(bucket: &Bucket, key: &str) -> Result<String, S3Error> {
    let begun = bucket
        .patient
        .create_multipart_upload()
        .bucket(&bucket.place.bucket)
        .key(bucket.place.key(key))
        .content_type(content_type(key))
        .checksum_algorithm(CHECKSUM)
        .send()
        .await
        .map_err(|error| bucket.error("write", key, error))?;
    begun.upload_id.ok_or_else(|| bucket.failed("write", key, "the store gives no id for an upload in parts"))
}

/// A file going up in parts.
#[derive(Clone)]
struct Upload {
    bucket: Bucket,
    key: String,
    path: PathBuf,
    id: String,
}

impl Upload {
    /// Sends all parts, as many at once as there are slots; after an error none is left in flight.
    async fn parts(&self, length: u64) -> Result<Vec<CompletedPart>, S3Error> {
        let size = part_size(length);
        let mut running = JoinSet::new();
        for (number, start) in (1..).zip((0..length).step_by(usize::try_from(size).unwrap_or(usize::MAX))) {
            let upload = self.clone();
            running.spawn(async move { upload.part(number, start, size.min(length - start)).await.map(Some) });
        }
        let mut parts = Vec::new();
        while let Some(part) = running.join_next().await {
            match joined(Some(part)) {
                Ok(part) => parts.extend(part),
                Err(error) => {
                    running.shutdown().await;
                    return Err(error);
                }
            }
        }
        parts.sort_by_key(|part| part.part_number);
        Ok(parts)
    }

    async fn part(&self, number: i32, start: u64, length: u64) -> Result<CompletedPart, S3Error> {
        let _slot = self.bucket.slots.acquire().await;
        let content = read_part(self.path.clone(), start, length).await?;
        let sent = self
            .bucket
            .patient
            .upload_part()
            .bucket(&self.bucket.place.bucket)
            .key(self.bucket.place.key(&self.key))
            .upload_id(&self.id)
            .part_number(number)
            .checksum_algorithm(CHECKSUM)
            .body(ByteStream::from(content))
            .send()
            .await
            .map_err(|error| self.bucket.error("write", &self.key, error))?;
        let part = CompletedPart::builder().part_number(number);
        Ok(part.set_e_tag(sent.e_tag).set_checksum_sha256(sent.checksum_sha256).build())
    }

    async fn complete(&self, parts: Vec<CompletedPart>) -> Result<(), S3Error> {
        let sent = self
            .bucket
            .patient
            .complete_multipart_upload()
            .bucket(&self.bucket.place.bucket)
            .key(self.bucket.place.key(&self.key))
            .upload_id(&self.id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await;
        sent.map(drop).map_err(|error| self.bucket.error("write", &self.key, error))
    }

    /// Frees what the parts occupy. When that fails too nothing is lost: parts are invisible, and the first error says more.
    async fn call_off(&self) {
        let _ = self
            .bucket
            .quick
            .abort_multipart_upload()
            .bucket(&self.bucket.place.bucket)
            .key(self.bucket.place.key(&self.key))
            .upload_id(&self.id)
            .send()
            .await;
    }
}

fn part_size(length: u64) -> u64 {
    PART_BYTES.max(length.div_ceil(PARTS_MAX))
}

async fn read_part(path: PathBuf, start: u64, length: u64) -> Result<Vec<u8>, S3Error> {
    let read = move || read_range(&path, start, length).map_err(|cause| S3Error::File { path, cause });
    joined(Some(tokio::task::spawn_blocking(read).await))
}

fn read_range(path: &Path, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut content = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(length).read_to_end(&mut content)?;
    if content.len() as u64 == length { Ok(content) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_file_still_fits_the_number_of_parts() {
        assert_eq!(part_size(PART_BYTES + 1), PART_BYTES);
        let five_terabytes = 5 << 40;
        assert!(five_terabytes / part_size(five_terabytes) <= PARTS_MAX);
    }
}
