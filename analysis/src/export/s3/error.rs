//! What can go wrong with a bucket: one variant for each different reaction.

use super::Bucket;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;
use std::io;
use std::path::PathBuf;

/// A failed request. Messages name the bucket and key and say what to do.
#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    /// Not an address of a place in a bucket.
    #[error("{address} is not a place on S3: {what}; write s3://bucket/prefix")]
    BadAddress {
        /// As given.
        address: String,
        /// What is wrong.
        what: &'static str,
    },
    /// Nobody to sign requests as.
    #[error(
        "no AWS credentials for {address} ({cause}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role gives them"
    )]
    NoCredentials {
        /// Where results should go.
        address: String,
        /// What the providers say.
        cause: String,
    },
    /// No such bucket.
    #[error("there is no bucket {bucket} (asked {endpoint}): create it, or correct the address")]
    NoBucket {
        /// Its name.
        bucket: String,
        /// Who was asked.
        endpoint: String,
    },
    /// Not allowed.
    #[error(
        "not allowed to {action} {address} ({cause}): grant s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and \
         s3:AbortMultipartUpload there, or use other credentials"
    )]
    Denied {
        /// `write`, `read`, `list`, `delete`.
        action: &'static str,
        /// What.
        address: String,
        /// The store's code and sentence.
        cause: String,
    },
    /// The bucket lies elsewhere.
    #[error("{bucket} is not in the region asked; it lies in {region}: set AWS_REGION to it")]
    OtherRegion {
        /// The bucket.
        bucket: String,
        /// Where it lies, as far as the store says so.
        region: String,
    },
    /// Nobody answers, or too slowly.
    #[error(
        "cannot reach {endpoint} to {action} {address}: {cause}; check the network, AWS_ENDPOINT_URL and AWS_REGION, then run again"
    )]
    Unreachable {
        /// Who was asked.
        endpoint: String,
        /// `write`, `read`, `list`, `delete`.
        action: &'static str,
        /// What.
        address: String,
        /// Why.
        cause: String,
    },
    /// Somebody else was first.
    #[error(
        "{address} exists: another run has already published here; choose another --out, or pass --overwrite to replace its results"
    )]
    Published {
        /// The object that should not exist.
        address: String,
    },
    /// The file to upload.
    #[error("cannot read {} to upload it: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The file to download to.
    #[error("cannot write {}: {cause}; make room there", path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Anything else.
    #[error("cannot {action} {address}: {cause}; {}", if *.may_pass { "the store is troubled, run again later" } else { "ask whoever runs the store" })]
    Failed {
        /// `write`, `read`, `list`, `delete`.
        action: &'static str,
        /// What.
        address: String,
        /// What the store says.
        cause: String,
        /// Whether trying later can help.
        may_pass: bool,
    },
}

impl S3Error {
    /// Whether another attempt can succeed.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Failed { may_pass: true, .. })
    }
}

/// An answer without the SDK's types.
struct Answer {
    /// HTTP status; `None` when no answer came.
    status: Option<u16>,
    code: String,
    cause: String,
    /// `x-amz-bucket-region`.
    region: Option<String>,
}

impl Answer {
    fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default().to_owned();
        let cause = match (error.message().filter(|text| !text.is_empty()), status) {
            (Some(message), _) if code.is_empty() => message.to_owned(),
            (Some(message), _) => format!("{code}: {message}"),
            (None, _) if !code.is_empty() => code.clone(),
            (None, Some(status)) => format!("HTTP status {status}"),
            (None, None) => root(error),
        };
        let region = response.and_then(|response| response.headers().get("x-amz-bucket-region")).map(str::to_owned);
        Self { status, code, cause, region }
    }
}

impl Bucket {
    /// The error of a request for the object `key` (relative).
    pub(super) fn error<E>(&self, action: &'static str, key: &str, error: SdkError<E, HttpResponse>) -> S3Error
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.react(action, key, Answer::of(&error))
    }

    fn react(&self, action: &'static str, key: &str, answer: Answer) -> S3Error {
        let bucket = self.place.bucket.clone();
        let address = self.place.address(key);
        let endpoint = self.endpoint.to_string();
        let Answer { status, code, cause, region } = answer;
        match (status, code.as_str()) {
            (_, "NoSuchBucket") => S3Error::NoBucket { bucket, endpoint },
            (Some(412), _) | (_, "ConditionalRequestConflict") => S3Error::Published { address },
            (Some(301 | 307), _) | (_, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
                S3Error::OtherRegion { bucket, region: region.unwrap_or_else(|| format!("another one ({cause})")) }
            }
            (Some(401 | 403), _) => S3Error::Denied { action, address, cause },
            (None, _) => S3Error::Unreachable { endpoint, action, address, cause },
            (Some(status), code) => {
                let may_pass = matches!(status, 408 | 429 | 500 | 502..) || code == "RequestTimeout";
                S3Error::Failed { action, address, cause, may_pass }
            }
        }
    }

    pub(super) fn failed(&self, action: &'static str, key: &str, cause: &str) -> S3Error {
        S3Error::Failed { action, address: self.place.address(key), cause: cause.to_owned(), may_pass: false }
    }
}

/// Whether the answer is that there is no such object (of a bucket that exists).
pub(super) fn is_missing<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let answer = Answer::of(error);
    answer.status == Some(404) && answer.code != "NoSuchBucket"
}

/// Whether the store does not know what it is asked to do (for instance a conditional write).
pub(super) fn is_not_implemented<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let answer = Answer::of(error);
    answer.status == Some(501) || answer.code == "NotImplemented"
}

/// The innermost cause, which says most: `connection refused`, not `dispatch failure`.
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
