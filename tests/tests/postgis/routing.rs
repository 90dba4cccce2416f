//! pgRouting on the published graph, as it is, finds what our search finds.

use super::run_into;
use quietway_tests::assert_success;
use quietway_tests::postgres::server;

#[test]
fn driving_distance_on_the_published_graph_is_our_reach() {
    let Some(server) = server() else { return };
    let database = server.database();
    let out = tempfile::tempdir().unwrap();
    let more = ["--edition", "reference", "--publish", "inputs,network,pairs"];
    assert_success(&run_into(&database.url(), "monaco", &out.path().join("results"), &more));
    database.run(&format!("ALTER DATABASE {} SET search_path = monaco, public", database.name));
    // From node −1 a free arc leads to each segment of the block that meets the boundary: its doorsteps.
    database.run(
        "CREATE TABLE public.seeds AS SELECT b.geoid20 AS block, w.road_id AS segment
           FROM neighborhood_census_blocks b JOIN neighborhood_ways w ON w.road_id = ANY (b.road_ids)
           JOIN neighborhood_boundary a ON ST_Intersects(a.geom, w.geom)",
    );
    let sources = database.texts(
        "SELECT source_blockid20 FROM neighborhood_connected_census_blocks GROUP BY 1 ORDER BY md5(source_blockid20) LIMIT 60",
    );
    assert_eq!(sources.len(), 60);
    let mut compared = 0;
    for (cost, wanted) in [("low_stress_cost", "stress = 1"), ("high_stress_cost", "true")] {
        for source in &sources {
            let answer = database.texts(&format!(
                "WITH reached AS (
                   SELECT node, agg_cost FROM pgr_drivingDistance($$
                     SELECT id, source, target, cost FROM routing_links WHERE {wanted}
                     UNION ALL SELECT -row_number() OVER (), -1, segment, 0 FROM public.seeds WHERE block = '{source}'
                   $$, -1, 2680, directed => true) WHERE node > 0),
                 theirs AS (
                   SELECT b.geoid20, min(r.agg_cost)::bigint AS cost
                     FROM neighborhood_census_blocks b JOIN reached r ON r.node = ANY (b.road_ids) GROUP BY 1)
                 SELECT count(*) || ' ' || count(*) FILTER (WHERE p.{cost} IS DISTINCT FROM t.cost)
                   FROM neighborhood_connected_census_blocks p LEFT JOIN theirs t ON t.geoid20 = p.target_blockid20
                  WHERE p.source_blockid20 = '{source}'"
            ));
            let (pairs, different) = answer[0].split_once(' ').unwrap();
            assert_eq!(different, "0", "{cost} from {source}: {different} of {pairs} pairs differ");
            compared += pairs.parse::<u32>().unwrap();
        }
    }
    println!("{compared} costs of 60 blocks compared with pgr_drivingDistance");
    assert!(compared > 1000, "{compared}");
}
