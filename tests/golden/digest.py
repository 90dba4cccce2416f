#!/usr/bin/env python3
"""Prints what the committed golden results of a fixture keep: scores, counts, and every segment's ratings.

usage: digest.py RESULTS
"""
import csv, hashlib, json, pathlib, sys

out = pathlib.Path(sys.argv[1])


def section(title):
    print(f"# {title}")


section("overall scores")
for row in csv.DictReader(open(out / "neighborhood_overall_scores.csv")):
    print(row["score_id"], row["score_original"], row["score_normalized"])
section("score inputs")
for row in csv.DictReader(open(out / "neighborhood_score_inputs.csv")):
    print(row["id"], row["score_name"], row["score"])
section("mileage")
for row in csv.DictReader(open(out / "mileage.csv")):
    print(row["feature_type"], f"{float(row['total_mileage']):.6f}")
section("rows")
for path in sorted(out.glob("neighborhood_*.geojson")):
    print(path.stem, len(json.load(open(path))["features"]))
section("pairs and links (rows, sha256)")
for name in ("neighborhood_connected_census_blocks.csv", "neighborhood_ways_net_link.csv"):
    data = (out / name).read_bytes()
    print(name, data.count(b"\n") - 1, hashlib.sha256(data).hexdigest())
section("segments: way, class, speed, infra ft/tf, stress along ft/tf, stress at the end ft/tf, island")
columns = ["functional_class", "speed_limit", "ft_bike_infra", "tf_bike_infra", "ft_seg_stress", "tf_seg_stress", "ft_int_stress", "tf_int_stress", "island_id"]
for feature in json.load(open(out / "neighborhood_ways.geojson"))["features"]:
    row = feature["properties"]
    print(row["osm_id"], *("-" if row[c] is None else row[c] for c in columns))
