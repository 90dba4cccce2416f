//! What a container is made of. Decisions on values only.

use super::{DockerArgs, IMAGE, LAUNCHER, RUN, STARTED_BY};
use crate::run::parse_started_by;
use crate::runner::Launch;
use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// Where programs may always write: in memory.
const TMP: &str = "/tmp";

/// A path of the result folder that a task is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The same outside and inside.
    pub path: PathBuf,
    /// Its own results.
    pub is_out: bool,
}

/// What a task sees of the result folder: what its arguments name, and nothing of other runs. Only its own results may be written.
pub fn shares(args: &[String], results: Option<&Path>) -> Vec<Share> {
    let Some(results) = results else { return Vec::new() };
    let before = [""].into_iter().chain(args.iter().map(String::as_str));
    let is_inside = |path: &Path| {
        path.starts_with(results) && path != results && path.components().all(|part| part != Component::ParentDir)
    };
    let inside = args.iter().zip(before).filter(|(arg, _)| is_inside(Path::new(arg)));
    inside.map(|(arg, flag)| Share { path: arg.into(), is_out: flag == "--out" }).collect()
}

/// A volume of the operator's holds this path already: a launcher that runs in a container itself shares its results so.
fn is_covered(path: &Path, args: &DockerArgs) -> bool {
    args.volumes.iter().any(|volume| path.starts_with(&volume.target))
}

fn mounts(args: &DockerArgs, shares: &[Share]) -> Vec<Mount> {
    let volumes = args.volumes.iter().map(|volume| {
        // The kind that fails when the source is not there: the other would make an empty folder.
        let kind = if volume.source.starts_with('/') { MountType::BIND } else { MountType::VOLUME };
        (kind, volume.source.clone(), volume.target.clone(), volume.read_only)
    });
    let shares = shares.iter().filter(|share| !is_covered(&share.path, args)).map(|share| {
        let path = share.path.display().to_string();
        (MountType::BIND, path.clone(), path, !share.is_out)
    });
    let mount = |(kind, source, target, read_only)| Mount {
        typ: Some(kind),
        source: Some(source),
        target: Some(target),
        read_only: Some(read_only),
        ..Mount::default()
    };
    volumes.chain(shares).map(mount).collect()
}

/// What a container may use and touch: no more than the analysis needs.
fn limits(args: &DockerArgs, shares: &[Share]) -> HostConfig {
    let tmpfs = HashMap::from([(TMP.to_owned(), "rw,nosuid,nodev,noexec,mode=1777".to_owned())]);
    let has_tmp = args.volumes.iter().any(|volume| volume.target == TMP);
    HostConfig {
        mounts: Some(mounts(args, shares)),
        network_mode: Some(args.network.clone()),
        memory: args.memory,
        memory_swap: args.memory, // none: a task that does not fit shall end, not crawl
        nano_cpus: args.cpus.map(|cpus| (cpus * 1e9) as i64),
        readonly_rootfs: Some(true),
        tmpfs: (!has_tmp).then_some(tmpfs),
        cap_drop: Some(vec!["ALL".into()]),
        security_opt: Some(vec!["no-new-privileges".into()]),
        ..HostConfig::default()
    }
}

/// The container of a launch. `user` is who owns the files that it is to write, `env` what the operator adds.
pub fn body(
    launch: &Launch,
    args: &DockerArgs,
    shares: &[Share],
    (launcher, user): (&str, Option<String>),
    env: &[(String, String)],
) -> ContainerCreateBody {
    let env = env.iter().map(|(name, value)| (name, value)).chain(&launch.env);
    let env = env.map(|(name, value)| format!("{name}={value}"));
    let run = parse_started_by(&launch.started_by).map_or("", |(run, _)| run);
    let labels = [(LAUNCHER, launcher), (STARTED_BY, launch.started_by.as_str()), (RUN, run)];
    ContainerCreateBody {
        image: Some(launch.platform.get(IMAGE).unwrap_or(&args.image).clone()),
        cmd: Some(launch.args.clone()),
        env: Some(env.collect()),
        user: args.user.clone().or(user),
        labels: Some(labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()),
        host_config: Some(limits(args, shares)),
        ..ContainerCreateBody::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::docker::args::Volume;

    fn args(volumes: &[(&str, &str)]) -> DockerArgs {
        let volume = |(source, target): &(&str, &str)| Volume {
            source: (*source).into(),
            target: (*target).into(),
            read_only: false,
        };
        DockerArgs { volumes: volumes.iter().map(volume).collect(), ..DockerArgs::default() }
    }

    #[test]
    fn a_task_sees_what_its_arguments_name() {
        let line = [
            "run",
            "--boundary",
            "/r/boundaries/a.geojson",
            "--out",
            "/r/runs/o/1-x/1",
            "--osm=/r/y",
            "/results",
            "/r",
            "/r/../etc",
        ];
        let line = line.map(String::from);
        let found = shares(&line, Some(Path::new("/r")));
        let expected = [("/r/boundaries/a.geojson", false), ("/r/runs/o/1-x/1", true)];
        assert_eq!(found, expected.map(|(path, is_out)| Share { path: path.into(), is_out }));
        assert!(shares(&line, None).is_empty());
        let made = mounts(&args(&[("/data", "/data")]), &found);
        let read_only: Vec<_> =
            made.iter().map(|mount| (mount.source.as_deref().unwrap(), mount.read_only.unwrap())).collect();
        assert_eq!(read_only, [("/data", false), ("/r/boundaries/a.geojson", true), ("/r/runs/o/1-x/1", false)]);
        assert_eq!(mounts(&args(&[("results", "/r")]), &found).len(), 1, "a volume holds them already");
    }

    #[test]
    fn a_volume_may_take_the_place_of_memory_for_temporary_files() {
        assert!(limits(&args(&[]), &[]).tmpfs.is_some());
        assert!(limits(&args(&[("/scratch", "/tmp")]), &[]).tmpfs.is_none());
    }
}
