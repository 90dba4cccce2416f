//! What goes wrong with servers, and what is left then: nothing half-visible, and a sentence.

use super::{FEW, db, run_into};
use quietway_tests::postgres::{Server, TestDatabase, server};
use quietway_tests::{assert_success, monaco, stderr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// From now on every row of the table of turns takes the server its time.
fn slow_down(database: &TestDatabase<'_>) {
    database.run(
        "CREATE TABLE public.slow AS SELECT true;
         CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF EXISTS (SELECT FROM public.slow) THEN PERFORM pg_sleep(0.1); END IF; RETURN NEW; END $$;
         CREATE FUNCTION public.make_slow() RETURNS event_trigger LANGUAGE plpgsql AS $$
         DECLARE made record; BEGIN
           FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%net_link' LOOP
             EXECUTE format('CREATE TRIGGER slow BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION public.dawdle()', made.object_identity);
           END LOOP;
         END $$;
         CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.make_slow()",
    );
}

/// From now on nothing is slow, not even a COPY under way.
fn speed_up(database: &TestDatabase<'_>) {
    database.run("DROP EVENT TRIGGER slow; DELETE FROM public.slow");
}

fn start(database: &TestDatabase<'_>, schema: &str, out: &Path) -> Child {
    let mut command = monaco(out, &FEW);
    command.args(["--database-url", &database.url(), "--schema", schema]).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits until the server is in the midst of the slow COPY; its process.
fn wait_for_copy(database: &TestDatabase<'_>) -> String {
    let since = Instant::now();
    loop {
        let copying = database.texts(&format!(
            "SELECT pid::text FROM pg_stat_activity WHERE datname = '{}' AND query LIKE 'COPY%net_link%' AND state = 'active'",
            database.name
        ));
        if let Some(pid) = copying.into_iter().next() {
            return pid;
        }
        assert!(since.elapsed() < Duration::from_secs(120), "the run never came to the COPY");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_session_ended_in_the_midst_of_copy_leaves_nothing() {
    let Some(server) = server() else { return };
    let database = server.database();
    slow_down(&database);
    let out = tempfile::tempdir().unwrap();
    let child = start(&database, "monaco", &out.path().join("results"));
    let pid = wait_for_copy(&database);
    assert_eq!(database.schemas().len(), 1, "only the staging schema is there");
    database.texts(&format!("SELECT pg_terminate_backend({pid})::text"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("broke while loading neighborhood_ways_net_link"), "{}", stderr(&output));
    assert!(database.schemas().is_empty(), "{:?}", database.schemas());
    assert!(!out.path().join("results/manifest.json").exists());
}

#[test]
fn a_run_killed_in_the_midst_of_copy_is_invisible_in_nobodys_way_and_pruned() {
    let Some(server) = server() else { return };
    let database = server.database();
    slow_down(&database);
    let out = tempfile::tempdir().unwrap();
    let mut child = start(&database, "monaco", &out.path().join("killed"));
    wait_for_copy(&database);
    let (code, said, _) = db(&database, &["prune", "--keep", "0"]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "what a living run loads is left alone");
    child.kill().unwrap();
    child.wait().unwrap();
    let left = database.schemas();
    assert!(left.len() == 1 && left[0].starts_with("quietway_staging_"), "{left:?}");
    assert_eq!(db(&database, &["list"]).1, "", "nobody sees it");
    speed_up(&database);
    // The lock of the dead goes when the server notices: at once for the session that holds it.
    let since = Instant::now();
    while run_into(&database.url(), "monaco", &out.path().join("next"), &["--overwrite"]).status.code() != Some(0) {
        assert!(since.elapsed() < Duration::from_secs(60), "the next run is kept out");
    }
    assert_eq!(db(&database, &["prune", "--keep", "1"]).1, format!("dropped {}\n", left[0]));
    assert_eq!(database.schemas(), ["monaco"]);
}

#[test]
fn of_two_runs_into_one_schema_the_second_is_refused() {
    let Some(server) = server() else { return };
    let database = server.database();
    slow_down(&database);
    let out = tempfile::tempdir().unwrap();
    let first = start(&database, "monaco", &out.path().join("first"));
    wait_for_copy(&database);
    for more in [&[][..], &["--overwrite"]] {
        let second = run_into(&database.url(), "monaco", &out.path().join("second"), more);
        assert_eq!(second.status.code(), Some(5), "{}", stderr(&second));
        assert!(stderr(&second).contains("another run is writing the schema monaco"), "{}", stderr(&second));
    }
    speed_up(&database);
    assert_success(&first.wait_with_output().unwrap());
    assert_eq!(database.schemas(), ["monaco"]);
}

#[test]
fn two_runs_into_different_schemas_do_not_meet() {
    let Some(server) = server() else { return };
    let database = server.database();
    let out = tempfile::tempdir().unwrap();
    let runs = ["a", "b"].map(|schema| start(&database, schema, &out.path().join(schema)));
    for run in runs {
        assert_success(&run.wait_with_output().unwrap());
    }
    assert_eq!(database.schemas(), ["a", "b"]);
    let rows = |schema: &str| {
        database.texts(&format!("SELECT md5(string_agg(t::text, '')) FROM {schema}.neighborhood_ways t"))
    };
    assert_eq!(rows("a"), rows("b"));
}

/// The run must fail early, with this exit code and sentence, and leave nothing.
fn refused(url: &str, code: i32, sentence: &str) {
    let out = tempfile::tempdir().unwrap();
    let output = run_into(url, "monaco", &out.path().join("results"), &[]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(sentence) && said.lines().count() == 1 && !said.contains("hunter2"), "{said}");
    assert!(!out.path().join("results").exists(), "refused before the long work");
}

#[test]
fn nonsense_for_an_address() {
    refused("mysql://ada:hunter2@localhost/x", 2, "no address of a PostgreSQL database");
    refused("postgres://ada:hunter2@localhost:port/x", 2, "no address of a PostgreSQL database");
    refused("postgres://ada:hunter2@127.0.0.1:1/x", 5, "cannot reach the database x at 127.0.0.1:1");
}

#[test]
fn a_wrong_password() {
    let Some(server) = server() else { return };
    let database = server.database();
    // Only the roles of this name are asked for a password (tests/src/postgres.rs); another test may have made one.
    let url = server.url_as("with_password:hunter2x", &database.name);
    refused(&url, 5, "refuses the login");
    refused(&server.url_as("postgres", "no_such_database"), 5, "cannot reach the database no_such_database");
}

#[test]
fn no_postgis() {
    let Some(server) = server() else { return };
    refused(&server.plain_database().url(), 5, "has no PostGIS; let its administrator run: CREATE EXTENSION postgis");
}

#[test]
fn no_right_to_create() {
    let Some(server) = server() else { return };
    let database = server.database();
    database.run("CREATE ROLE reader LOGIN");
    let url = server.url_as("reader", &database.name);
    refused(&url, 5, "reader may not create schemas");
}

/// A file system of two megabytes that the server may write to; gone when dropped.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(server: &Server) -> Option<Self> {
        let disk = Self(server.folder().join("small"));
        std::fs::create_dir(&disk.0).ok()?;
        let run = |program: &str, arguments: &[&str]| {
            Command::new(program)
                .args(arguments)
                .arg(&disk.0)
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        if !run("mount", &["-t", "tmpfs", "-o", "size=2m", "tmpfs"]) {
            return None;
        }
        run("chown", &["postgres"]).then_some(disk)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).stderr(Stdio::null()).status();
    }
}

#[test]
fn a_full_disk() {
    let Some(server) = server() else { return };
    let Some(disk) = SmallDisk::mount(server) else {
        return println!("skipped: no file system can be mounted here (needs root)");
    };
    let database = server.database();
    server.psql("postgres", &format!("CREATE TABLESPACE small LOCATION '{}'", disk.0.display()));
    database.run(&format!("ALTER DATABASE {} SET default_tablespace = small", database.name));
    let out = tempfile::tempdir().unwrap();
    let output = run_into(&database.url(), "monaco", &out.path().join("results"), &["--publish", "network,pairs"]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("is full") && stderr(&output).contains("make room"), "{}", stderr(&output));
    assert!(database.schemas().is_empty(), "{:?}", database.schemas());
    assert!(!out.path().join("results/manifest.json").exists());
    server.psql("postgres", "DROP TABLESPACE small");
}
