//! Objects in a bucket. Clients fetch results from it by addresses that are signed and valid for a while.

use super::{Access, ObjectError, Objects};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use sha2::{Digest, Sha256};
use std::time::Duration;
use url::Url;

/// How long a signed address is valid.
const SIGNED_FOR: Duration = Duration::from_secs(900);

/// A bucket and a prefix in it.
#[derive(Clone, Debug)]
pub struct S3 {
    client: Client,
    /// Signs addresses for clients.
    signer: Client,
    bucket: String,
    prefix: String,
}

fn failed<E, R>(key: &str, error: &SdkError<E, R>) -> ObjectError
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug,
{
    ObjectError(format!("{key}: {}", DisplayErrorContext(error)))
}

/// Whether the store says that there is no such object.
fn absent<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(code, Some("NoSuchKey" | "NotFound"))
        || error.raw_response().is_some_and(|raw| raw.status().as_u16() == 404)
}

impl S3 {
    /// Of `s3://bucket/prefix`; `endpoint` is where clients reach the store, if not where the launcher does.
    ///
    /// # Errors
    /// It is no such address.
    pub fn new(config: &SdkConfig, address: &str, endpoint: Option<&Url>) -> Result<Self, String> {
        let rest = address.strip_prefix("s3://").unwrap_or_default();
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(format!("{address} is no place on S3; write s3://bucket/prefix"));
        }
        let other = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].iter().any(|name| std::env::var_os(name).is_some());
        let builder = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(other || config.endpoint_url().is_some())
            .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        let client = Client::from_conf(builder.clone().build());
        let signer = endpoint.map_or_else(
            || client.clone(),
            |url| Client::from_conf(builder.endpoint_url(url.as_str()).force_path_style(true).build()),
        );
        Ok(Self { client, signer, bucket: bucket.into(), prefix: prefix.trim_matches('/').into() })
    }

    fn key(&self, key: &str) -> String {
        if self.prefix.is_empty() { key.to_owned() } else { format!("{}/{key}", self.prefix) }
    }

    async fn page(&self, prefix: &str) -> Result<Vec<ObjectIdentifier>, ObjectError> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(self.key(prefix));
        let page = request.send().await.map_err(|error| failed(prefix, &error))?;
        let keys = page.contents().iter().filter_map(|object| object.key());
        keys.map(|key| ObjectIdentifier::builder().key(key).build().map_err(|error| ObjectError(error.to_string())))
            .collect()
    }
}

#[async_trait]
impl Objects for S3 {
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let request = self.client.put_object().bucket(&self.bucket).key(self.key(key)).body(bytes.into());
        request.send().await.map(|_| ()).map_err(|error| failed(key, &error))
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        match self.client.get_object().bucket(&self.bucket).key(self.key(key)).send().await {
            Ok(object) => {
                let body = object.body.collect().await.map_err(|error| ObjectError(format!("{key}: {error}")))?;
                Ok(Some(body.to_vec()))
            }
            Err(error) if absent(&error) => Ok(None),
            Err(error) => Err(failed(key, &error)),
        }
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, ObjectError> {
        match self.client.head_object().bucket(&self.bucket).key(self.key(key)).send().await {
            Ok(head) => Ok(Some(head.content_length().unwrap_or_default().unsigned_abs())),
            Err(error) if absent(&error) => Ok(None),
            Err(error) => Err(failed(key, &error)),
        }
    }

    async fn sha256(&self, key: &str) -> Result<Option<String>, ObjectError> {
        let object = match self.client.get_object().bucket(&self.bucket).key(self.key(key)).send().await {
            Ok(object) => object,
            Err(error) if absent(&error) => return Ok(None),
            Err(error) => return Err(failed(key, &error)),
        };
        let (mut body, mut hash) = (object.body, Sha256::new());
        while let Some(chunk) = body.try_next().await.map_err(|error| ObjectError(format!("{key}: {error}")))? {
            hash.update(&chunk);
        }
        Ok(Some(hex::encode(hash.finalize())))
    }

    async fn delete_all(&self, prefix: &str) -> Result<(), ObjectError> {
        loop {
            let keys = self.page(prefix).await?;
            if keys.is_empty() {
                return Ok(());
            }
            let keys = Delete::builder().set_objects(Some(keys)).quiet(true).build();
            let keys = keys.map_err(|error| ObjectError(error.to_string()))?;
            let request = self.client.delete_objects().bucket(&self.bucket).delete(keys);
            let answer = request.send().await.map_err(|error| failed(prefix, &error))?;
            if let Some(odd) = answer.errors().first() {
                return Err(ObjectError(format!("{prefix}: {}", odd.message().unwrap_or("cannot be deleted"))));
            }
        }
    }

    fn place(&self, key: &str) -> String {
        format!("s3://{}/{}", self.bucket, self.key(key))
    }

    async fn access(&self, key: &str, media_type: &str) -> Result<Option<Access>, ObjectError> {
        let time = PresigningConfig::expires_in(SIGNED_FOR).map_err(|error| ObjectError(error.to_string()))?;
        let request =
            self.signer.get_object().bucket(&self.bucket).key(self.key(key)).response_content_type(media_type);
        let signed = request.presigned(time).await.map_err(|error| failed(key, &error))?;
        Ok(Some(Access::Url(signed.uri().to_owned())))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is a failed test")]
mod tests {
    use super::*;
    use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};

    async fn link(endpoint: Option<&str>) -> String {
        let config = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url("http://s3:9000")
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("id", "secret", None, None, "test")))
            .build();
        let endpoint = endpoint.map(|url| Url::parse(url).unwrap());
        let objects = S3::new(&config, "s3://results/all", endpoint.as_ref()).unwrap();
        match objects.access("a run/tiles.pmtiles", "application/vnd.pmtiles").await.unwrap() {
            Some(Access::Url(url)) => url,
            _ => panic!("a bucket gives addresses"),
        }
    }

    /// In a container the store has another name than on the reader's machine, and the signature covers the name.
    #[tokio::test]
    async fn links_lead_to_where_clients_reach_the_store() {
        assert!(link(None).await.starts_with("http://s3:9000/results/all/a%20run/tiles.pmtiles?"));
        let outside = link(Some("https://maps.example:9443")).await;
        assert!(outside.starts_with("https://maps.example:9443/results/all/a%20run/tiles.pmtiles?"), "{outside}");
        assert!(outside.contains("X-Amz-Signature=") && outside.contains("X-Amz-SignedHeaders=host"), "{outside}");
    }
}
