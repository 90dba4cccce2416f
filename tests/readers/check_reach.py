"""Reads map/reach.bin by docs/reach-format.md alone and compares it with the published files.

usage: check_reach.py RESULTS    (needs the CSV of pairs and the GeoJSON of blocks)
"""

import csv
import json
import struct
import sys
from collections import defaultdict
from pathlib import Path


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def optional(self):
        value = self.varint()
        return value - 1 if value else None

    def take(self, count):
        self.at += count
        return self.data[self.at - count : self.at]


def read(path):
    data = path.read_bytes()
    magic, blocks, column_bytes, index_at, index_bytes = struct.unpack_from("<8sIIQQ", data)
    assert magic == b"QWREACH1" and index_at + index_bytes == len(data), "header"
    columns = json.loads(data[index_at : index_at + column_bytes])
    cursor = Cursor(data[index_at + column_bytes : index_at + index_bytes])
    ids, gids, lengths, last, gid = [], [], [], b"", 0
    for _ in range(blocks):
        shared = cursor.varint()
        last = last[:shared] + cursor.take(cursor.varint())
        gid += cursor.signed()
        ids.append(last.decode())
        gids.append(gid)
        lengths.append(cursor.varint())
    assert cursor.at == len(cursor.data) and 32 + sum(lengths) == index_at, "index"
    rows, at = [], 32
    for length in lengths:
        rows.append(read_row(data[at : at + length], columns) if length else None)
        at += length
    return ids, gids, columns, rows


def read_row(data, columns):
    cursor = Cursor(data)
    counts = {column: (cursor.optional(), cursor.optional()) for column in columns}
    pairs, block = {}, 0
    for _ in range(cursor.varint()):
        packed = cursor.varint()
        block += packed >> 2
        high = cursor.optional()
        low = (high or 0) + cursor.signed() if packed & 1 else None
        pairs[block] = (bool(packed & 2), low, high)
    assert cursor.at == len(data), "row"
    return counts, pairs


def main():
    results = Path(sys.argv[1])
    ids, gids, columns, rows = read(results / "map/reach.bin")
    with open(results / "neighborhood_census_blocks.geojson") as file:
        blocks = [feature["properties"] for feature in json.load(file)["features"]]
    assert ids == [block["geoid20"] for block in blocks], "positions are those of the published table"
    assert gids == [block["gid"] for block in blocks], "gid"
    number = lambda text: int(text) if text else None
    expected = defaultdict(dict)
    position = {id: n for n, id in enumerate(ids)}
    with open(results / "neighborhood_connected_census_blocks.csv") as file:
        for row in csv.DictReader(file):
            costs = number(row["low_stress_cost"]), number(row["high_stress_cost"])
            target = position[row["target_blockid20"]]
            expected[row["source_blockid20"]][target] = (row["low_stress"] == "t", *costs)
    for id, block, row in zip(ids, blocks, rows):
        assert (row is not None) == block.get("in_boundary", True), f"{id}: rows are those of the boundary"
        counts, pairs = row or ({}, {})
        assert pairs == expected.get(id, {}), f"{id}: pairs differ"
        for column, found in counts.items():
            published = block[f"{column}_low_stress"], block[f"{column}_high_stress"]
            assert found == published, f"{id}: {column} {found} {published}"
    check_places(results, blocks, rows)
    print(f"{len(ids)} blocks, {sum(len(row[1]) for row in rows if row)} pairs, {len(columns)} columns agree")


def check_places(results, blocks, rows):
    """What a reader counts from places and pairs is what was published."""
    with open(results / "map/places.json") as file:
        places = json.load(file)
    for block, row in zip(blocks, rows):
        if row is None:
            continue
        low = {target for target, pair in row[1].items() if pair[0]}
        for category, found in places.items():
            reached = [sum(not set(place[4]).isdisjoint(level) for place in found) for level in (low, row[1])]
            published = [block[f"{category}_low_stress"], block[f"{category}_high_stress"]]
            assert reached == published, f"{block['geoid20']}: {category} {reached} {published}"


main()
