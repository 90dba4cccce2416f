-- /// quietway
-- title = "Schools without a calm way"
-- description = "Schools that fewer than half of the people within 1,500 m can reach on calm streets."
-- needs = ["pairs", "spatialite"]
-- time_limit_s = 300
--
-- [[output]]
-- name = "schools_without_calm_way"
-- title = "Schools that fewer than half of the people within 1,500 m reach calmly."
-- geometry = "point"
-- export = ["geojson", "csv"]
-- tiles = { min_zoom = 9, max_zoom = 15 }
--
-- [output.columns]
-- id = "Number of the school: id of neighborhood_schools"
-- name = "Name of the school"
-- people = "People in the blocks whose middle lies within 1,500 m"
-- people_calm = "Those of them with a calm way to a block of the school"
-- share_calm = "Their share, 0 to 1"
-- ///

-- Databases look pairs up faster with an index.
CREATE TEMP TABLE calm_pairs AS
SELECT source_blockid20, target_blockid20 FROM neighborhood_connected_census_blocks WHERE low_stress;
CREATE INDEX calm_pairs_source ON calm_pairs (source_blockid20);

CREATE TABLE schools_without_calm_way AS
WITH around AS (
    SELECT schools.id, blocks.geoid20, blocks.pop20,
           EXISTS (SELECT 1 FROM calm_pairs AS pairs
                   WHERE pairs.source_blockid20 = blocks.geoid20
                     AND pairs.target_blockid20 IN (SELECT value FROM json_each(schools.blockid20))) AS is_calm
    FROM neighborhood_schools AS schools
    -- Roughly first, by the spatial index: 1,500 m are less than 0.0137 degrees of latitude.
    JOIN rtree_neighborhood_census_blocks_geom AS box
      ON box.miny <= ST_Y(schools.geom) + 0.0137 AND box.maxy >= ST_Y(schools.geom) - 0.0137
     AND box.minx <= ST_X(schools.geom) + 0.0137 / Cos(Radians(ST_Y(schools.geom)))
     AND box.maxx >= ST_X(schools.geom) - 0.0137 / Cos(Radians(ST_Y(schools.geom)))
    JOIN neighborhood_census_blocks AS blocks ON blocks.fid = box.id
    WHERE blocks.in_boundary AND blocks.pop20 > 0 AND PtDistWithin(ST_Centroid(blocks.geom), schools.geom, 1500, 1)
),
counted AS (
    SELECT id, sum(pop20) AS people, coalesce(sum(pop20) FILTER (WHERE is_calm), 0) AS people_calm FROM around GROUP BY id
)
SELECT schools.id, schools.school_name AS name, 1.0 * counted.people AS people, 1.0 * counted.people_calm AS people_calm,
       1.0 * counted.people_calm / counted.people AS share_calm, schools.geom
FROM counted JOIN neighborhood_schools AS schools ON schools.id = counted.id
WHERE counted.people_calm < 0.5 * counted.people
ORDER BY share_calm, counted.people DESC, schools.id;
