//! The way from loaded to published, and every way back.

use geo_types::Point;
use quietway::layers::{Exports, Geometry, Layer, Layers};
use quietway::model::{Column, Edition, Values};
use quietway::store::postgis::{self, Database, DatabaseError, Mark, Target};
use quietway_tests::postgres::{TestDatabase, server};
use tokio::runtime::Runtime;

fn target(database: &TestDatabase<'_>, overwrite: bool) -> Target {
    let (schema, mark) = ("small".parse().unwrap(), Mark::default());
    Target { database: Database::parse(&database.url()).unwrap(), schema, overwrite, mark }
}

/// One table with one row that holds a number.
fn layers(number: i64) -> Layers {
    let columns = vec![Column::new("number", Values::Int(vec![Some(number)]))];
    let wgs84 = vec![Some(Point::new(7.0, 43.0))];
    let exports = Exports { database: true, ..Exports::default() };
    let geometry = Some(Geometry::Points { metric: wgs84.clone(), wgs84 });
    let layer = Layer { name: "numbers".into(), comment: "it's a test".into(), columns, geometry, exports };
    Layers { srid: 32632, edition: Edition::Current, tables: vec![layer] }
}

fn number(database: &TestDatabase<'_>) -> Vec<String> {
    database.texts("SELECT number::text FROM small.numbers")
}

#[test]
fn what_is_not_published_is_gone_and_what_is_withdrawn_brings_back_what_it_replaced() {
    let Some(server) = server() else { return };
    let (database, runtime) = (server.database(), Runtime::new().unwrap());
    let stage = |overwrite, number| postgis::stage(&target(&database, overwrite), &layers(number), runtime.handle());

    let staged = stage(false, 1).unwrap();
    assert_eq!(database.schemas(), [staged.schema()]);
    drop(staged);
    assert!(database.schemas().is_empty(), "dropped, it leaves nothing");

    stage(false, 1).unwrap().publish().unwrap().withdraw().unwrap();
    assert!(database.schemas().is_empty(), "withdrawn, it leaves nothing");

    stage(false, 1).unwrap().publish().unwrap().keep().unwrap();
    assert_eq!(number(&database), ["1"]);
    let published = stage(true, 2).unwrap().publish().unwrap();
    assert_eq!((number(&database), database.schemas().len()), (vec!["2".to_owned()], 2), "the old one is kept aside");
    published.withdraw().unwrap();
    assert_eq!((number(&database), database.schemas().len()), (vec!["1".to_owned()], 1));

    stage(true, 3).unwrap().publish().unwrap().keep().unwrap();
    assert_eq!((number(&database), database.schemas().len()), (vec!["3".to_owned()], 1));
    let comment = "SELECT obj_description('small.numbers'::regclass, 'pg_class')";
    assert_eq!(database.texts(comment), ["it's a test"]);
}

/// The name was free when the run began, and is taken when it ends.
#[test]
fn a_schema_that_appears_meanwhile_is_not_replaced() {
    let Some(server) = server() else { return };
    let (database, runtime) = (server.database(), Runtime::new().unwrap());
    let staged = postgis::stage(&target(&database, true), &layers(1), runtime.handle()).unwrap();
    database.run("CREATE SCHEMA small");
    assert!(matches!(staged.publish(), Err(DatabaseError::NotOurs { .. })));
    assert_eq!(database.schemas(), ["small"], "theirs is there, ours is gone");
}

/// A server or a proxy that ends idle sessions: files and tiles may take longer than it waits.
#[test]
fn a_session_closed_while_the_files_were_written_is_opened_anew() {
    let Some(server) = server() else { return };
    let (database, runtime) = (server.database(), Runtime::new().unwrap());
    let staged = postgis::stage(&target(&database, false), &layers(5), runtime.handle()).unwrap();
    database.texts("SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = 'quietway' AND datname = current_database()");
    staged.publish().unwrap().keep().unwrap();
    assert_eq!(number(&database), ["5"]);
}
