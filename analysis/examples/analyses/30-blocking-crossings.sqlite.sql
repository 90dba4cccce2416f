-- /// quietway
-- title = "Blocking crossings"
-- description = "Junctions whose stressful crossing alone keeps people from a calm way: both sides are calm, and joining them is enough."
-- needs = ["pairs"]
-- time_limit_s = 600
--
-- [[output]]
-- name = "blocking_crossings"
-- title = "Junctions by the people whose calm ways fail only at the crossing there, the worst first."
-- geometry = "point"
-- export = ["geojson", "csv"]
-- tiles = { min_zoom = 9, max_zoom = 15 }
--
-- [output.columns]
-- place = "Rank, 1 = blocks most people"
-- int_id = "Junction: int_id of neighborhood_ways_intersections"
-- osm_id = "OSM node"
-- people = "People in the blocks where such trips start"
-- pairs = "Pairs of blocks without a calm way that would have calm streets all along"
-- ///

-- Turns between two islands that are stressful for the crossing alone.
CREATE TEMP TABLE gaps AS
SELECT DISTINCT links.int_osm_id, a.island_id AS from_island, b.island_id AS to_island
FROM neighborhood_ways_net_link AS links
JOIN neighborhood_ways AS a ON a.road_id = links.source_road_id
JOIN neighborhood_ways AS b ON b.road_id = links.target_road_id
WHERE links.source_stress = 1 AND links.target_stress = 1 AND links.int_stress = 3 AND a.island_id <> b.island_id;

-- The islands that a block lies on.
CREATE TEMP TABLE block_islands AS
SELECT DISTINCT blocks.geoid20, blocks.pop20, ways.island_id
FROM neighborhood_census_blocks AS blocks
JOIN json_each(blocks.road_ids) AS roads
JOIN neighborhood_ways AS ways ON ways.road_id = roads.value
WHERE ways.island_id IS NOT NULL;
CREATE INDEX block_islands_island ON block_islands (island_id);
CREATE INDEX block_islands_block ON block_islands (geoid20);

CREATE TEMP TABLE stressful_pairs AS
SELECT source_blockid20, target_blockid20 FROM neighborhood_connected_census_blocks WHERE NOT low_stress;
CREATE INDEX stressful_pairs_source ON stressful_pairs (source_blockid20);

-- Pairs that fail although a crossing is all that lies between their islands.
CREATE TEMP TABLE failing AS
SELECT between_islands.from_island, between_islands.to_island, s.geoid20, s.pop20, count(DISTINCT t.geoid20) AS pairs
FROM (SELECT DISTINCT from_island, to_island FROM gaps) AS between_islands
JOIN block_islands AS s ON s.island_id = between_islands.from_island
JOIN stressful_pairs AS pairs ON pairs.source_blockid20 = s.geoid20
JOIN block_islands AS t ON t.geoid20 = pairs.target_blockid20 AND t.island_id = between_islands.to_island
GROUP BY 1, 2, 3, 4;

CREATE TABLE blocking_crossings AS
WITH by_block AS (
    SELECT gaps.int_osm_id, failing.geoid20, failing.pop20, sum(failing.pairs) AS pairs
    FROM gaps JOIN failing ON failing.from_island = gaps.from_island AND failing.to_island = gaps.to_island
    GROUP BY 1, 2, 3
),
counted AS (
    SELECT int_osm_id, 1.0 * sum(pop20) AS people, sum(pairs) AS pairs FROM by_block GROUP BY 1
)
SELECT row_number() OVER (ORDER BY counted.people DESC, counted.pairs DESC, junctions.int_id) AS place,
       junctions.int_id, junctions.osm_id, counted.people, counted.pairs, junctions.geom
FROM counted JOIN neighborhood_ways_intersections AS junctions ON junctions.osm_id = counted.int_osm_id
ORDER BY 1;
