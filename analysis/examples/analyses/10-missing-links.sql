-- /// quietway
-- title = "Missing links"
-- description = "Stressful segments that touch two low-stress islands: made calm, each would join them."
-- time_limit_s = 120
--
-- [[output]]
-- name = "missing_links"
-- title = "Stressful segments that would join two low-stress islands if they were calm, the most valuable first."
-- geometry = "line"
-- export = ["geojson", "csv"]
-- tiles = { min_zoom = 9, max_zoom = 15 }
--
-- [output.columns]
-- place = "Rank, 1 = joins most"
-- road_id = "Segment: road_id of neighborhood_ways"
-- osm_id = "OSM way"
-- name = "Name of the street"
-- functional_class = "Class of the street"
-- larger_island = "The largest island at its ends: island_id of neighborhood_islands"
-- smaller_island = "The second largest"
-- joined_length_m = "Length of the smaller island: calm streets that the larger one would win (m)"
-- ///

CREATE TABLE missing_links AS
WITH calm_ends AS (
    SELECT intersection_from AS int_id, island_id FROM neighborhood_ways WHERE island_id IS NOT NULL
    UNION
    SELECT intersection_to, island_id FROM neighborhood_ways WHERE island_id IS NOT NULL
),
stressful_ends AS (
    SELECT road_id, intersection_from AS int_id FROM neighborhood_ways
    WHERE island_id IS NULL AND (ft_seg_stress = 3 OR tf_seg_stress = 3)
    UNION
    SELECT road_id, intersection_to FROM neighborhood_ways
    WHERE island_id IS NULL AND (ft_seg_stress = 3 OR tf_seg_stress = 3)
),
touching AS (
    SELECT DISTINCT stressful_ends.road_id, calm_ends.island_id
    FROM stressful_ends JOIN calm_ends ON calm_ends.int_id = stressful_ends.int_id
),
ranked AS (
    SELECT touching.road_id, touching.island_id, islands.length_m,
           row_number() OVER (PARTITION BY touching.road_id ORDER BY islands.length_m DESC, touching.island_id) AS size_place
    FROM touching JOIN neighborhood_islands AS islands ON islands.island_id = touching.island_id
)
SELECT row_number() OVER (ORDER BY smaller.length_m DESC, ways.road_id) AS place,
       ways.road_id, ways.osm_id, ways.name, ways.functional_class,
       larger.island_id AS larger_island, smaller.island_id AS smaller_island, smaller.length_m AS joined_length_m,
       ways.geom
FROM ranked AS larger
JOIN ranked AS smaller ON smaller.road_id = larger.road_id AND smaller.size_place = 2
JOIN neighborhood_ways AS ways ON ways.road_id = larger.road_id
WHERE larger.size_place = 1
ORDER BY smaller.length_m DESC, ways.road_id;
