//! The Docker runner on a real daemon, with an image of a shell and `sleep`.

use super::*;
use crate::runner::tests::{contract, ended, ended_is_not_forgotten, sample, until};
use crate::state::{Cause, Stopped};
use daemon::{Image, docker};
use std::path::Path;
use std::time::Instant;
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinHandle;

// A dependency on the crate of the tests would bring the whole analysis into this one's.
#[path = "../../../../tests/src/docker.rs"]
mod daemon;

/// Runs until a signal comes.
const LASTING: &str = "trap 'exit 143' TERM; while :; do sleep 0.05; done";

/// Does not listen to signals.
const DEAF: &str = "trap '' TERM; while :; do sleep 0.05; done";

struct World {
    image: Image,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Option<Self> {
        daemon::host()?;
        let image = Image::of(&["/bin/sh", "/bin/sleep", "/bin/cat", "/bin/ls"].map(Path::new));
        Some(Self { image, folder: tempfile::tempdir().unwrap() })
    }

    fn site(&self) -> Site {
        Site {
            launcher: self.image.name.clone(),
            results: Some(self.folder.path().join("results")),
            grace: Duration::from_secs(1),
            keep_days: 7,
            prices: Prices::default(),
        }
    }

    fn args(&self) -> DockerArgs {
        DockerArgs { image: self.image.name.clone(), network: "none".into(), ..DockerArgs::default() }
    }

    fn runner_with(&self, args: DockerArgs, site: Site) -> Docker {
        Docker::new(args, site, |name| std::env::var(name)).unwrap()
    }

    fn runner(&self) -> Docker {
        self.runner_with(self.args(), self.site())
    }

    /// Run ids are unique on a daemon that others use too.
    fn shell(&self, run: &str, script: &str) -> Launch {
        sample(&format!("{run}-{}.1", self.image.name), &["-c", script])
    }
}

async fn stopped(runner: &Docker, task: &str) -> Stopped {
    match until(runner, task, ended).await {
        News::Stopped(stopped) => stopped,
        other => panic!("{other:?}"),
    }
}

async fn running(runner: &Docker, task: &str) {
    until(runner, task, |news| matches!(news, News::Running { since_ms: Some(_), .. })).await;
}

#[tokio::test]
async fn containers_keep_the_contract() {
    let Some(world) = World::new() else { return };
    let runner = world.runner();
    runner.ready().await.unwrap();
    contract(&runner, &["-c", LASTING]).await;
    let ended = stopped(&runner, &name("r1.1")).await;
    assert!(matches!(ended.exit_code, Some(143 | 137)), "{ended:?}"); // 137 when the signal came before the trap
    ended_is_not_forgotten(&runner, &name("r1.1")).await;
}

#[tokio::test]
async fn what_a_container_prints_and_how_it_ends_outlive_the_launcher() {
    let Some(world) = World::new() else { return };
    let launch = world.shell("log", "echo one; sleep 0.2; echo two >&2; sleep 0.2; echo $QUIETWAY_RUN_ID; exit 6");
    let args = DockerArgs { memory: Some(64 << 20), cpus: Some(0.5), ..world.args() };
    let task = world.runner_with(args, world.site()).start(&launch).await.unwrap();
    let later = world.runner();
    let ended = stopped(&later, &task).await;
    assert_eq!((ended.exit_code, ended.cause, ended.detail.as_str()), (Some(6), Cause::Exited, ""));
    assert!(ended.usage.seconds >= 0.2 && ended.usage.seconds < 60.0, "{ended:?}");
    assert_eq!(ended.usage.vcpu_seconds, ended.usage.seconds * 0.5);
    assert_eq!(ended.usage.gb_seconds, ended.usage.seconds / 16.0);
    let lines = later.logs(&task, 2).await.unwrap();
    assert_eq!(lines, ["two", "r"]);
    assert!(later.logs("nobody", 2).await.unwrap().is_empty());
    // The same token once more: it has ended, and does not run again.
    assert_eq!(later.start(&launch).await.unwrap(), task);
    assert_eq!(stopped(&later, &task).await, ended);
}

/// Row 33: two launchers, the same attempt.
#[tokio::test]
async fn f33_many_starts_of_a_token_make_one_container() {
    let Some(world) = World::new() else { return };
    let (runner, launch) = (world.runner(), world.shell("twice", LASTING));
    let answers = futures_util::future::join_all((0..8).map(|_| runner.start(&launch))).await;
    let task = name(&launch.token);
    // While the Engine makes it for one, the others may have to ask again.
    assert!(answers.iter().all(|answer| matches!(answer, Err(StartError::Unknown(_))) || *answer == Ok(task.clone())));
    assert_eq!(runner.start(&launch).await.unwrap(), task);
    running(&runner, &task).await;
    assert_eq!(runner.find(&launch.started_by).await.unwrap(), [task]);
    // A launcher with another secret neither sees nor stops it.
    let other = world.runner_with(world.args(), Site { launcher: "another".into(), ..world.site() });
    assert!(other.list().await.unwrap().is_empty() && other.find(&launch.started_by).await.unwrap().is_empty());
}

/// Row 11: a container that does not listen is killed after the grace, and nobody waits for that.
#[tokio::test]
async fn f11_a_container_that_ignores_the_signal_is_killed() {
    let Some(world) = World::new() else { return };
    let runner = world.runner_with(world.args(), Site { grace: Duration::from_secs(3), ..world.site() });
    let task = runner.start(&world.shell("deaf", DEAF)).await.unwrap();
    running(&runner, &task).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    runner.stop(&task, "test").await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(2_500), "the grace is not waited for");
    running(&runner, &task).await;
    let ended = stopped(&runner, &task).await;
    assert!(began.elapsed() >= Duration::from_secs(3), "the grace is given");
    assert_eq!((ended.exit_code, ended.cause), (Some(137), Cause::Exited));
}

/// Row 15: more memory than it may use, swap included.
#[tokio::test]
async fn f15_a_container_out_of_memory_says_so() {
    let Some(world) = World::new() else { return };
    let runner = world.runner_with(DockerArgs { memory: Some(16 << 20), ..world.args() }, world.site());
    let task = runner.start(&world.shell("oom", "x=quietway; while :; do x=$x$x; done")).await.unwrap();
    let ended = stopped(&runner, &task).await;
    assert_eq!((ended.exit_code, ended.cause), (Some(137), Cause::OutOfMemory), "{ended:?}");
    assert!(ended.detail.contains("--docker-memory"), "{ended:?}");
}

/// Row 17: no such image, at submission and later; no program in it; a folder that is not there.
#[tokio::test]
async fn f17_what_is_not_there_is_said() {
    let Some(world) = World::new() else { return };
    let none = world.runner_with(DockerArgs { image: "quietway-test/nowhere".into(), ..world.args() }, world.site());
    let launch = world.shell("none", "exit 0");
    let said = |error: StartError| match error {
        StartError::Refused(words) => words,
        other => panic!("{other:?}"),
    };
    for words in [said(none.freeze(&launch).await.unwrap_err()), said(none.start(&launch).await.unwrap_err())] {
        assert!(
            words.contains("no image quietway-test/nowhere: build or pull") && words.contains("--docker-image"),
            "{words}"
        );
    }
    assert!(none.ready().await.unwrap_err().0.contains("no image"));

    let volumes = vec![args::Volume { source: "/nowhere/osm".into(), target: "/osm".into(), read_only: true }];
    let folder = world.runner_with(DockerArgs { volumes, ..world.args() }, world.site());
    let words = said(folder.start(&launch).await.unwrap_err());
    assert!(words.contains("/nowhere/osm"), "{words}");

    let empty = Image::of(&[Path::new("/bin/cat")]);
    docker(&["tag", &empty.name, &format!("{}-broken", empty.name)]).unwrap();
    let broken = format!("{}-broken", empty.name);
    let mut start = std::process::Command::new("docker");
    start.args(["create", "--name", &broken, "--entrypoint", "/nowhere/quietway", &empty.name]);
    assert!(start.output().unwrap().status.success());
    docker(&["commit", &broken, &broken]).unwrap();
    let runner = world.runner_with(DockerArgs { image: broken.clone(), ..world.args() }, world.site());
    let task = runner.start(&world.shell("entry", "exit 0")).await.unwrap();
    let ended = stopped(&runner, &task).await;
    assert!(ended.cause == Cause::CannotStart && ended.detail.contains("/nowhere/quietway"), "{ended:?}");
    // Nothing of it is left when the sweep stops it.
    assert_eq!(runner.list().await.unwrap().len(), 1);
    runner.stop(&task, "belongs to no run").await.unwrap();
    assert!(runner.list().await.unwrap().is_empty());
    docker(&["rm", "-f", &broken]);
    docker(&["rmi", "-f", &broken]);
}

/// A network that is not there may be there soon: another attempt.
#[tokio::test]
async fn a_start_that_fails_is_news_of_its_container() {
    let Some(world) = World::new() else { return };
    let runner = world.runner_with(DockerArgs { network: "quietway-nowhere".into(), ..world.args() }, world.site());
    let task = runner.start(&world.shell("net", "exit 0")).await.unwrap();
    let ended = stopped(&runner, &task).await;
    assert!(ended.cause == Cause::NotStarted && ended.detail.contains("quietway-nowhere"), "{ended:?}");
}

/// The image is the one of the submission, whatever its name means later.
#[tokio::test]
async fn the_image_is_pinned() {
    let Some(world) = World::new() else { return };
    let other = Image::of(&["/bin/sh", "/bin/cat"].map(Path::new));
    let tag = format!("{}-tag", world.image.name);
    docker(&["tag", &world.image.name, &tag]).unwrap();
    let runner = world.runner_with(DockerArgs { image: tag.clone(), ..world.args() }, world.site());
    let launch = world.shell("pin", "sleep 0; echo $?"); // only the first image has it
    let platform = runner.freeze(&launch).await.unwrap();
    assert!(platform[IMAGE].starts_with("sha256:"), "{platform:?}");
    docker(&["tag", &other.name, &tag]).unwrap();
    let task = runner.start(&Launch { platform, ..launch }).await.unwrap();
    stopped(&runner, &task).await;
    assert_eq!(runner.logs(&task, 5).await.unwrap(), ["0"]);
    docker(&["rmi", &tag]);
}

/// Row 5: the launcher died between making a container and starting it.
#[tokio::test]
async fn f05_a_container_that_was_made_and_not_started() {
    let Some(world) = World::new() else { return };
    let runner = world.runner();
    let launch = world.shell("made", LASTING);
    runner.create(&launch).await.unwrap();
    let task = name(&launch.token);
    assert_eq!(runner.observe(std::slice::from_ref(&task)).await.unwrap(), [News::Pending { version: 1 }]);
    assert_eq!(runner.find(&launch.started_by).await.unwrap(), std::slice::from_ref(&task));
    assert_eq!(runner.start(&launch).await.unwrap(), task, "the call is made again");
    running(&runner, &task).await;
    // Superseded meanwhile: the call is not made again, what was made goes.
    let unwanted = world.shell("unwanted", LASTING);
    runner.create(&unwanted).await.unwrap();
    let task = runner.find(&unwanted.started_by).await.unwrap().remove(0);
    runner.stop(&task, "superseded").await.unwrap();
    assert_eq!(runner.observe(&[task]).await.unwrap(), [News::Missing]);
}

/// A daemon that can be unplugged: a TCP port in front of the real one.
struct Plug {
    address: String,
    carrying: JoinHandle<()>,
}

impl Plug {
    async fn at(address: &str) -> Self {
        let socket = daemon::host().unwrap().trim_start_matches("unix://").to_owned();
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let carrying = tokio::spawn(async move {
            while let Ok((mut inside, _)) = listener.accept().await {
                let mut outside = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut inside, &mut outside).await });
            }
        });
        Self { address, carrying }
    }

    async fn pull(self) -> String {
        self.carrying.abort();
        drop(self.carrying.await);
        self.address
    }
}

/// The daemon goes and comes back: nothing is decided meanwhile, nothing starts twice.
#[tokio::test]
async fn f29_while_the_daemon_is_gone_nobody_knows() {
    let Some(world) = World::new() else { return };
    if !daemon::host().unwrap().starts_with("unix://") {
        return println!("skipped: the daemon listens at no socket");
    }
    let plug = Plug::at("127.0.0.1:0").await;
    let host = Some(args::host(&format!("tcp://{}", plug.address)).unwrap());
    let runner = world.runner_with(DockerArgs { host, ..world.args() }, world.site());
    let launch = world.shell("gone", LASTING);
    let task = runner.start(&launch).await.unwrap();
    running(&runner, &task).await;
    let address = plug.pull().await;
    let asked = std::slice::from_ref(&task);
    let words = runner.observe(asked).await.unwrap_err().0;
    assert!(words.contains(&address) && words.contains("--docker-host"), "{words}");
    assert!(matches!(runner.start(&launch).await, Err(StartError::Unknown(_))));
    assert!(matches!(runner.freeze(&launch).await, Err(StartError::Unknown(_))));
    assert!(runner.find(&launch.started_by).await.is_err() && runner.list().await.is_err());
    assert!(runner.stop(&task, "test").await.is_err() && runner.logs(&task, 1).await.is_err());
    assert!(runner.ready().await.is_err());
    let _plug = Plug::at(&address).await;
    assert_eq!(runner.start(&launch).await.unwrap(), task);
    assert_eq!(runner.list().await.unwrap().len(), 1);
    runner.stop(&task, "test").await.unwrap();
    stopped(&runner, &task).await;

    let host = Some(Host::Unix("/nowhere/docker.sock".into()));
    let nowhere = world.runner_with(DockerArgs { host, ..world.args() }, world.site());
    assert!(nowhere.ready().await.unwrap_err().0.contains("/nowhere/docker.sock"));
}

/// What a stranger's data could do in a container is little.
#[tokio::test]
async fn a_container_has_no_more_than_it_needs() {
    let Some(world) = World::new() else { return };
    let results = world.folder.path().join("results");
    let [own, town, foreign] =
        ["runs/o/1-a/1", "town", "runs/o/1-b/1"].map(|name| results.join(name).display().to_string());
    std::fs::create_dir_all(&foreign).unwrap();
    std::fs::write(&town, "town\n").unwrap();
    let script = "cat /proc/self/status; cat $3; echo x >/tmp/x && echo wrote tmp; echo x >$2/x && echo wrote results
        (echo x >/x) 2>/dev/null || echo no root; (echo x >$3) 2>/dev/null || echo no input
        ls $FOREIGN 2>/dev/null || echo no others; echo $QUIETWAY_TEST";
    let mut launch = world.shell("hard", script);
    launch.args.extend(["sh".into(), "--out".into(), own.clone(), town]);
    launch.env.insert("FOREIGN".into(), foreign);
    let args = DockerArgs { env: vec!["QUIETWAY_TEST".into()], ..world.args() };
    let variable = |name: &str| if name == "QUIETWAY_TEST" { Ok("passed on".into()) } else { std::env::var(name) };
    let runner = Docker::new(args.clone(), world.site(), variable).unwrap();
    let task = runner.start(&launch).await.unwrap();
    stopped(&runner, &task).await;
    let lines = runner.logs(&task, 100).await.unwrap();
    let wanted = ["NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "town", "wrote tmp"];
    let more = ["wrote results", "no root", "no input", "no others", "passed on"];
    for line in wanted.into_iter().chain(more) {
        assert!(lines.iter().any(|found| found == line), "{line:?} is not in {lines:#?}");
    }
    assert_eq!(std::fs::read_to_string(Path::new(&own).join("x")).unwrap(), "x\n");
    let missing = Docker::new(args, world.site(), |_| Err(std::env::VarError::NotPresent));
    assert!(missing.err().unwrap().contains("--docker-env QUIETWAY_TEST"));
}

#[tokio::test]
async fn a_container_that_ended_long_ago_is_removed() {
    let Some(world) = World::new() else { return };
    let kept = world.runner();
    let task = kept.start(&world.shell("old", "exit 0")).await.unwrap();
    let lasting = kept.start(&world.shell("lasting", LASTING)).await.unwrap();
    stopped(&kept, &task).await;
    kept.list().await.unwrap();
    assert!(
        matches!(kept.observe(std::slice::from_ref(&task)).await.unwrap()[..], [News::Stopped(_)]),
        "it is kept a week"
    );
    tokio::time::sleep(Duration::from_millis(1_100)).await; // the Engine counts seconds
    let strict = world.runner_with(world.args(), Site { keep_days: 0, ..world.site() });
    assert_eq!(strict.list().await.unwrap().len(), 1);
    assert_eq!(strict.observe(&[task]).await.unwrap(), [News::Missing]);
    running(&strict, &lasting).await;
}
