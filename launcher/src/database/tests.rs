//! Rights and views on a real server; tables are as simple as can be. `launcher_database` in `tests/` has those of real runs.

use super::*;
use crate::api::Scope;
use crate::faults::service::Service;
use crate::store::postgres::{Server, server};
use sqlx::{Connection, Row};

const ALL: &[Scope] = &[Scope::Submit, Scope::Read, Scope::Cancel];

struct World {
    service: Service,
    results: ResultsDatabase,
    url: String,
}

impl World {
    async fn new(server: &Server, keep: i64) -> Self {
        let service = Service::with(|app| app.to_database = true).await;
        let results = ResultsDatabase::new(&Hidden(server.url.clone()), service.app.store.clone(), keep).unwrap();
        Self { service, results, url: server.url.clone() }
    }

    async fn admin(&self, sql: String) {
        let mut on = PgConnection::connect(&self.url).await.unwrap();
        run(&mut on, sql).await.unwrap();
    }

    /// A schema as a task makes it.
    async fn fill(&self, run: &Run) {
        let (own, mark) = (quoted(&run.schema()), literal(&format!("{RUN_MARK}{{}}")));
        let who = literal(&run.id);
        self.admin(format!(
            "CREATE SCHEMA {own}; COMMENT ON SCHEMA {own} IS {mark}; CREATE TABLE {own}.scores AS SELECT {who} AS who;
             COMMENT ON TABLE {own}.scores IS 'The \"scores\" it''s about'"
        ))
        .await;
    }

    /// A run whose task runs, with its schema.
    async fn running(&self, org: &str, key: &str) -> Run {
        let id = self.service.submitted(org, key).await;
        self.service.until(&id, |run| run.task.is_some()).await;
        let run = self.service.run(&id).await;
        self.fill(&run).await;
        run
    }

    /// A run that is published, as far as the launcher's own database goes.
    async fn published(&self, org: &str, key: &str) -> Run {
        let run = self.running(org, key).await;
        self.service.succeed(&run.id).await
    }

    /// A run that has taken the place of another, whose task has stopped.
    async fn superseding(&self, org: &str, key: &str, old: &Run) -> Run {
        let id = self.service.submitted(org, key).await;
        self.service.fake.end(old.task.as_ref().unwrap(), crate::state::Cause::Exited, Some(143));
        self.service.until(&old.id, |run| run.state == State::Superseded).await;
        self.service.until(&id, |run| run.task.is_some()).await
    }

    /// What the readers of an organisation get.
    async fn reads(&self, org: &str, sql: &str) -> Result<String, String> {
        let mut on = PgConnection::connect(&self.url).await.unwrap();
        run(&mut on, format!("SET ROLE {}", quoted(&reader_of(org)))).await.map_err(|error| error.to_string())?;
        let row = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut on).await;
        row.map(|row| row.get(0)).map_err(|error| error.to_string())
    }

    async fn schemas(&self) -> Vec<String> {
        let mut on = PgConnection::connect(&self.url).await.unwrap();
        let sql = "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname::text, 'quietway_') ORDER BY 1";
        sqlx::query_scalar(sql).fetch_all(&mut on).await.unwrap()
    }
}

fn of(org: &str) -> String {
    format!("SELECT who FROM {}.scores", quoted(&views_of(org)))
}

fn own(run: &Run) -> String {
    format!("SELECT who FROM {}.scores", quoted(&run.schema()))
}

/// One server for all: it takes seconds to start.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_real_server() {
    let Some(server) = server() else { return };
    readers_see_the_published_run_of_their_organisation_only(&server).await;
    what_died_between_publishing_and_granting_is_made_up_for(&server).await;
    what_is_not_ours_is_left_alone(&server).await;
    a_task_that_still_writes_keeps_its_schema(&server).await;
}

async fn readers_see_the_published_run_of_their_organisation_only(server: &Server) {
    let world = World::new(server, 0).await;
    let (a, b) = ("spring-field", "shelbyville");
    let (key_a, key_b) = (world.service.org(a, ALL).await, world.service.org(b, ALL).await);
    let (first, other) = (world.published(a, &key_a).await, world.published(b, &key_b).await);
    world.results.reconcile().await.unwrap();
    assert_eq!(world.reads(a, &of(a)).await.unwrap(), first.id);
    assert_eq!(world.reads(a, &own(&first)).await.unwrap(), first.id);
    for foreign in [of(b), own(&other)] {
        assert!(world.reads(a, &foreign).await.unwrap_err().contains("permission denied"), "{foreign}");
    }
    let comment = "SELECT obj_description('\"quietway_org_spring-field\".scores'::regclass)";
    assert_eq!(world.reads(a, comment).await.unwrap(), "The \"scores\" it's about");

    // One that runs is nobody's yet; once published, it is theirs and the one before no longer.
    let second = world.running(a, &key_a).await;
    world.results.reconcile().await.unwrap();
    assert!(world.reads(a, &own(&second)).await.unwrap_err().contains("permission denied"));
    assert_eq!(world.reads(a, &of(a)).await.unwrap(), first.id);
    world.service.succeed(&second.id).await;
    world.results.reconcile().await.unwrap();
    assert_eq!(world.reads(a, &of(a)).await.unwrap(), second.id);
    assert!(world.reads(a, &own(&first)).await.unwrap_err().contains("permission denied"));

    // A superseded one, and history beyond what is kept, go.
    let third = world.running(a, &key_a).await;
    let fourth = world.superseding(a, &key_a, &third).await;
    world.fill(&fourth).await;
    world.service.succeed(&fourth.id).await;
    world.results.reconcile().await.unwrap();
    assert_eq!(world.results.sweep().await.unwrap(), 3, "{:?}", [&first, &second, &third].map(Run::schema));
    assert_eq!(world.reads(a, &of(a)).await.unwrap(), fourth.id);
    let mut left = vec![views_of(a), views_of(b), fourth.schema(), other.schema()];
    left.sort();
    assert_eq!(world.schemas().await, left);
    assert_eq!(world.results.sweep().await.unwrap(), 0);

    // An organisation that goes takes all of it along.
    for org in [a, b] {
        world.results.forget(org).await.unwrap();
        assert!(world.reads(org, "SELECT ''").await.unwrap_err().contains("does not exist"));
    }
    assert!(world.schemas().await.is_empty());
}

/// The launcher dies after the compare-and-swap; two come back at once.
async fn what_died_between_publishing_and_granting_is_made_up_for(server: &Server) {
    let world = World::new(server, 5).await;
    let key = world.service.org("springfield", ALL).await;
    let first = world.published("springfield", &key).await;
    assert_eq!(world.schemas().await, [first.schema()], "nothing is granted yet");
    let (one, two) = tokio::join!(world.results.reconcile(), world.results.reconcile());
    one.unwrap();
    two.unwrap();
    assert_eq!(world.reads("springfield", &of("springfield")).await.unwrap(), first.id);
    // A round that dies half-way leaves nothing: here the schema it is to show is not there yet.
    let second = world.published("springfield", &key).await;
    world.admin(format!("ALTER SCHEMA {} RENAME TO hidden", quoted(&second.schema()))).await;
    assert!(world.results.reconcile().await.is_err());
    assert_eq!(world.reads("springfield", &of("springfield")).await.unwrap(), first.id, "as it was");
    world.admin(format!("ALTER SCHEMA hidden RENAME TO {}", quoted(&second.schema()))).await;
    world.results.reconcile().await.unwrap();
    assert_eq!(world.reads("springfield", &of("springfield")).await.unwrap(), second.id);
    world.results.forget("springfield").await.unwrap();
}

async fn what_is_not_ours_is_left_alone(server: &Server) {
    let world = World::new(server, 0).await;
    let key = world.service.org("capital", ALL).await;
    let run = world.published("capital", &key).await;
    let unknown = Run { id: uuid::Uuid::now_v7().to_string(), ..run.clone() };
    world.fill(&unknown).await;
    let views = quoted(&views_of("capital"));
    world
        .admin(format!(
            "CREATE SCHEMA {views}; CREATE SCHEMA quietway_mine; COMMENT ON SCHEMA quietway_mine IS 'quietway run {{}}'"
        ))
        .await;
    let error = world.results.reconcile().await.unwrap_err().to_string();
    assert!(error.contains("quietway_org_capital is not Quietway's"), "{error}");
    assert_eq!(world.results.sweep().await.unwrap(), 0, "of a run that another launcher may know");
    world
        .admin(format!(
            "DROP SCHEMA {views}; DROP SCHEMA quietway_mine; DROP SCHEMA {} CASCADE",
            quoted(&unknown.schema())
        ))
        .await;
    world.results.reconcile().await.unwrap();
    assert_eq!(world.reads("capital", &of("capital")).await.unwrap(), run.id);
    world.results.forget("capital").await.unwrap();
}

async fn a_task_that_still_writes_keeps_its_schema(server: &Server) {
    let world = World::new(server, 0).await;
    let key = world.service.org("ogdenville", ALL).await;
    let run = world.running("ogdenville", &key).await;
    let staging = "quietway_staging_68a_1";
    let mark = literal(&format!("{STAGING_MARK}{STAGING_FOR}{}", run.schema()));
    world.admin(format!("CREATE SCHEMA {staging}; COMMENT ON SCHEMA {staging} IS {mark}")).await;
    let mut task = PgConnection::connect(&world.url).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock($1)").bind(lock_key(staging)).execute(&mut task).await.unwrap();
    assert_eq!(world.results.sweep().await.unwrap(), 0);
    world.superseding("ogdenville", &key, &run).await;
    assert_eq!(world.results.sweep().await.unwrap(), 1, "the run's own goes, what is being written stays");
    drop(task);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(world.results.sweep().await.unwrap(), 1);
    assert!(world.schemas().await.is_empty());
}
