//! A throw-away PostgreSQL server with PostGIS and pgRouting, one a test binary, and databases in it, one a test.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A running server. It stops when this process ends, however it ends: a shell holds the other end of a pipe.
pub struct Server {
    port: u16,
    folder: PathBuf,
    _watch: Child,
}

/// The server of this test binary; says aloud why there is none.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(Server::start).as_ref();
    if server.is_none() {
        println!("skipped: no PostgreSQL with PostGIS and pgRouting here; scripts/test installs it");
    }
    server
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// The server refuses to run as root.
fn shell(script: &str) -> Command {
    let mut command = Command::new(if is_root() { "su" } else { "sh" });
    if is_root() {
        command.args(["postgres", "-s", "/bin/sh"]);
    }
    command.args(["-c", script]);
    command
}

/// Folder of the programs of the newest version that has all extensions.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let mut versions: Vec<u32> = versions.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable();
    let has_all = |version: &u32| {
        let extension = |name: &str| format!("/usr/share/postgresql/{version}/extension/{name}.control");
        ["postgis", "pgrouting"].iter().all(|name| Path::new(&extension(name)).exists())
    };
    let bin = PathBuf::from(format!("/usr/lib/postgresql/{}/bin", versions.into_iter().rfind(has_all)?));
    bin.join("initdb").exists().then_some(bin)
}

impl Server {
    fn start() -> Option<Self> {
        let bin = programs()?.display().to_string();
        let folder = tempfile::Builder::new().prefix("quietway-postgres-").tempdir().ok()?.keep();
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(&folder).status().ok()?;
            assert!(owned.success(), "the folder of the server changes hands");
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let here = folder.display();
        let start = format!(
            "{bin}/initdb -D {here}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >{here}/initdb.log 2>&1 && \
             echo 'host all with_password 127.0.0.1/32 scram-sha-256' | cat - {here}/data/pg_hba.conf >{here}/hba && \
             cp {here}/hba {here}/data/pg_hba.conf && \
             {bin}/pg_ctl -w -D {here}/data -l {here}/log -o '-p {port} -c listen_addresses=127.0.0.1 \
             -c unix_socket_directories={here} -c fsync=off -c max_connections=200' start >{here}/start.log 2>&1"
        );
        let started = shell(&start).status().expect("a shell starts");
        assert!(started.success(), "the server starts; see {here}");
        let stop = format!("read x; {bin}/pg_ctl -D {here}/data -m immediate stop >/dev/null 2>&1; rm -rf {here}");
        let mut watch = shell(&stop);
        // In a process group of its own: Ctrl-C ends the tests, not the one who tidies up after them.
        watch.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        let watch = watch.spawn().expect("a shell starts");
        let server = Self { port, folder, _watch: watch };
        server.psql("postgres", "CREATE DATABASE template_gis");
        server.psql("template_gis", "CREATE EXTENSION postgis");
        server.psql("template_gis", "CREATE EXTENSION pgrouting");
        Some(server)
    }

    /// Folder that the server may write to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Address of a database for a user.
    pub fn url_as(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Runs SQL as administrator.
    ///
    /// # Panics
    /// When the server says no.
    pub fn psql(&self, database: &str, sql: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let options = PgConnectOptions::from_str(&self.url_as("postgres", database)).expect("an address");
            let mut connection = options.connect().await.expect("the server answers");
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect(sql);
        });
    }

    /// A new database with PostGIS and pgRouting.
    pub fn database(&self) -> TestDatabase<'_> {
        self.database_from("template_gis")
    }

    /// A new database without them.
    pub fn plain_database(&self) -> TestDatabase<'_> {
        self.database_from("template0")
    }

    fn database_from(&self, template: &str) -> TestDatabase<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        // A template can be copied by one at a time.
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        TestDatabase { server: self, name }
    }
}

/// A database of one test.
pub struct TestDatabase<'a> {
    /// Its server.
    pub server: &'a Server,
    /// Its name.
    pub name: String,
}

impl TestDatabase<'_> {
    /// Address for the administrator.
    pub fn url(&self) -> String {
        self.server.url_as("postgres", &self.name)
    }

    /// Runs SQL as administrator.
    ///
    /// # Panics
    /// When the server says no.
    pub fn run(&self, sql: &str) {
        self.server.psql(&self.name, sql);
    }

    /// A connection for the administrator.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn connect(&self) -> PgConnection {
        PgConnectOptions::from_str(&self.url()).expect("an address").connect().await.expect("the server answers")
    }

    /// The first column of a query, as text; NULL as `NULL`.
    ///
    /// # Panics
    /// When the server says no.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut connection = self.connect().await;
            let rows: Vec<Option<String>> =
                sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.expect(sql);
            rows.into_iter().map(|row| row.unwrap_or_else(|| "NULL".into())).collect()
        })
    }

    /// Schemas of the database that are not PostgreSQL's, and not `public`.
    pub fn schemas(&self) -> Vec<String> {
        self.texts(
            "SELECT nspname::text FROM pg_namespace
             WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema') ORDER BY 1",
        )
    }
}
