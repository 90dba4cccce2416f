#!/usr/bin/env python3
"""Proves that a PMTiles archive shows every feature of a GeoJSON file, where it is.

    check-tiles.py TILES.pmtiles neighborhood_ways.geojson
    check-tiles.py TILES.pmtiles neighborhood_census_blocks.geojson --layer blocks --key gid

Two readers that share no code decode the highest zoom: `pmtiles` with `mapbox-vector-tile`, and GDAL through `pyogrio`. For
each of them: the features are those of the file, points along every feature lie within one tile unit (1/4096 of a tile) of
the decoded geometry, and decoded corners lie within one unit of the feature. At the zooms below, every decoded feature is
one of the file's and lies within one unit of that zoom, too. The archive's order and directories are checked as well.

Needs: pip install pmtiles mapbox-vector-tile pyogrio shapely numpy
"""

import argparse
import gzip
import json
import sys
from collections import defaultdict

import mapbox_vector_tile
import numpy
import pyogrio
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType, zxy_to_tileid

EXTENT = 4096
HALF_WORLD_M = 20037508.342789244

# Sampled along features this many units apart, so that whole stretches are found missing, not corners only.
STEP = 200


def to_units(lonlat, zoom):
    """Degrees to units of a zoom's grid, x east, y south."""
    scale = EXTENT * 2**zoom
    lat = numpy.radians(numpy.clip(lonlat[:, 1], -85.0511287798066, 85.0511287798066))
    y = 0.5 - numpy.arcsinh(numpy.tan(lat)) / (2 * numpy.pi)
    return numpy.column_stack([(lonlat[:, 0] / 360 + 0.5) * scale, y * scale])


def metres_to_units(xy, zoom):
    """Web Mercator metres to units."""
    scale = EXTENT * 2**zoom / (2 * HALF_WORLD_M)
    return numpy.column_stack([(xy[:, 0] + HALF_WORLD_M) * scale, (HALF_WORLD_M - xy[:, 1]) * scale])


def corners(geometries):
    """All points of some geometries, and to which of them each belongs."""
    points, index = shapely.get_coordinates(geometries, return_index=True)
    return shapely.points(points), index


def farthest(samples_of, geometries):
    """Greatest distance from the corners of each to its counterpart, and where."""
    points, index = corners(samples_of)
    distances = shapely.distance(points, numpy.asarray(geometries, dtype=object)[index])
    at = int(numpy.argmax(distances))
    return float(distances[at]), int(index[at])


def tiles_of(path):
    """Tile coordinates and bytes, in the order of the directory."""
    with open(path, "rb") as file:
        yield from all_tiles(MmapSource(file))


def decode_by_zoom(path, layer, key):
    """By zoom: pieces of each key in units, decoded with mapbox-vector-tile."""
    zooms = defaultdict(lambda: defaultdict(list))
    for (z, x, y), data in tiles_of(path):
        tile = mapbox_vector_tile.decode(gzip.decompress(data), default_options={"y_coord_down": True})
        if layer not in tile:
            continue
        assert tile[layer]["extent"] == EXTENT, f"tile {z}/{x}/{y}: extent {tile[layer]['extent']}"
        for feature in tile[layer]["features"]:
            shape = shapely.geometry.shape(feature["geometry"])
            name = feature["properties"].get(key, feature.get("id"))
            zooms[z][name].append(shapely.transform(shape, lambda xy: xy + [x * EXTENT, y * EXTENT]))
    return zooms


def decode_with_gdal(path, layer, key, zoom):
    """Pieces of each key in units, decoded by GDAL from the highest zoom."""
    meta, _, shapes, columns = pyogrio.raw.read(path, layer=layer)
    keys = columns[list(meta["fields"]).index(key)]
    pieces = defaultdict(list)
    for name, shape in zip(keys, shapely.from_wkb(shapes)):
        pieces[int(name)].append(shapely.transform(shape, lambda xy: metres_to_units(xy, zoom)))
    return pieces


def merged(pieces):
    """Pieces of one feature as one geometry; areas are not united, whose pieces overlap in the margins."""
    return pieces[0] if len(pieces) == 1 else shapely.geometrycollections(numpy.array(pieces, dtype=object))


def flat(geometry):
    """Collections that shapely can measure to: parts at one level."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    kind = {shapely.GeometryType.POLYGON: shapely.multipolygons, shapely.GeometryType.POINT: shapely.multipoints}
    return kind.get(shapely.get_type_id(parts[0]), shapely.multilinestrings)(parts)


def compare(reader, pieces, expected, zoom, tolerance, must_be_complete):
    """Prints and returns the faults of one reader at one zoom."""
    faults = []
    missing = [name for name in expected if name not in pieces]
    unknown = [name for name in pieces if name not in expected]
    if unknown:
        faults.append(f"{len(unknown)} unknown features, e.g. {unknown[:3]}")
    if missing and must_be_complete:
        faults.append(f"{len(missing)} features missing, e.g. {missing[:3]}")
    names = [name for name in expected if name in pieces]
    wanted = numpy.array(
        [shapely.transform(expected[name], lambda lonlat: to_units(lonlat, zoom)) for name in names], dtype=object
    )
    decoded = numpy.array([flat(merged(pieces[name])) for name in names], dtype=object)
    if names:
        # A simplified line leaves out corners, not stretches: both are measured from points along the feature.
        lost, at = farthest(shapely.segmentize(wanted, STEP), decoded)
        strayed, by = farthest(decoded, wanted)
        for what, distance, name in [("not shown", lost, names[at]), ("off the feature", strayed, names[by])]:
            if distance > tolerance:
                faults.append(f"{what} by {distance:.2f} units: {name}")
        summary = f"{len(names)} of {len(expected)} features, farthest {max(lost, strayed):.2f} units"
    else:
        summary = f"0 of {len(expected)} features"
    print(f"  {'FAULT' if faults else 'ok':5} zoom {zoom} with {reader}: {summary}")
    return [f"zoom {zoom}, {reader}: {fault}" for fault in faults]


def check_archive(path):
    """Header, order and directories."""
    faults = []
    with open(path, "rb") as file:
        header = Reader(MmapSource(file)).header()
    if not header["clustered"]:
        faults.append("the archive is not clustered")
    if header["root_offset"] + header["root_length"] > 16384:
        faults.append("the root directory is not within the first 16 KB")
    if header["tile_type"] != TileType.MVT or header["tile_compression"] != Compression.GZIP:
        faults.append("tiles are not gzipped vector tiles")
    ids = [zxy_to_tileid(*zxy) for zxy, _ in tiles_of(path)]
    if ids != sorted(set(ids)):
        faults.append("tile ids do not ascend")
    if len(ids) != header["addressed_tiles_count"]:
        faults.append(f"{len(ids)} tiles, {header['addressed_tiles_count']} in the header")
    sizes = [len(data) for _, data in tiles_of(path)]
    print(f"{path}: {len(ids)} tiles, {sum(sizes)} bytes, largest {max(sizes, default=0)}")
    return faults, header


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tiles")
    parser.add_argument("geojson")
    parser.add_argument("--layer", default="ways")
    parser.add_argument("--key", default="road_id", help="column that names a feature in both files")
    parser.add_argument("--tolerance", type=float, default=1.0, help="units")
    args = parser.parse_args()

    with open(args.geojson, encoding="utf-8") as file:
        features = json.load(file)["features"]
    expected = {f["properties"][args.key]: shapely.geometry.shape(f["geometry"]) for f in features if f["geometry"]}
    faults, header = check_archive(args.tiles)
    zooms = decode_by_zoom(args.tiles, args.layer, args.key)
    highest = header["max_zoom"]
    for zoom in sorted(set(zooms) | {highest}, reverse=True):
        faults += compare(
            "mapbox-vector-tile", zooms[zoom], expected, zoom, args.tolerance, must_be_complete=zoom == highest
        )
    gdal = decode_with_gdal(args.tiles, args.layer, args.key, highest)
    faults += compare("GDAL", gdal, expected, highest, args.tolerance, must_be_complete=True)
    for fault in faults:
        print(f"fault: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
