#!/usr/bin/env python3
"""Compares neighborhood_ways_net_link.csv of a result folder with the reference's, link by link.

usage: compare_links.py RESULTS GOLDEN_PLACE

Links are matched by junction (OSM node), source and target segment (way, end nodes, length) and the end that touches the
junction. Lengths are compared to 0.1 mm. Listed ties may differ in int_crossing and what follows from it.
"""
import collections, csv, gzip, pathlib, sys

KEY = ["int_osm_id", "source_osm_id", "source_from", "source_to", "source_road_dir", "target_osm_id", "target_from", "target_to", "target_road_dir"]
LENGTHS = ["source_metres", "target_metres"]
FOLLOWS_TIE = {"int_crossing", "int_stress", "link_stress"}
TIE = ["int_osm_id", "source_osm_id", "source_from", "source_to", "target_osm_id", "target_from", "target_to"]


def rows(file):
    table = collections.defaultdict(list)
    for row in csv.DictReader(file):
        table[tuple(row[k] for k in KEY)].append(row)
    for group in table.values():
        group.sort(key=lambda row: [float(row[k]) for k in LENGTHS] + [row["turn_angle"], row["int_crossing"]])
    return table


def main():
    results, golden = map(pathlib.Path, sys.argv[1:3])
    with open(results / "neighborhood_ways_net_link.csv") as file:
        ours = rows(file)
    with gzip.open(golden / "output/neighborhood_ways_net_link.csv.gz", "rt") as file:
        theirs = rows(file)
    with gzip.open(golden / "output/ties_int_crossing.csv.gz", "rt") as file:
        ties = {tuple(row[k] for k in TIE) for row in csv.DictReader(file)}
    different, tied, count = [], 0, 0
    for key in theirs.keys() | ours.keys():
        mine, reference = ours.get(key, []), theirs.get(key, [])
        if len(mine) != len(reference):
            different.append((key, "rows", len(mine), len(reference)))
            continue
        for a, b in zip(mine, reference):
            count += 1
            bad = {c for c in b if c not in KEY + LENGTHS and a[c] != b[c]}
            bad |= {c for c in LENGTHS if abs(float(a[c]) - float(b[c])) > 0.00011}
            if bad and bad <= FOLLOWS_TIE and tuple(b[k] for k in TIE) in ties:
                tied += 1
            elif bad:
                different.append((key, sorted(bad), {c: a[c] for c in bad}, {c: b[c] for c in bad}))
    print(f"{count} links, {len(different)} different, {tied} listed ties chosen otherwise")
    for line in different[:10]:
        print("   ", *line)
    sys.exit(1 if different else 0)


main()
