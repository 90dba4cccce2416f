use super::*;
use crate::model::Values;
use geo_types::polygon;
use shapefile::dbase::{FieldName, FieldValue, Record, TableWriterBuilder};
use shapefile::{PointZ, PolygonRing, PolygonZ};
use std::path::PathBuf;
use std::sync::Arc;

/// A file's system, a position in it, and its longitude and latitude as PROJ 9.5 gives them.
const SYSTEMS: [(&str, [f64; 2], [f64; 2]); 7] = [
    (
        r#"PROJCS["NAD_1983_StatePlane_Colorado_Central_FIPS_0502_Feet",GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",3000000.0],PARAMETER["False_Northing",1000000.0],PARAMETER["Central_Meridian",-105.5],PARAMETER["Standard_Parallel_1",39.75],PARAMETER["Standard_Parallel_2",38.45],PARAMETER["Latitude_Of_Origin",37.8333333333333],UNIT["US survey foot",0.304800609601219]]"#,
        [3141592.5, 1695000.25],
        [-104.99650393497413, 39.74050268221963],
    ),
    (
        r#"PROJCRS["NAD83 / UTM zone 18N",BASEGEOGCRS["NAD83",DATUM["North American Datum 1983",ELLIPSOID["GRS 1980",6378137,298.257222101,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4269]],CONVERSION["UTM zone 18N",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],PARAMETER["Longitude of natural origin",-75,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],PARAMETER["Scale factor at natural origin",0.9996,SCALEUNIT["unity",1],ID["EPSG",8805]],PARAMETER["False easting",500000,LENGTHUNIT["metre",1],ID["EPSG",8806]],PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID["EPSG",8807]]],CS[Cartesian,2],AXIS["(E)",east,ORDER[1],LENGTHUNIT["metre",1]],AXIS["(N)",north,ORDER[2],LENGTHUNIT["metre",1]],USAGE[SCOPE["Engineering survey, topographic mapping."],AREA["North America - between 78°W and 72°W - onshore and offshore. Canada - Nunavut; Ontario; Quebec. United States (USA) - Connecticut; Delaware; Maryland; Massachusetts; New Hampshire; New Jersey; New York; North Carolina; Pennsylvania; Virginia; Vermont."],BBOX[28.28,-78,84,-72]],ID["EPSG",26918]]"#,
        [364000.5, 4349000.25],
        [-76.57676939453997, 39.279694474689286],
    ),
    (
        r#"PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]"#,
        [-8500000.0, 4760000.0],
        [-76.35679915015932, 39.26707292368086],
    ),
    (
        r#"PROJCS["RGF_1993_Lambert_93",GEOGCS["GCS_RGF_1993",DATUM["D_RGF_1993",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",700000.0],PARAMETER["False_Northing",6600000.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Standard_Parallel_1",49.0],PARAMETER["Standard_Parallel_2",44.0],PARAMETER["Latitude_Of_Origin",46.5],UNIT["Meter",1.0]]"#,
        [652000.0, 6862000.0],
        [2.345811958680679, 48.85624814096273],
    ),
    (
        r#"PROJCS["ETRS_1989_LAEA",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Azimuthal_Equal_Area"],PARAMETER["False_Easting",4321000.0],PARAMETER["False_Northing",3210000.0],PARAMETER["Central_Meridian",10.0],PARAMETER["Latitude_Of_Origin",52.0],UNIT["Meter",1.0]]"#,
        [4321000.0, 3210000.0],
        [10.0, 52.0],
    ),
    (
        r#"PROJCS["NAD_1983_Contiguous_USA_Albers",GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Albers"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-96.0],PARAMETER["Standard_Parallel_1",29.5],PARAMETER["Standard_Parallel_2",45.5],PARAMETER["Latitude_Of_Origin",23.0],UNIT["Meter",1.0]]"#,
        [1600000.0, 1900000.0],
        [-77.30674432270989, 38.70752963361787],
    ),
    (
        r#"PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,299.3249646]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",400000.0],PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],PARAMETER["Scale_Factor",0.9996012717],PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]"#,
        [530000.0, 180000.0],
        [-0.12674767994594327, 51.503480036972256],
    ),
];

fn square(x: f64, y: f64, side: f64) -> MultiPolygon<f64> {
    MultiPolygon(vec![polygon![(x: x, y: y), (x: x, y: y + side), (x: x + side, y: y + side), (x: x + side, y: y)]])
}

fn corner(shape: &MultiPolygon<f64>) -> [f64; 2] {
    let at = shape.0[0].exterior().0[0];
    [at.x, at.y]
}

#[test]
fn systems_become_degrees() {
    for (wkt, at, [lon, lat]) in SYSTEMS {
        let reading = crs::Crs::from_wkt(wkt).unwrap();
        let mut shape = square(at[0], at[1], 100.0);
        reading.crs.to_lonlat(&mut shape).unwrap();
        let found = corner(&shape);
        assert!((found[0] - lon).abs() < 1e-9 && (found[1] - lat).abs() < 1e-9, "{wkt}: {found:?}, not {lon} {lat}");
        // A shift that the text lacks is not made up, but said.
        assert_eq!(reading.note.is_some(), wkt.contains("OSGB"), "{:?}", reading.note);
        let near = Rect::new((lon - 0.01, lat - 0.01), (lon + 0.01, lat + 0.01));
        let window = reading.crs.around(near).unwrap();
        assert!(meet(window, [at[0], at[1], at[0], at[1]]), "{wkt}: {window:?}");
    }
}

#[test]
fn degrees_stay_to_the_bit_and_nonsense_is_an_error() {
    let nad83 = r#"GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["Degree",0.017453292519943295]]"#;
    let reading = crs::Crs::from_wkt(nad83).unwrap();
    let mut shape = square(-76.530_484_783_610_03, 39.287_443_888_069_02, 0.1);
    reading.crs.to_lonlat(&mut shape).unwrap();
    assert_eq!((shape, reading.note), (square(-76.530_484_783_610_03, 39.287_443_888_069_02, 0.1), None));
    let grads = nad83.replace("\"Degree\",0.017453292519943295", "\"Grad\",0.01570796326794897");
    assert!(crs::Crs::from_wkt(&grads).is_err_and(|what| what.contains("Grad, not degrees")));
    let deep = "A[".repeat(100_000);
    for wkt in ["", "PROJCS[", "hello", "PROJCS[\"x\"]", "LOCAL_CS[\"x\"]", &deep, &nad83[..nad83.len() - 20]] {
        assert!(crs::Crs::from_wkt(wkt).is_err(), "{wkt:.40}");
    }
}

fn text(values: &Values) -> Vec<Option<&str>> {
    let Values::Text(values) = values else { panic!("{values:?}") };
    values.iter().map(|value| value.as_deref()).collect()
}

/// A Shapefile of three squares (the second with a hole, all with heights) near 9° east, 47° north.
fn write_shapefile(folder: &Path) -> PathBuf {
    let path = folder.join("Places.shp");
    let name = |text: &str| FieldName::try_from(text).unwrap();
    let table = TableWriterBuilder::new()
        .add_character_field(name("NAME"), 12)
        .add_numeric_field(name("POP20"), 10, 0)
        .add_numeric_field(name("SHARE"), 10, 3)
        .add_logical_field(name("OPEN"));
    let mut writer = shapefile::Writer::from_path(&path, table).unwrap();
    for (nth, people) in [(0, Some(12.0)), (1, None), (2, Some(7.0))] {
        let x = 9.0 + f64::from(nth) / 10.0;
        let ring = |low: f64, side: f64| -> Vec<PointZ> {
            [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)]
                .map(|(dx, dy)| PointZ::new(x + low + dx * side, 47.0 + low + dy * side, 400.0, shapefile::NO_DATA))
                .to_vec()
        };
        let mut rings = vec![PolygonRing::Outer(ring(0.0, 0.05))];
        if nth == 1 {
            rings.insert(0, PolygonRing::Inner(ring(0.01, 0.01)));
        }
        let mut record = Record::default();
        record.insert("NAME".into(), FieldValue::Character(Some(format!(" Zürich {nth} "))));
        record.insert("POP20".into(), FieldValue::Numeric(people));
        record.insert("SHARE".into(), FieldValue::Numeric(Some(0.5)));
        record.insert("OPEN".into(), FieldValue::Logical(Some(nth == 1)));
        writer.write_shape_and_record(&PolygonZ::with_rings(rings), &record).unwrap();
    }
    drop(writer);
    path
}

fn zip_of(shp: &Path) -> PathBuf {
    use std::io::Write;
    let path = shp.with_extension("zip");
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    for extension in ["shp", "dbf", "prj"].iter().filter(|e| shp.with_extension(e).exists()) {
        zip.start_file(format!("folder/places.{}", extension.to_uppercase()), zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&std::fs::read(shp.with_extension(extension)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    path
}

#[test]
fn shapefiles_plain_and_zipped() {
    let folder = tempfile::tempdir().unwrap();
    let shp = write_shapefile(folder.path());
    let all = read(&shp, None).unwrap();
    assert_eq!(all.row, [1, 2, 3]);
    assert_eq!(all.notes.len(), 1, "no .prj is said: {:?}", all.notes);
    assert_eq!(all.geometry[1].0.len(), 1);
    assert_eq!(all.geometry[1].0[0].interiors().len(), 1);
    let names: Vec<_> = all.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["name", "pop20", "share", "open"]);
    assert_eq!(text(&all.columns[0].values)[0], Some("Zürich 0"));
    assert_eq!(all.columns[1].values, Values::Int(vec![Some(12), None, Some(7)]));
    assert_eq!(all.columns[2].values, Values::Float(vec![Some(0.5); 3]));
    assert_eq!(all.columns[3].values, Values::Bool(vec![Some(false), Some(true), Some(false)]));

    std::fs::write(shp.with_extension("prj"), SYSTEMS[0].0.split(',').next().unwrap()).unwrap();
    let wrong = read(&shp, None).unwrap_err().to_string();
    assert!(wrong.contains("Places.shp: its coordinate system \"NAD_1983_StatePlane"), "{wrong}");
    std::fs::remove_file(shp.with_extension("prj")).unwrap();

    let near = Rect::new((9.11, 47.01), (9.12, 47.02));
    let zipped = read(&zip_of(&shp), Some(near)).unwrap();
    assert_eq!((zipped.row, &zipped.geometry[0]), (vec![2], &all.geometry[1]));
    assert_eq!(zipped.columns[3].values, Values::Bool(vec![Some(true)]));
}

#[test]
fn latin_letters_of_old_tables() {
    assert_eq!(dbf::Encoding::of_cpg(None), dbf::Encoding::Utf8);
    assert_eq!(dbf::Encoding::of_cpg(Some("ISO-8859-1\n")), dbf::Encoding::Latin1);
    assert_eq!(dbf::Encoding::of_cpg(Some("ANSI 1252")), dbf::Encoding::Latin1);
    let folder = tempfile::tempdir().unwrap();
    let shp = write_shapefile(folder.path());
    let dbf = shp.with_extension("dbf");
    let bytes = std::fs::read(&dbf).unwrap();
    let at = bytes.windows(2).position(|two| two == "ü".as_bytes()).unwrap();
    let latin = [&bytes[..at], &[0xfc], &bytes[at + 2..bytes.len() - 1], b"  "].concat();
    let row = latin.windows(6).position(|six| six == b"Z\xfcrich").unwrap();
    // The shortened row gets its blank back at the end of the text.
    let fixed = [&latin[..row + 8], b" ", &latin[row + 8..]].concat();
    std::fs::write(&dbf, &fixed[..bytes.len()]).unwrap();
    assert_eq!(text(&read(&shp, None).unwrap().columns[0].values)[0], Some("Zürich 0"));
}

/// A GeoPackage with one layer, its system and an index.
async fn write_geopackage(path: &Path) {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut db = options.connect().await.unwrap();
    let mut blob = b"GP\0\x01".to_vec(); // little-endian, no envelope
    blob.extend(4326i32.to_le_bytes());
    blob.extend([1, 6, 0, 0, 0, 1, 0, 0, 0]); // a multipolygon of one
    blob.extend([1, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0]); // a polygon of one ring of four
    for [x, y] in [[9.0f64, 47.0f64], [9.1, 47.0], [9.1, 47.1], [9.0, 47.0]] {
        blob.extend(x.to_le_bytes());
        blob.extend(y.to_le_bytes());
    }
    for sql in [
        "CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT)",
        "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INT)",
        "CREATE TABLE gpkg_spatial_ref_sys (srs_id INT, definition TEXT)",
        "INSERT INTO gpkg_contents VALUES ('stops', 'features'), ('the \"blocks\"', 'features')",
        "INSERT INTO gpkg_geometry_columns VALUES ('stops', 'geom', 'POINT', 4326), ('the \"blocks\"', 'geom', 'MultiPolygon', 4326)",
        "CREATE TABLE \"the \"\"blocks\"\"\" (fid INTEGER PRIMARY KEY, geom BLOB, GEOID20 TEXT, POP20 INTEGER, share REAL, wet BOOLEAN)",
        "CREATE VIRTUAL TABLE \"rtree_the \"\"blocks\"\"_geom\" USING rtree(id, minx, maxx, miny, maxy)",
        "INSERT INTO \"rtree_the \"\"blocks\"\"_geom\" VALUES (5, 9, 9.1, 47, 47.1), (7, 20, 20.1, 47, 47.1)",
    ] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    for (id, geometry) in [(5, Some(blob.clone())), (6, None), (7, Some(blob))] {
        let insert = "INSERT INTO \"the \"\"blocks\"\"\" VALUES (?, ?, '080310001', 12, 0.5, 1)";
        sqlx::query(insert).bind(id).bind(geometry).execute(&mut db).await.unwrap();
    }
}

fn geopackage(folder: &Path) -> PathBuf {
    let path = folder.join("blocks.gpkg");
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(write_geopackage(&path));
    path
}

#[test]
fn geopackages_with_and_without_their_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = geopackage(folder.path());
    let all = read(&path, None).unwrap();
    assert_eq!((all.row, corner(&all.geometry[0])), (vec![5, 7], [9.0, 47.0]));
    let names: Vec<_> = all.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["geoid20", "pop20", "share", "wet"]);
    assert_eq!(text(&all.columns[0].values), [Some("080310001"); 2]);
    assert_eq!(all.columns[1].values, Values::Int(vec![Some(12); 2]));
    assert_eq!(all.columns[3].values, Values::Bool(vec![Some(true); 2]));
    // The index is believed: it puts row 7 elsewhere.
    assert_eq!(read(&path, Some(Rect::new((9.0, 47.0), (9.2, 47.2)))).unwrap().row, [5]);
    // Also from inside a runtime.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(async { read(&path, None) }).unwrap().row, [5, 7]);
}

const COLLECTION: &str = r#"{"type":"FeatureCollection","bbox":[9,47,9.1,47.1],"features":[
 {"type":"Feature","properties":{"Z":1,"a":"x","mixed":1},"geometry":{"type":"Polygon","coordinates":[[[9,47],[9.1,47],[9.1,47.1],[9,47]]]}},
 {"type":"Feature","properties":null,"geometry":null},
 {"type":"Feature","properties":{"a":null,"Z":2.5,"mixed":"b","list":[1]},"geometry":{"type":"MultiPolygon","coordinates":[[[[8,47],[8.1,47],[8.1,47.1],[8,47]]]]}}]}"#;

#[test]
fn feature_collections() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.json");
    std::fs::write(&path, COLLECTION).unwrap();
    let all = read(&path, None).unwrap();
    assert_eq!(all.row, [1, 3]);
    let names: Vec<_> = all.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["z", "a", "mixed", "list"]);
    assert_eq!(all.columns[0].values, Values::Float(vec![Some(1.0), Some(2.5)]));
    assert_eq!(text(&all.columns[2].values), [Some("1"), Some("b")]);
    assert_eq!(text(&all.columns[3].values), [None, Some("[1]")]);
    assert_eq!(read(&path, Some(Rect::new((7.9, 47.0), (8.05, 48.0)))).unwrap().row, [3]);

    let fault = |text: String| {
        std::fs::write(&path, text).unwrap();
        read(&path, None).unwrap_err().to_string()
    };
    assert!(fault(COLLECTION.replace("[[[9,47]", "[[[900000,47]")).contains("reproject it"));
    assert!(fault(COLLECTION[..COLLECTION.len() - 40].into()).contains("is damaged: EOF"));
    assert!(fault("{}".into()).contains("no FeatureCollection"));
    assert!(fault(COLLECTION.replace("MultiPolygon", "Nonsense")).contains("is damaged"));
    let point = COLLECTION
        .replace(r#""Polygon","coordinates":[[[9,47],[9.1,47],[9.1,47.1],[9,47]]]"#, r#""Point","coordinates":[9,47]"#);
    assert!(fault(point).contains("feature 1 is a Point"));
}

#[test]
fn formats_are_told_by_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.shp");
    for bytes in [&b""[..], b"hello", b"\x89PNG"] {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(read(&path, None), Err(VectorError::UnknownFormat { .. })));
    }
    assert!(matches!(read(folder.path(), None), Err(VectorError::Unreadable { .. })));
    assert!(matches!(read(&folder.path().join("none"), None), Err(VectorError::Unreadable { .. })));
}

/// Cut short anywhere or with any byte changed, a file gives features or an error.
#[test]
fn damaged_files_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let shp = write_shapefile(folder.path());
    std::fs::write(shp.with_extension("prj"), SYSTEMS[1].0).unwrap();
    let zip = zip_of(&shp);
    std::fs::remove_file(shp.with_extension("prj")).unwrap();
    let gpkg = geopackage(folder.path());
    let mut errors = 0;
    for (file, opened) in
        [(shp.clone(), &shp), (shp.with_extension("dbf"), &shp), (zip.clone(), &zip), (gpkg.clone(), &gpkg)]
    {
        let whole = std::fs::read(&file).unwrap();
        let step = (whole.len() / 60).max(1);
        for at in (0..whole.len()).step_by(step) {
            std::fs::write(&file, &whole[..at]).unwrap();
            errors += usize::from(read(opened, None).is_err());
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                std::fs::write(&file, bytes).unwrap();
                errors += usize::from(read(opened, None).is_err());
            }
        }
        std::fs::write(&file, whole).unwrap();
    }
    assert!(errors > 100, "{errors}");
    for at in (0..SYSTEMS[1].0.len()).filter(|&at| SYSTEMS[1].0.is_char_boundary(at)) {
        let mut bytes = SYSTEMS[1].0.as_bytes().to_vec();
        bytes[at] = b"[],\"0 "[at % 6];
        let _ = crs::Crs::from_wkt(&String::from_utf8_lossy(&bytes));
        assert!(crs::Crs::from_wkt(&SYSTEMS[1].0[..at]).is_err());
    }
}

/// 100 MB of null shapes in 100 kB.
#[test]
fn a_zipped_bomb_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.zip");
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    zip.start_file("bomb.shp", zip::write::SimpleFileOptions::default()).unwrap();
    let mut shapes = vec![0; 100_000_000];
    shapes[..4].copy_from_slice(&[0, 0, 0x27, 0x0a]);
    shapes[24..28].copy_from_slice(&50_000_000_i32.to_be_bytes());
    shapes[32] = 5;
    zip.write_all(&shapes).unwrap();
    zip.finish().unwrap();
    let error = read(&path, None).unwrap_err().to_string();
    assert!(error.contains("bomb.zip is damaged") && error.contains("200 times its size"), "{error}");
}

#[test]
fn columns_take_the_narrowest_type() {
    let mut table = table::Table::new(["A", "a", "B"]);
    table.push([table::Cell::Int(1), table::Cell::Null, table::Cell::Bool(true)]);
    table.push([table::Cell::Int(2), table::Cell::Null, table::Cell::Text("x".into())]);
    let columns = table.finish();
    assert_eq!(columns.iter().map(|c| &*c.name).collect::<Vec<_>>(), ["a", "a_2", "b"]);
    assert_eq!(columns[0].values, Values::Int(vec![Some(1), Some(2)]));
    assert_eq!(columns[1].values, Values::Text(vec![None, None]));
    let wanted: Vec<Option<Arc<str>>> = vec![Some("true".into()), Some("x".into())];
    assert_eq!(columns[2].values, Values::Text(wanted));
}
