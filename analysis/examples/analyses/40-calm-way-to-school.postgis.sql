-- /// quietway
-- title = "Calm way to school"
-- description = "How far every calm street is from the nearest school, riding on calm streets alone: pgRouting on the published graph."
-- needs = ["pgrouting"]
-- time_limit_s = 300
--
-- [[output]]
-- name = "calm_way_to_school"
-- title = "Calm streets with the length of the shortest calm way to a school, up to the trip distance of the suite."
-- geometry = "line"
-- export = ["geojson", "csv"]
-- tiles = { min_zoom = 9, max_zoom = 15 }
--
-- [output.columns]
-- road_id = "Segment: road_id of neighborhood_ways"
-- name = "Name of the street"
-- school_id = "The nearest school: id of neighborhood_schools"
-- distance_m = "Calm way from the middle of the segment to the middle of the school's (m)"
-- ///

-- Where schools stand: the nearest calm segment within 100 m.
CREATE TEMP TABLE doors AS
SELECT schools.id AS school_id, nearest.road_id
FROM neighborhood_schools AS schools
CROSS JOIN LATERAL (
    SELECT ways.road_id FROM neighborhood_ways AS ways
    WHERE ways.island_id IS NOT NULL AND ST_DWithin(ways.geom::geography, schools.geom::geography, 100)
    ORDER BY ways.geom <-> schools.geom, ways.road_id LIMIT 1
) AS nearest;

-- Backwards from the schools over calm turns: what is found is the way to them. Each segment belongs to its nearest school.
CREATE TABLE calm_way_to_school AS
SELECT ways.road_id, ways.name,
       (SELECT min(doors.school_id) FROM doors WHERE doors.road_id = found.from_v) AS school_id,
       found.agg_cost AS distance_m, ways.geom
FROM pgr_drivingDistance(
       'SELECT id, target AS source, source AS target, cost FROM routing_links WHERE stress = 1',
       (SELECT coalesce(array_agg(DISTINCT road_id), '{}') FROM doors),
       (SELECT value::float8 FROM run_parameters WHERE key = 'suite.reach.trip_max_m'),
       directed => true, equicost => true) AS found
JOIN neighborhood_ways AS ways ON ways.road_id = found.node
ORDER BY ways.road_id;
