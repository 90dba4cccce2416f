#!/usr/bin/env python3
"""The styles of a GeoPackage: a table as QGIS makes it, registered, one default style a layer, whose expressions find all rows once.

usage: check_styles.py FILE.gpkg
"""
import pathlib, sqlite3, sys
import xml.etree.ElementTree as xml

import pyogrio

path = pathlib.Path(sys.argv[1])
database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
database.execute("PRAGMA integrity_check")
columns = [row[1] for row in database.execute("PRAGMA table_info(layer_styles)")]
QGIS = "id f_table_catalog f_table_schema f_table_name f_geometry_column styleName styleQML styleSLD useAsDefault description owner ui update_time"
assert columns == QGIS.split(), columns
assert database.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone() == ("attributes",)
assert "layer_styles" in {name for name, _ in pyogrio.list_layers(path)}, "GDAL does not see the table"
styles = database.execute("SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles").fetchall()
assert {"neighborhood_ways", "neighborhood_census_blocks", "neighborhood_boundary"} <= {style[0] for style in styles}
for table, geometry, qml, is_default in styles:
    assert is_default == 1 and database.execute(f'SELECT count("{geometry}") FROM "{table}"').fetchone()[0] > 0, table
    tree = xml.fromstring(qml)
    rules, symbols = tree.findall(".//rule"), tree.findall(".//symbol")
    assert {rule.get("symbol") for rule in rules} == {symbol.get("name") for symbol in symbols}, table
    assert len({rule.get("key") for rule in rules}) == len(rules), f"{table}: keys recur"
    if table == "neighborhood_ways_intersections":
        continue  # only the stressful ones are drawn
    rows = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    matched = 0
    for rule in rules:
        # QGIS' max() passes over NULL, SQLite's does not.
        condition = (rule.get("filter") or "1").replace('max("ft_seg_stress", "tf_seg_stress")', 'nullif(max(ifnull("ft_seg_stress", 0), ifnull("tf_seg_stress", 0)), 0)')
        matched += database.execute(f'SELECT count(*) FROM "{table}" WHERE {condition}').fetchone()[0]
    assert matched == rows, f"{table}: the rules find {matched} of {rows} rows"
print(f"{len(styles)} styles")
