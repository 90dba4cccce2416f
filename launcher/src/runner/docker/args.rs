//! Flags of the Docker runner, and what their values may look like.

use std::path::{Component, Path};

/// The Docker host, and what containers get.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Docker")]
pub struct DockerArgs {
    /// Image of the analysis; each run keeps the one that this name meant at submission
    #[arg(
        long = "docker-image",
        env = "QUIETWAY_LAUNCHER_DOCKER_IMAGE",
        value_name = "NAME",
        default_value = "quietway/analysis"
    )]
    pub image: String,

    /// Docker host: `unix:///path` or `tcp://host:port`, without TLS [default: DOCKER_HOST, else /var/run/docker.sock]
    #[arg(long = "docker-host", env = "QUIETWAY_LAUNCHER_DOCKER_HOST", value_name = "ADDRESS", value_parser = host)]
    pub host: Option<Host>,

    /// Memory of a container, such as 8g [default: no limit]
    #[arg(id = "docker_memory", long = "docker-memory", env = "QUIETWAY_LAUNCHER_DOCKER_MEMORY", value_name = "BYTES", value_parser = bytes)]
    pub memory: Option<i64>,

    /// Processors of a container, such as 2.5 [default: all of them]
    #[arg(long = "docker-cpus", env = "QUIETWAY_LAUNCHER_DOCKER_CPUS", value_name = "N", value_parser = cpus)]
    pub cpus: Option<f64>,

    /// Network of containers; from it they must reach this launcher (see --public-url) and their sources
    #[arg(
        long = "docker-network",
        env = "QUIETWAY_LAUNCHER_DOCKER_NETWORK",
        value_name = "NAME",
        default_value = "host"
    )]
    pub network: String,

    /// User in containers [default: who the launcher is; with results in a bucket, the image's]
    #[arg(long = "docker-user", env = "QUIETWAY_LAUNCHER_DOCKER_USER", value_name = "UID[:GID]")]
    pub user: Option<String>,

    /// Folder of the Docker host, or a volume, for containers; may be given several times
    #[arg(
        long = "docker-volume",
        env = "QUIETWAY_LAUNCHER_DOCKER_VOLUME",
        value_name = "SRC:DST[:ro]",
        value_delimiter = ',',
        value_parser = volume
    )]
    pub volumes: Vec<Volume>,

    /// Variable of the launcher that containers get too, such as AWS_ACCESS_KEY_ID; may be given several times
    #[arg(
        long = "docker-env",
        env = "QUIETWAY_LAUNCHER_DOCKER_ENV",
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = variable
    )]
    pub env: Vec<String>,
}

/// Where the Docker Engine listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A socket file.
    Unix(String),
    /// Host and port.
    Tcp(String),
}

impl Default for Host {
    fn default() -> Self {
        Self::Unix("/var/run/docker.sock".into())
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{path}"),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

/// A folder or volume, and where containers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// An absolute path of the Docker host, or the name of a volume.
    pub source: String,
    /// An absolute path in the container.
    pub target: String,
    /// Not to be written.
    pub read_only: bool,
}

/// Reads an address as `DOCKER_HOST` has it.
///
/// # Errors
/// It is no socket and no plain TCP address.
pub fn host(text: &str) -> Result<Host, String> {
    if let Some(path) = text.strip_prefix("unix://").filter(|path| path.starts_with('/')) {
        return Ok(Host::Unix(path.into()));
    }
    let address = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://"));
    match address.map(|address| address.trim_end_matches('/')).filter(|address| !address.is_empty()) {
        Some(address) => Ok(Host::Tcp(address.into())),
        None => Err(format!("{text:?} is neither unix:///path nor tcp://host:port (TLS and ssh are not supported)")),
    }
}

fn bytes(text: &str) -> Result<i64, String> {
    let lower = text.to_ascii_lowercase();
    let number = lower.trim_end_matches("ib").trim_end_matches('b');
    let units = [('k', 10), ('m', 20), ('g', 30), ('t', 40)];
    let unit = units.iter().find(|(letter, _)| number.ends_with(*letter));
    let digits = number.trim_end_matches(|letter: char| unit.is_some_and(|(own, _)| *own == letter));
    let found = digits.parse::<i64>().ok().filter(|value| *value > 0);
    let found = found.and_then(|value| value.checked_mul(1 << unit.map_or(0, |(_, shift)| *shift)));
    found.ok_or_else(|| format!("{text:?} is no size; write 512m or 8g"))
}

fn cpus(text: &str) -> Result<f64, String> {
    let found = text.parse::<f64>().ok().filter(|cpus| cpus.is_finite() && *cpus > 0.0);
    found.ok_or_else(|| format!("{text:?} is no number of processors; write 2 or 2.5"))
}

fn volume(text: &str) -> Result<Volume, String> {
    let parts: Vec<_> = text.split(':').collect();
    let (source, target, read_only) = match parts[..] {
        [source, target] | [source, target, "rw"] => (source, target, false),
        [source, target, "ro"] => (source, target, true),
        _ => return Err(format!("{text:?} is not SRC:DST or SRC:DST:ro")),
    };
    // A relative folder would be taken for the name of a volume, a new and empty one.
    let is_name = !source.is_empty() && !source.contains('/') && !source.starts_with('.');
    if !source.starts_with('/') && !is_name {
        return Err(format!("{source:?} is neither an absolute path nor the name of a volume"));
    }
    let plain = |path: &str| Path::new(path).components().all(|part| part != Component::ParentDir);
    if !target.starts_with('/') || !plain(target) {
        return Err(format!("{target:?} is no absolute path in the container"));
    }
    Ok(Volume { source: source.into(), target: target.into(), read_only })
}

fn variable(text: &str) -> Result<String, String> {
    // Its value would be in the list of processes.
    match text.is_empty() || text.contains('=') {
        true => Err(format!("{text:?} is no name of a variable; its value comes from the launcher's environment")),
        false => Ok(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_sockets_and_plain_addresses() {
        assert_eq!(host("unix:///run/d.sock"), Ok(Host::Unix("/run/d.sock".into())));
        assert_eq!(host("tcp://10.0.0.1:2375/").unwrap().to_string(), "tcp://10.0.0.1:2375");
        for wrong in ["", "ssh://me@there", "unix://run/d.sock", "https://there", "tcp://"] {
            assert!(host(wrong).unwrap_err().contains("unix:///path"), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        let found: Vec<_> = ["1024", "64k", "512m", "8g", "8GiB", "1t"].map(bytes).into_iter().flatten().collect();
        assert_eq!(found, [1024, 64 << 10, 512 << 20, 8 << 30, 8 << 30, 1 << 40]);
        for wrong in ["", "g", "-1", "0", "1.5g", "8x", "99999999t"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        assert_eq!(cpus("2.5"), Ok(2.5));
        assert!(["0", "-1", "NaN", "inf", "two"].into_iter().all(|wrong| cpus(wrong).is_err()));
    }

    #[test]
    fn volumes_are_folders_or_names() {
        let of =
            |source: &str, target: &str, read_only| Volume { source: source.into(), target: target.into(), read_only };
        assert_eq!(volume("/data:/data:ro"), Ok(of("/data", "/data", true)));
        assert_eq!(volume("cache:/cache"), Ok(of("cache", "/cache", false)));
        for wrong in [
            "/data",
            "data/osm:/data",
            "./data:/data",
            ":/data",
            "/data:data",
            "/data:/../etc",
            "/a:/b:z",
            "/a:/b:ro:x",
        ] {
            assert!(volume(wrong).is_err(), "{wrong}");
        }
        assert!(variable("AWS_REGION").is_ok() && variable("AWS_REGION=x").is_err() && variable("").is_err());
    }
}
