#!/usr/bin/env python3
"""Reads every format of a result folder with an independent reader and compares rows and values with the GeoJSON and CSV.

usage: check_formats.py RESULTS
GeoPackage: GDAL (pyogrio) and SQLite; Shapefile: pyshp; Parquet: pyarrow; bundle: zipfile.
"""
import csv, hashlib, io, json, math, pathlib, sqlite3, sys, zipfile

import pyarrow.parquet
import pyogrio.raw
import shapefile
import shapely
from shapely.geometry import shape

out = pathlib.Path(sys.argv[1])
PAIRS = "neighborhood_connected_census_blocks"
faults = []


def same(a, b):
    if a is None or b is None or (isinstance(a, float) and math.isnan(a)) or (isinstance(b, float) and math.isnan(b)):
        missing = lambda v: v is None or v == "" or (isinstance(v, float) and math.isnan(v))
        return missing(a) and missing(b)
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=1e-9)
    return str(a) == str(b)


def expect(ok, what):
    if not ok:
        faults.append(what)


def compare(name, reader, ours, theirs):
    """ours: list of dicts from GeoJSON/CSV; theirs: list of dicts from the other format, in the same order."""
    expect(len(ours) == len(theirs), f"{reader} {name}: {len(theirs)} rows, not {len(ours)}")
    for number, (a, b) in enumerate(zip(ours, theirs)):
        for column, value in a.items():
            if column not in b:
                return expect(False, f"{reader} {name}: no column {column}")
            other = b[column]
            if isinstance(value, list):
                other = json.loads(other) if isinstance(other, str) else list(other if other is not None else [])
            if not (same(value, other) or (isinstance(value, list) and list(map(str, value)) == list(map(str, other)))):
                return expect(False, f"{reader} {name} row {number} {column}: {value!r} is {other!r}")


def geojson():
    for path in sorted(out.glob("neighborhood_*.geojson")):
        data = json.load(open(path))
        expect(data["quietway"]["edition"] == "reference", f"{path.name}: edition")
        yield path.stem, data["features"]


def from_arrow(value):
    return value.as_py() if hasattr(value, "as_py") else value


layers = dict(geojson())
assert "neighborhood_ways" in layers and "neighborhood_census_blocks" in layers
gpkg = out / "quietway.gpkg"
database = sqlite3.connect(f"file:{gpkg}?mode=ro", uri=True)
expect(database.execute("PRAGMA integrity_check").fetchone() == ("ok",), "GeoPackage: integrity_check")
expect(not database.execute("PRAGMA foreign_key_check").fetchall(), "GeoPackage: foreign_key_check")
expect(database.execute("PRAGMA application_id").fetchone() == (0x47504B47,), "GeoPackage: application id")

for name, features in layers.items():
    rows = [feature["properties"] for feature in features]
    shapes = [feature["geometry"] and shape(feature["geometry"]) for feature in features]
    # GeoPackage through GDAL: geometry and count; values through SQLite, which keeps NULL apart from NaN.
    meta, _, geometry, _ = pyogrio.raw.read(gpkg, layer=name, read_geometry=True)
    expect(meta["crs"] == "EPSG:4326", f"GeoPackage {name}: CRS {meta['crs']}")
    for ours, wkb in zip(shapes, geometry if geometry is not None else []):
        theirs = shapely.from_wkb(wkb) if wkb is not None else None
        if not (ours is None and theirs is None) and not shapely.equals_exact(ours, theirs, 0):
            expect(False, f"GeoPackage {name}: geometry differs")
            break
    database.row_factory = sqlite3.Row
    compare(name, "GeoPackage", rows, [dict(row) for row in database.execute(f'SELECT * FROM "{name}" ORDER BY fid')])
    table = pyarrow.parquet.read_table(out / f"{name}.parquet")
    geo = json.loads(pyarrow.parquet.read_schema(out / f"{name}.parquet").metadata[b"geo"])
    expect(geo["version"].startswith("1."), f"Parquet {name}: version {geo['version']}")
    theirs = table.to_pylist()
    compare(name, "Parquet", rows, theirs)
    for ours, row in zip(shapes, theirs):
        wkb = row[geo["primary_column"]]
        if not (ours is None and wkb is None) and not shapely.equals_exact(ours, shapely.from_wkb(wkb), 0):
            expect(False, f"Parquet {name}: geometry differs")
            break

for name in ("neighborhood_ways", "neighborhood_census_blocks"):
    reader = shapefile.Reader(str(out / f"{name}.shp"), encoding="utf-8")
    expect(len(reader) == len(layers[name]), f"Shapefile {name}: {len(reader)} rows")
    key = {"neighborhood_ways": ("ROAD_ID", "road_id"), "neighborhood_census_blocks": ("GEOID20", "geoid20")}[name]
    pick = {"neighborhood_ways": {"OSM_ID": "osm_id", "FT_SEG_STR": "ft_seg_stress", "TF_INT_STR": "tf_int_stress", "NAME": "name"},
            "neighborhood_census_blocks": {"POP20": "pop20", "OVERALL_SC": "overall_score", "UNIVERS_01": "universities_high_stress"}}[name]
    ours = {str(f["properties"][key[1]]): f["properties"] for f in layers[name]}
    for record in reader.records():
        row = ours[str(record[key[0]])]
        for field, column in pick.items():
            value = row[column]
            near = value is not None and isinstance(value, float) and abs(record[field] - value) < 1e-9
            expect(near or same(value, record[field]), f"Shapefile {name} {field}: {value!r} is {record[field]!r}")

pairs = list(csv.DictReader(open(out / f"{PAIRS}.csv")))
expect(pairs == sorted(pairs, key=lambda r: (r["source_blockid20"], r["target_blockid20"])), "CSV pairs: not sorted")
typed = [{k: (v if k.endswith("20") else v == "t" if v in "tf" and v else int(v) if v else None) for k, v in row.items()} for row in pairs]
theirs = pyarrow.parquet.read_table(out / f"{PAIRS}.parquet").to_pylist()
key = lambda row: (row["source_blockid20"], row["target_blockid20"])
compare("pairs", "Parquet", typed, sorted(theirs, key=key))
compare("pairs", "GeoPackage", typed, [dict(row) for row in database.execute(f'SELECT * FROM "{PAIRS}" ORDER BY fid')])
for name in ("neighborhood_overall_scores", "neighborhood_score_inputs", "mileage"):
    count = len(list(csv.DictReader(open(out / f"{name}.csv"))))
    expect(database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] == count, f"GeoPackage {name}: rows")

with zipfile.ZipFile(out / "bundle.zip") as bundle:
    listed = {a["path"]: a for a in json.load(open(out / "manifest.json"))["artifacts"] if a["path"] != "bundle.zip"}
    expect(bundle.testzip() is None and len(bundle.namelist()) == len(listed), "bundle: files")
    sums = {hashlib.sha256(bundle.read(name)).hexdigest() for name in bundle.namelist()}
    expect(sums == {a["sha256"] for a in listed.values()}, "bundle: checksums")

print(f"{len(layers)} layers, {len(pairs)} pairs: {len(faults)} differences")
for fault in faults[:20]:
    print("  ", fault)
sys.exit(1 if faults else 0)
