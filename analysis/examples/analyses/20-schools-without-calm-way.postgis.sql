-- /// quietway
-- title = "Schools without a calm way"
-- description = "Schools that fewer than half of the people within 1,500 m can reach on calm streets."
-- needs = ["pairs"]
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

CREATE TABLE schools_without_calm_way AS
WITH around AS (
    SELECT schools.id, blocks.geoid20, blocks.pop20,
           EXISTS (SELECT FROM neighborhood_connected_census_blocks AS pairs
                   WHERE pairs.source_blockid20 = blocks.geoid20 AND pairs.target_blockid20 = ANY (schools.blockid20)
                     AND pairs.low_stress) AS is_calm
    FROM neighborhood_schools AS schools
    JOIN neighborhood_census_blocks AS blocks
      ON ST_DWithin(ST_Centroid(blocks.geom)::geography, schools.geom::geography, 1500)
    WHERE blocks.in_boundary AND blocks.pop20 > 0
),
counted AS (
    SELECT id, sum(pop20) AS people, coalesce(sum(pop20) FILTER (WHERE is_calm), 0) AS people_calm FROM around GROUP BY id
)
SELECT schools.id, schools.school_name AS name, counted.people::float8, counted.people_calm::float8,
       (counted.people_calm / counted.people)::float8 AS share_calm, schools.geom
FROM counted JOIN neighborhood_schools AS schools ON schools.id = counted.id
WHERE counted.people_calm < 0.5 * counted.people
ORDER BY share_calm, counted.people DESC, schools.id;
