#!/usr/bin/env python3
"""Proves that a PMTiles archive shows every feature of a result folder, where it is, and that blocks keep their common edges.

    check-tiles.py RESULTS          (a folder with tiles/quietway.pmtiles and the GeoJSON files)

Two readers that share no code decode the highest zoom: `pmtiles` with `mapbox-vector-tile`, and GDAL through `pyogrio`. For
each of them and each layer: the features are those of the file, points along every feature lie within one tile unit (1/4096 of
a tile) of the decoded geometry, and decoded corners lie within one unit of the feature. At the zooms below, every decoded
feature is one of the file's and lies within 2.5 units (0.3 pixels) of it. Blocks that share an edge in the file share it in
every tile that has both. The archive's order, directories, sizes and metadata are checked as well.

Needs: pip install pmtiles mapbox-vector-tile pyogrio shapely numpy
"""

import gzip
import json
import pathlib
import sys
from collections import defaultdict

import mapbox_vector_tile
import numpy
import pyogrio
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType, zxy_to_tileid

EXTENT = 4096
MARGIN = 64
HALF_WORLD_M = 20037508.342789244
MAX_BYTES = 500_000

# Sampled along features this many units apart, so that whole stretches are found missing, not corners only.
STEP = 200

# Layer, its file, and what names a feature in both; None: read otherwise (see expected()).
LAYERS = [
    ("boundary", "neighborhood_boundary", ("gid",)),
    ("blocks", "neighborhood_census_blocks", ("gid",)),
    ("ways", "neighborhood_ways", ("road_id",)),
    ("junctions", "neighborhood_ways_intersections", ("int_id",)),
    ("destinations", None, ("category", "id")),
]


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


def decode(path):
    """(zoom, column, row, layers) of every tile, in units of the tile, y to the south."""
    for (z, x, y), data in tiles_of(path):
        tile = mapbox_vector_tile.decode(gzip.decompress(data), default_options={"y_coord_down": True})
        for name, layer in tile.items():
            assert layer["extent"] == EXTENT, f"tile {z}/{x}/{y}, {name}: extent {layer['extent']}"
        yield z, x, y, tile


def name_of(feature, key):
    """What names a feature: its properties, at low zooms its id; None where it has neither."""
    named = tuple(feature["properties"].get(part) for part in key)
    if None not in named:
        return named
    return (feature["id"],) if len(key) == 1 and "id" in feature else None


def by_zoom(tiles, layer, key):
    """By zoom: pieces of each feature in units of the world."""
    zooms = defaultdict(lambda: defaultdict(list))
    for z, x, y, tile in tiles:
        for feature in tile.get(layer, {"features": []})["features"]:
            shape = shapely.geometry.shape(feature["geometry"])
            zooms[z][name_of(feature, key)].append(shapely.transform(shape, lambda xy: xy + [x * EXTENT, y * EXTENT]))
    return zooms


def decode_with_gdal(path, layer, key, zoom):
    """Pieces of each feature in units, decoded by GDAL from the highest zoom."""
    meta, _, shapes, columns = pyogrio.raw.read(path, layer=layer)
    fields = list(meta["fields"])
    names = zip(*(columns[fields.index(part)] for part in key))
    pieces = defaultdict(list)
    for name, shape in zip(names, shapely.from_wkb(shapes)):
        name = tuple(part if isinstance(part, str) else int(part) for part in name)
        pieces[name].append(shapely.transform(shape, lambda xy: metres_to_units(xy, zoom)))
    return pieces


def merged(pieces):
    """Pieces of one feature as one geometry; areas are not united, whose pieces overlap in the margins."""
    return pieces[0] if len(pieces) == 1 else shapely.geometrycollections(numpy.array(pieces, dtype=object))


def flat(geometry):
    """Collections that shapely can measure to: parts at one level."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    kinds = shapely.get_type_id(parts)
    parts = parts[kinds == kinds.max()]  # a line of no length comes as a point beside it
    kind = {shapely.GeometryType.POLYGON: shapely.multipolygons, shapely.GeometryType.POINT: shapely.multipoints}
    return kind.get(shapely.get_type_id(parts[0]), shapely.multilinestrings)(parts)


def compare(layer, reader, pieces, expected, zoom, is_highest):
    """Prints and returns the faults of one reader at one zoom."""
    faults, tolerance = [], 1.0 if is_highest else 2.5
    missing = [name for name in expected if name not in pieces]
    unknown = [name for name in pieces if name not in expected and name is not None]
    if unknown:
        faults.append(f"{len(unknown)} unknown features, e.g. {unknown[:3]}")
    if missing and is_highest:
        faults.append(f"{len(missing)} features missing, e.g. {missing[:3]}")
    names = [name for name in expected if name in pieces]
    wanted = numpy.array(
        [shapely.transform(expected[name], lambda lonlat: to_units(lonlat, zoom)) for name in names], dtype=object
    )
    # A way may hold one place twice. It is drawn one unit long, or nobody would see it, and has no length to be measured.
    has_extent = (shapely.get_type_id(wanted) == shapely.GeometryType.POINT) | (shapely.length(wanted) > 0)
    names, wanted = [name for name, has in zip(names, has_extent) if has], wanted[has_extent]
    decoded = numpy.array([flat(merged(pieces[name])) for name in names], dtype=object)
    summary = f"{len(names)} of {len(expected)} features"
    if names:
        # A simplified line leaves out corners, not stretches: both are measured from points along the feature. Of areas, parts
        # too small to be seen are gone below the highest zoom.
        strayed, by = farthest(decoded, wanted)
        if strayed > tolerance:
            faults.append(f"off the feature by {strayed:.2f} units: {names[by]}")
        if is_highest or layer == "ways":
            lost, at = farthest(shapely.segmentize(wanted, STEP), decoded)
            if lost > tolerance:
                faults.append(f"not shown by {lost:.2f} units: {names[at]}")
            strayed = max(lost, strayed)
        summary += f", farthest {strayed:.2f} units"
    print(f"  {'FAULT' if faults else 'ok':5} {layer}, zoom {zoom} with {reader}: {summary}")
    return [f"{layer}, zoom {zoom}, {reader}: {fault}" for fault in faults]


def edges_of(rings):
    """Edges of rings, each the same from both sides."""
    return {(min(a, b), max(a, b)) for ring in rings for a, b in zip(ring, ring[1:]) if a != b}


def rings_of(geometry):
    """Rings of a GeoJSON area, closed."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[tuple(point) for point in ring] for polygon in polygons for ring in polygon]


def border_of(geometry):
    """Boundary of a decoded area, valid or not."""
    return shapely.MultiLineString(rings_of(geometry))


def check_shared_edges(tiles, blocks):
    """Blocks that share edges in the file share them in every tile that has both."""
    owners = defaultdict(list)
    for feature in blocks:
        for edge in edges_of(rings_of(feature["geometry"])):
            owners[edge].append(feature["properties"]["gid"])
    shared = defaultdict(list)
    for edge, gids in owners.items():
        if len(gids) == 2:
            shared[tuple(sorted(gids))].append(edge)
    neighbours = {pair: shapely.multilinestrings([list(edge) for edge in edges]) for pair, edges in shared.items()}
    of_block = defaultdict(list)
    for pair in neighbours:
        of_block[pair[0]].append(pair)
    faults, pairs, total, kept = [], 0, defaultdict(float), defaultdict(float)
    for z, x, y, tile in tiles:
        shown = {}
        for feature in tile.get("blocks", {"features": []})["features"]:
            name = name_of(feature, ("gid",))
            shown[name[0]] = border_of(feature["geometry"])
        box = shapely.box(-MARGIN, -MARGIN, EXTENT + MARGIN, EXTENT + MARGIN)
        origin = numpy.array([x * EXTENT, y * EXTENT])
        for pair in [pair for gid in shown for pair in of_block[gid] if pair[1] in shown]:
            line = shapely.transform(neighbours[pair], lambda lonlat: to_units(lonlat, z) - origin)
            wanted = shapely.length(shapely.intersection(line, box))
            if wanted < 32:
                continue
            # Corners on a straight line are not stored, so it is lengths that are compared, not corners.
            found = shapely.length(shapely.intersection(shown[pair[0]], shown[pair[1]]))
            pairs, total[z], kept[z] = pairs + 1, total[z] + wanted, kept[z] + min(found, wanted)
            if found < 0.5 * wanted:
                faults.append(f"blocks {pair} share {wanted:.0f} units in the file, {found:.0f} in tile {z}/{x}/{y}")
    for z in sorted(total):
        if kept[z] < 0.95 * total[z]:
            faults.append(f"zoom {z}: {kept[z]:.0f} of {total[z]:.0f} units of shared edges are shared in tiles")
    print(f"  {'FAULT' if faults else 'ok':5} {pairs} shared edges in tiles")
    return faults


def check_archive(path):
    """Header, order, directories, sizes, metadata."""
    faults = []
    with open(path, "rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
    if not header["clustered"]:
        faults.append("the archive is not clustered")
    if header["root_offset"] + header["root_length"] > 16384:
        faults.append("the root directory is not within the first 16 KB")
    if header["tile_type"] != TileType.MVT or header["tile_compression"] != Compression.GZIP:
        faults.append("tiles are not gzipped vector tiles")
    tiles = list(tiles_of(path))
    ids = [zxy_to_tileid(*zxy) for zxy, _ in tiles]
    if ids != sorted(set(ids)):
        faults.append("tile ids do not ascend")
    if len(ids) != header["addressed_tiles_count"]:
        faults.append(f"{len(ids)} tiles, {header['addressed_tiles_count']} in the header")
    zooms = {zxy[0] for zxy, _ in tiles}
    if zooms and (min(zooms) < header["min_zoom"] or max(zooms) != header["max_zoom"]):
        faults.append(f"zooms {min(zooms)} to {max(zooms)}, {header['min_zoom']} to {header['max_zoom']} in the header")
    largest = max((len(data) for _, data in tiles), default=0)
    if largest > MAX_BYTES:
        faults.append(f"a tile has {largest} bytes")
    for layer in metadata["vector_layers"]:
        undescribed = [field for field in layer["fields"] if field not in layer["field_descriptions"]]
        if undescribed or not layer["description"]:
            faults.append(f"layer {layer['id']}: nothing is said of {undescribed or 'it'}")
    print(f"{path}: {len(ids)} tiles, {sum(len(data) for _, data in tiles)} bytes, largest {largest}")
    return faults, header, {layer["id"]: layer for layer in metadata["vector_layers"]}


def features_of(path):
    return [feature for feature in json.loads(path.read_text(encoding="utf-8"))["features"] if feature["geometry"]]


def expected_of(folder, layer, table, key):
    """Features a layer must have, by name."""
    if table is not None:
        features = features_of(folder / f"{table}.geojson")
        if layer == "junctions":
            features = [feature for feature in features if feature["properties"]["int_stress"] == 3]
        named = [(tuple(feature["properties"][part] for part in key), feature) for feature in features]
    else:
        named = []
        for path in sorted(folder.glob("neighborhood_*.geojson")):
            category = path.stem.removeprefix("neighborhood_")
            places = [feature for feature in features_of(path) if "blockid20" in feature["properties"]]
            named += [((category, feature["properties"]["id"]), feature) for feature in places]
    return {name: shapely.geometry.shape(feature["geometry"]) for name, feature in named}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    path = folder / "tiles/quietway.pmtiles"
    faults, header, layers = check_archive(path)
    tiles = list(decode(path))
    highest = header["max_zoom"]
    for layer, table, key in LAYERS:
        expected = expected_of(folder, layer, table, key)
        if layer not in layers and not expected:
            continue
        zooms = by_zoom(tiles, layer, key)
        for zoom in sorted(set(zooms) | {highest}, reverse=True):
            faults += compare(layer, "mapbox-vector-tile", zooms[zoom], expected, zoom, zoom == highest)
        if expected:
            gdal = decode_with_gdal(path, layer, key, highest)
            faults += compare(layer, "GDAL", gdal, expected, highest, True)
    faults += check_shared_edges(tiles, features_of(folder / "neighborhood_census_blocks.geojson"))
    for fault in faults:
        print(f"fault: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
