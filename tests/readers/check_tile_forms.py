#!/usr/bin/env python3
"""The three forms of the tiles hold the same: PMTiles (pmtiles), MBTiles (sqlite3, GDAL) and the folder with its TileJSON.

usage: check_tile_forms.py RESULTS
"""
import gzip, json, pathlib, sqlite3, sys

import pyogrio
from pmtiles.reader import MmapSource, Reader, all_tiles

out = pathlib.Path(sys.argv[1])
with open(out / "tiles/quietway.pmtiles", "rb") as file:
    reader = Reader(MmapSource(file))
    header, metadata = reader.header(), reader.metadata()
    expected = {zxy: gzip.decompress(data) for zxy, data in all_tiles(MmapSource(file))}
assert len(expected) > 20, f"{len(expected)} tiles"

database = sqlite3.connect(f"file:{out / 'tiles/quietway.mbtiles'}?mode=ro", uri=True)
rows = database.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles").fetchall()
stored = {(z, x, 2**z - 1 - y): gzip.decompress(data) for z, x, y, data in rows}
assert stored == expected and len(rows) == len(expected), "MBTiles: other tiles"
values = dict(database.execute("SELECT name, value FROM metadata"))
assert values["format"] == "pbf" and int(values["maxzoom"]) == header["max_zoom"], values
assert json.loads(values["json"])["vector_layers"] == metadata["vector_layers"], "MBTiles: other layers"
west, south, east, north = map(float, values["bounds"].split(","))
assert abs(west - header["min_lon_e7"] / 1e7) < 1e-6 and abs(north - header["max_lat_e7"] / 1e7) < 1e-6, values["bounds"]
layers = {name for name, _ in pyogrio.list_layers(out / "tiles/quietway.mbtiles")}
assert {"ways", "blocks", "boundary"} <= layers, f"GDAL sees {layers} in the MBTiles file"

is_gzip = json.loads((out / "manifest.json").read_text())["parameters"].get("tiles-gzip", False)
files = {tuple(int(part) for part in path.with_suffix("").parts[-3:]): path.read_bytes() for path in out.glob("tiles/*/*/*.mvt")}
assert files.keys() == expected.keys(), "folder: other tiles"
for zxy, data in files.items():
    assert (data[:2] == b"\x1f\x8b") == is_gzip, f"{zxy}: compressed or not"
    assert (gzip.decompress(data) if is_gzip else data) == expected[zxy], f"{zxy} differs"
tile_json = json.loads((out / "tiles/tiles.json").read_text())
assert tile_json["tilejson"] == "3.0.0" and tile_json["tiles"] == ["{z}/{x}/{y}.mvt"], tile_json["tiles"]
assert tile_json["vector_layers"] == metadata["vector_layers"] and tile_json["attribution"], "TileJSON: other layers"
print(f"{len(expected)} tiles, the same in three forms")
