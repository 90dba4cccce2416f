//! The formats of the true publishers, from literals.

use super::Region;
use super::town::{Block, Town};
use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use shapefile::{Point, Polygon, PolygonRing};
use std::io::{Cursor, Write};
use tiff::encoder::{TiffEncoder, colortype::Gray32Float};
use tiff::tags::Tag;

/// MD5, hexadecimal.
pub(super) fn md5(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// Geofabrik's `index-v1.json`, with the addresses at the publisher.
pub(super) fn index(regions: &[Region]) -> String {
    let feature = |(id, path, [w, s, e, n]): &Region| {
        format!(
            r#"{{ "type": "Feature", "properties": {{ "id" : "{id}", "parent" : "x", "name" : "{id}",
            "urls" : {{ "pbf" : "https://download.geofabrik.de/{path}-latest.osm.pbf", "updates" : "https://download.geofabrik.de/{path}-updates" }} }},
            "geometry" : {{ "type" : "MultiPolygon", "coordinates" : [[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]] }} }}"#
        )
    };
    let features: Vec<_> = regions.iter().map(feature).collect();
    format!("{{ \"type\": \"FeatureCollection\", \"features\": [ {} ] }}", features.join(",\n"))
}

/// `tl_2020_SS_tabblock20.zip`: a Shapefile in NAD 83 with the columns that matter.
pub(super) fn tabblock(name: &str, blocks: &[Block]) -> Vec<u8> {
    let (mut shp, mut shx, mut dbf) = (Cursor::new(vec![]), Cursor::new(vec![]), Cursor::new(vec![]));
    {
        let field = |name: &str| dbase::FieldName::try_from(name).expect("a short name");
        let table = dbase::TableWriterBuilder::new()
            .add_character_field(field("STATEFP20"), 2)
            .add_character_field(field("GEOID20"), 15)
            .add_numeric_field(field("ALAND20"), 14, 0)
            .add_numeric_field(field("AWATER20"), 14, 0)
            .add_numeric_field(field("POP20"), 9, 0)
            .build_with_dest(&mut dbf);
        let mut writer = shapefile::Writer::new(shapefile::ShapeWriter::with_shx(&mut shp, &mut shx), table);
        for block in blocks {
            let [w, s, e, n] = block.bounds;
            let corners = [(w, s), (w, n), (e, n), (e, s), (w, s)].map(|(x, y)| Point::new(x, y));
            let mut row = dbase::Record::default();
            let text = |value: &str| dbase::FieldValue::Character(Some(value.to_owned()));
            row.insert("STATEFP20".into(), text(&block.id[..2]));
            row.insert("GEOID20".into(), text(&block.id));
            row.insert("ALAND20".into(), dbase::FieldValue::Numeric(Some(250_000.0)));
            row.insert("AWATER20".into(), dbase::FieldValue::Numeric(Some(0.0)));
            row.insert("POP20".into(), dbase::FieldValue::Numeric(Some(f64::from(block.population))));
            let shape = Polygon::new(PolygonRing::Outer(corners.to_vec()));
            writer.write_shape_and_record(&shape, &row).expect("a shape in memory");
        }
    }
    const NAD83: &str = r#"GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    let files = [
        ("shp", shp.into_inner()),
        ("shx", shx.into_inner()),
        ("dbf", dbf.into_inner()),
        ("prj", NAD83.as_bytes().to_vec()),
        ("cpg", b"UTF-8".to_vec()),
    ];
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    for (ending, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{name}.{ending}"), options).expect("an entry in memory");
        zip.write_all(&content).expect("an entry in memory");
    }
    zip.finish().expect("a zip in memory").into_inner()
}

/// A LODES file: jobs by work block, all columns.
pub(super) fn lodes(rows: &[(String, u32)]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    let mut text = String::from("w_geocode,h_geocode,S000,SA01,SA02,SA03,SE01,SE02,SE03,SI01,SI02,SI03,createdate\n");
    for (block, jobs) in rows {
        text += &format!("{block},{block},{jobs},0,0,0,0,0,0,0,0,0,20241003\n");
    }
    gz.write_all(text.as_bytes()).expect("bytes in memory");
    gz.finish().expect("bytes in memory")
}

/// A GeoTIFF of 1 km pixels (30 seconds of arc) that covers a town and its surroundings; `people` of each pixel by the longitude of its middle.
pub(super) fn raster(town: &Town, people: impl Fn(f64) -> f32) -> Vec<u8> {
    const PIXEL: f64 = 1.0 / 120.0;
    const SIDE: u32 = 40;
    let snap = |degrees: f64| (degrees / PIXEL).round() * PIXEL;
    let (west, north) = (snap(town.lon) - 20.0 * PIXEL, snap(town.lat) + 20.0 * PIXEL);
    let middle = |n: usize| west + PIXEL * ((n as u32 % SIDE) as f64 + 0.5);
    let values: Vec<f32> = (0..(SIDE * SIDE) as usize).map(|n| people(middle(n))).collect();
    let mut file = Cursor::new(vec![]);
    let mut tiff = TiffEncoder::new(&mut file).expect("a TIFF in memory");
    let mut image = tiff.new_image::<Gray32Float>(SIDE, SIDE).expect("an image");
    let tags = image.encoder();
    tags.write_tag(Tag::ModelPixelScaleTag, &[PIXEL, PIXEL, 0.0][..]).expect("a tag");
    tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, west, north, 0.0][..]).expect("a tag");
    let keys: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326];
    tags.write_tag(Tag::GeoKeyDirectoryTag, &keys[..]).expect("a tag");
    tags.write_tag(Tag::GdalNodata, "-99999").expect("a tag");
    image.write_data(&values).expect("pixels");
    file.into_inner()
}
