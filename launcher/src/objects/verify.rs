//! Whether the results of a run are all there: its manifest, and every file the manifest lists.

use super::{ObjectError, Objects};
use crate::run::Run;
use quietway_job::manifest::{FILE_NAME, Manifest, SCHEMA_VERSION};

/// What the manifest says, or what is missing.
pub type Verified = Result<Box<Manifest>, String>;

/// Looks at the results of the current attempt of a run; hashes too, when asked.
///
/// # Errors
/// The store does not answer: nobody knows.
pub async fn verify(objects: &dyn Objects, run: &Run, hashes: bool) -> Result<Verified, ObjectError> {
    let prefix = run.result_prefix();
    let Some(bytes) = objects.get(&format!("{prefix}/{FILE_NAME}")).await? else {
        return Ok(Err("it has no manifest".into()));
    };
    let manifest: Manifest = match serde_json::from_slice(&bytes) {
        Ok(manifest) => manifest,
        Err(cause) => return Ok(Err(format!("its manifest cannot be read: {cause}"))),
    };
    if manifest.schema_version != SCHEMA_VERSION {
        return Ok(Err(format!("its manifest has layout {}, not {SCHEMA_VERSION}", manifest.schema_version)));
    }
    let made_by = manifest.run.as_ref();
    if let Some(other) = made_by.filter(|by| by.id != run.id || by.generation != run.generation) {
        return Ok(Err(format!("its manifest is of run {} (generation {})", other.id, other.generation)));
    }
    let schema = manifest.database.as_ref().map(|used| used.schema.as_str());
    if run.request.database && schema != Some(run.schema().as_str()) {
        return Ok(Err(format!("its manifest does not name {} as its schema in the database", run.schema())));
    }
    for artifact in &manifest.artifacts {
        let key = format!("{prefix}/{}", artifact.path);
        match objects.size(&key).await? {
            None => return Ok(Err(format!("{} is missing", artifact.path))),
            Some(bytes) if bytes != artifact.bytes => {
                return Ok(Err(format!("{} has {bytes} bytes, not {}", artifact.path, artifact.bytes)));
            }
            Some(_) => {}
        }
        if hashes && objects.sha256(&key).await?.as_ref() != Some(&artifact.sha256) {
            return Ok(Err(format!("{} has another content than the manifest says", artifact.path)));
        }
    }
    Ok(Ok(Box::new(manifest)))
}

/// A manifest that lists some files, for tests.
#[cfg(test)]
pub fn sample(run: &Run, files: &[(&str, &[u8])]) -> Vec<u8> {
    let artifacts = files
        .iter()
        .map(|(path, bytes)| serde_json::json!({"path": path, "bytes": bytes.len(), "sha256": super::sha256(bytes)}));
    let mut value = serde_json::json!({
        "schema_version": SCHEMA_VERSION,
        "run": {"id": run.id, "generation": run.generation},
        "tool": {"name": "quietway", "version": "0"},
        "edition": "current", "place": "Springfield", "suite": {"name": "bna", "sha256": ""},
        "parameters": {}, "inputs": [], "stages": [], "peak_memory_bytes": 0, "notes": [],
        "summary": {"scores": [], "population": null, "low_stress_miles": null, "high_stress_miles": null, "assumed_speed_share": 0.0},
        "artifacts": artifacts.collect::<Vec<_>>(),
    });
    let schema = serde_json::json!({"server": "", "schema": run.schema(), "run": run.id, "tables": {}});
    value["database"] = if run.request.database { schema } else { serde_json::Value::Null };
    serde_json::to_vec(&value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::MemoryObjects;
    use super::*;

    async fn judged(files: &[(&str, &[u8])], stored: &[(&str, &[u8])], hashes: bool) -> Result<(), String> {
        let objects = MemoryObjects::default();
        let mut run = Run::new("r".into(), "springfield".into(), 1, 0);
        run.attempt = 1;
        let prefix = run.result_prefix();
        for (path, bytes) in stored {
            objects.put(&format!("{prefix}/{path}"), bytes.to_vec()).await.unwrap();
        }
        objects.put(&format!("{prefix}/{FILE_NAME}"), sample(&run, files)).await.unwrap();
        verify(&objects, &run, hashes).await.unwrap().map(|_| ())
    }

    #[tokio::test]
    async fn all_files_must_be_there() {
        let file: (&str, &[u8]) = ("scores.csv", b"12");
        assert_eq!(judged(&[file], &[file], true).await, Ok(()));
        assert_eq!(judged(&[file], &[], false).await, Err("scores.csv is missing".into()));
        assert_eq!(judged(&[file], &[("scores.csv", b"1")], false).await, Err("scores.csv has 1 bytes, not 2".into()));
        assert_eq!(judged(&[file], &[("scores.csv", b"13")], false).await, Ok(()), "sizes only, unless asked");
        let changed = judged(&[file], &[("scores.csv", b"13")], true).await;
        assert_eq!(changed, Err("scores.csv has another content than the manifest says".into()));
    }

    #[tokio::test]
    async fn a_manifest_of_another_run_is_none() {
        let objects = MemoryObjects::default();
        let mut run = Run::new("r".into(), "springfield".into(), 1, 0);
        run.attempt = 1;
        assert_eq!(verify(&objects, &run, false).await.unwrap(), Err("it has no manifest".into()));
        let key = format!("{}/{FILE_NAME}", run.result_prefix());
        let other = Run { generation: 2, ..run.clone() };
        objects.put(&key, sample(&other, &[])).await.unwrap();
        assert_eq!(verify(&objects, &run, false).await.unwrap(), Err("its manifest is of run r (generation 2)".into()));
        objects.put(&key, b"{".to_vec()).await.unwrap();
        assert!(verify(&objects, &run, false).await.unwrap().unwrap_err().starts_with("its manifest cannot be read"));
    }
}
