#!/usr/bin/env python3
"""Judges our block-to-block costs by pgr_drivingDistance; scripts/check-pgrouting sets up the server.

usage: check_pgrouting.py RESULTS CONNINFO

For 200 random blocks (fixed seed) and both stress levels: one search from the block's segments that meet the boundary, over our
published links; the least cost of every other block's segments must equal our pair table. Pairs farther apart than 2,680 m as the
crow flies are not in that table by definition, so costs are compared where a pair is listed, and every listed cost must be found.
"""
import csv, json, pathlib, random, sys, time

import psycopg
import shapely
from shapely.geometry import shape

TRIP_MAX_M, SOURCES = 2680, 200
QUERY = """
    SELECT node, agg_cost FROM pgr_drivingDistance(
        'SELECT row_number() OVER () AS id, source, target, cost FROM (
            SELECT source, target, cost FROM link WHERE {low}
            UNION ALL SELECT -1, segment, 0 FROM seed WHERE block = {block}) AS edges',
        -1, %s, directed => true) WHERE node > 0"""


def main():
    results, conninfo = pathlib.Path(sys.argv[1]), sys.argv[2]
    blocks = json.load(open(results / "neighborhood_census_blocks.geojson"))["features"]
    boundary = shapely.union_all([shape(f["geometry"]) for f in json.load(open(results / "neighborhood_boundary.geojson"))["features"]])
    shapely.prepare(boundary)
    ways = {f["properties"]["road_id"]: shape(f["geometry"]) for f in json.load(open(results / "neighborhood_ways.geojson"))["features"]}
    inside = {road for road, line in ways.items() if boundary.intersects(line)}
    segments = {b["properties"]["geoid20"]: b["properties"]["road_ids"] for b in blocks}
    pairs = {}
    for row in csv.DictReader(open(results / "neighborhood_connected_census_blocks.csv")):
        cost = lambda column: int(row[column]) if row[column] else None
        pairs.setdefault(row["source_blockid20"], {})[row["target_blockid20"]] = (cost("low_stress_cost"), cost("high_stress_cost"))
    sources = sorted(pairs)
    random.Random(1).shuffle(sources)
    sources = sources[:SOURCES]

    with psycopg.connect(conninfo, autocommit=True) as db:
        db.execute("CREATE EXTENSION postgis; CREATE EXTENSION pgrouting")
        db.execute("CREATE TABLE link (source bigint, target bigint, cost int, low boolean); CREATE TABLE seed (block int, segment bigint)")
        with db.cursor().copy("COPY link FROM STDIN") as copy:
            for row in csv.DictReader(open(results / "neighborhood_ways_net_link.csv")):
                copy.write_row((row["source_road_id"], row["target_road_id"], row["link_cost"], row["link_stress"] == "1"))
        with db.cursor().copy("COPY seed FROM STDIN") as copy:
            for number, source in enumerate(sources):
                for road in segments[source]:
                    if road in inside:
                        copy.write_row((number, road))
        db.execute("ANALYZE")
        compared = different = 0
        started = time.monotonic()
        for number, source in enumerate(sources):
            costs = []
            for low in ("low", "true"):
                rows = db.execute(QUERY.format(low=low, block=number), (TRIP_MAX_M,)).fetchall()
                costs.append({node: int(cost) for node, cost in rows})
            for target, ours in pairs[source].items():
                theirs = tuple(min((level[road] for road in segments[target] if road in level), default=None) for level in costs)
                compared += 1
                if theirs != ours:
                    different += 1
                    if different <= 5:
                        print(f"  {source} -> {target}: ours (low, high) {ours}, pgRouting {theirs}")
        seconds = time.monotonic() - started
    reach = next(s for s in json.load(open(results / "manifest.json"))["stages"] if s["name"] == "reach")
    print(f"{len(sources)} blocks, {compared} pairs compared, {different} different")
    each = reach["seconds"] / max(1, len(pairs))
    print(f"pgRouting {1000 * seconds / len(sources):.1f} ms a block; ours {1000 * each:.3f} ms a block (whole reach stage): {seconds / len(sources) / each:.0f} times")
    sys.exit(1 if different or not compared else 0)


main()
