//! Access alone against the reference: its own pairs, streets and destinations go in, its scores must come out.

use crate::access::assign::Places;
use crate::access::{Region, Scores, assign, mileage, score_places};
use crate::connectivity::{Pair, Reach};
use crate::import::{Blocks, City, DestinationTable, Place, SpeedLimits, Streets};
use crate::model::{BlockId, Edition, PerDirection, StressLevel, Unit};
use crate::network::{Attributes, BikeInfra, FunctionalClass, Segments};
use crate::stress::{Rating, Reason, StressRatings};
use crate::suite::{CategoryKind, Suite};
use geo_types::{Coord, MultiPolygon, Point};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// A place's files.
struct Golden {
    folder: PathBuf,
    export: HashMap<String, Vec<u8>>,
}

impl Golden {
    fn open(name: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/golden").join(name);
        if !folder.exists() {
            println!("skipped: ../shared is not here");
            return None;
        }
        let mut zip = zip::ZipArchive::new(File::open(folder.join("output/upstream_export.zip")).unwrap()).unwrap();
        let mut export = HashMap::new();
        for index in 0..zip.len() {
            let mut file = zip.by_index(index).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            export.insert(file.name().unwrap().into_owned(), bytes);
        }
        Some(Self { folder, export })
    }

    fn features(&self, stem: &str) -> Vec<Value> {
        let json: Value = serde_json::from_slice(&self.export[&format!("neighborhood_{stem}.geojson")]).unwrap();
        json["features"].as_array().unwrap().clone()
    }

    fn csv(&self, name: &str) -> Vec<HashMap<String, String>> {
        csv::Reader::from_reader(&self.export[name][..]).deserialize().map(Result::unwrap).collect()
    }

    fn shapes(&self, stem: &str) -> Vec<(shapefile::Shape, dbase::Record)> {
        let part = |end| Cursor::new(self.export[&format!("neighborhood_{stem}.{end}")].clone());
        let shapes = shapefile::ShapeReader::new(part("shp")).unwrap();
        let rows = dbase::Reader::new(part("dbf")).unwrap();
        shapefile::Reader::new(shapes, rows).iter_shapes_and_records().map(Result::unwrap).collect()
    }

    /// Longitude/latitude to metres, by another projection library than the one in use.
    fn project(&self, lonlat: &[Coord<f64>]) -> Vec<Coord<f64>> {
        let text = String::from_utf8(self.export["neighborhood_ways.prj"].clone()).unwrap();
        let zone: u32 = text.split("zone_").chain(text.split("zone ")).filter_map(zone_number).next().unwrap();
        let degrees = proj4rs::Proj::from_proj_string("+proj=longlat +datum=WGS84").unwrap();
        let metres = proj4rs::Proj::from_proj_string(&format!("+proj=utm +zone={zone} +datum=WGS84")).unwrap();
        let to_metres = |c: &Coord<f64>| {
            let mut point = (c.x.to_radians(), c.y.to_radians(), 0.0);
            proj4rs::transform::transform(&degrees, &metres, &mut point).unwrap();
            Coord { x: point.0, y: point.1 }
        };
        lonlat.iter().map(to_metres).collect()
    }
}

fn zone_number(text: &str) -> Option<u32> {
    let digits: String = text.to_lowercase().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn coords(ring: &Value) -> Vec<Coord<f64>> {
    let number = |c: &Value, i: usize| c[i].as_f64().unwrap();
    ring.as_array().unwrap().iter().map(|c| Coord { x: number(c, 0), y: number(c, 1) }).collect()
}

fn boundary(golden: &Golden) -> MultiPolygon<f64> {
    let features = golden.features("boundary");
    assert_eq!(features.len(), 1);
    let polygons = features[0]["geometry"]["coordinates"].as_array().unwrap();
    let ring = |ring: &Value| geo_types::LineString(golden.project(&coords(ring)));
    let polygon = |rings: &Value| {
        let mut rings = rings.as_array().unwrap().iter().map(ring);
        geo_types::Polygon::new(rings.next().unwrap(), rings.collect())
    };
    MultiPolygon(polygons.iter().map(polygon).collect())
}

/// Blocks in the order of their ids, and the rows that the reference published for them.
fn blocks(golden: &Golden) -> (Blocks, Vec<Value>) {
    let properties = golden.features("census_blocks").into_iter().map(|mut feature| feature["properties"].take());
    let rows: BTreeMap<String, Value> =
        properties.map(|row| (row["geoid20"].as_str().unwrap().to_owned(), row)).collect();
    let mut shapes: BTreeMap<String, MultiPolygon<f64>> = BTreeMap::new();
    for (shape, row) in golden.shapes("census_blocks") {
        let Some(dbase::FieldValue::Character(Some(id))) = row.get("GEOID20") else { panic!("no id") };
        let shapefile::Shape::Polygon(polygon) = shape else { panic!("no polygon") };
        shapes.insert(id.trim().to_owned(), multipolygon(&polygon));
    }
    assert!(rows.keys().eq(shapes.keys()));
    let blocks = Blocks {
        id: rows.keys().map(|id| id.as_str().into()).collect(),
        population: rows.values().map(|row| row["pop20"].as_f64().unwrap()).collect(),
        geometry_m: shapes.into_values().collect(),
        in_boundary: vec![true; rows.len()],
        jobs: jobs(golden, rows.keys()),
        ..Blocks::default()
    };
    (blocks, rows.into_values().collect())
}

fn multipolygon(polygon: &shapefile::Polygon) -> MultiPolygon<f64> {
    let mut parts: Vec<geo_types::Polygon<f64>> = Vec::new();
    for ring in polygon.rings() {
        let line = geo_types::LineString(ring.points().iter().map(|p| Coord { x: p.x, y: p.y }).collect());
        match (ring, parts.last_mut()) {
            (shapefile::PolygonRing::Inner(_), Some(part)) => part.interiors_push(line),
            _ => parts.push(geo_types::Polygon::new(line, vec![])),
        }
    }
    MultiPolygon(parts)
}

fn jobs<'a>(golden: &Golden, ids: impl Iterator<Item = &'a String>) -> Option<Vec<f64>> {
    let mut of_block: HashMap<String, f64> = HashMap::new();
    for entry in std::fs::read_dir(golden.folder.join("input")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("_JT00_") {
            let file = flate2::read::GzDecoder::new(File::open(path).unwrap());
            for row in csv::Reader::from_reader(file).deserialize::<HashMap<String, String>>() {
                let row = row.unwrap();
                *of_block.entry(row["w_geocode"].clone()).or_default() += row["S000"].parse::<f64>().unwrap();
            }
        }
    }
    (!of_block.is_empty()).then(|| ids.map(|id| of_block.get(id).copied().unwrap_or(0.0)).collect())
}

fn reach(golden: &Golden, index: &HashMap<String, BlockId>) -> Reach {
    let mut rows: Vec<Vec<Pair>> = vec![Vec::new(); index.len()];
    let mut reader = csv::Reader::from_reader(&golden.export["neighborhood_connected_census_blocks.csv"][..]);
    for row in reader.records() {
        let row = row.unwrap();
        let cost = |field: usize| row[field].parse().ok();
        let pair = Pair::new(index[&row[1]], cost(3), cost(5), &row[2] == "t");
        rows[index[&row[0]].index()].push(pair);
    }
    for row in &mut rows {
        row.sort_by_key(|pair| pair.target());
    }
    Reach::from_rows(&rows)
}

/// Destinations assigned as the reference did; in the boundary when it published people for them, or when their point says so.
fn places(golden: &Golden, suite: &Suite, index: &HashMap<String, BlockId>, region: &Region) -> Vec<Places> {
    let tables = suite.categories.iter().filter(|category| category.has_destinations());
    let table = |category: &crate::suite::Category| {
        let mut places = Places { category: category.id.clone(), blocks: vec![], in_boundary: vec![] };
        for feature in golden.features(&category.id) {
            let ids = feature["properties"]["blockid20"].as_array().cloned().unwrap_or_default();
            let mut touched: Vec<_> = ids.iter().map(|id| index[id.as_str().unwrap()]).collect();
            touched.sort_unstable();
            places.blocks.push(touched);
            let retail = category.kind == CategoryKind::MergeWithPoints;
            let known = !feature["properties"]["pop_high_stress"].is_null();
            let point = golden.project(&coords(&Value::Array(vec![feature["geometry"]["coordinates"].clone()])))[0];
            places.in_boundary.push(if retail { known } else { region.holds(point) });
        }
        places
    };
    tables.map(table).collect()
}

fn streets(golden: &Golden) -> (Segments, StressRatings) {
    let (mut segments, mut ratings) =
        (Segments { first_point: vec![0], ..Segments::default() }, StressRatings::default());
    for (shape, row) in golden.shapes("ways") {
        let shapefile::Shape::Polyline(line) = shape else { panic!("no line") };
        let points = line.part(0).unwrap();
        segments.xy.extend(points.iter().map(|p| Coord { x: p.x, y: p.y }));
        segments.first_point.push(u32::try_from(segments.xy.len()).unwrap());
        let pieces = points.windows(2).map(|p| (p[1].x - p[0].x).hypot(p[1].y - p[0].y));
        segments.length_m.push(pieces.sum());
        segments.way_id.push(0);
        let text = |field: &str| match row.get(field) {
            Some(dbase::FieldValue::Character(Some(text))) => text.trim().to_owned(),
            _ => String::new(),
        };
        let number = |field: &str| match row.get(field) {
            Some(dbase::FieldValue::Numeric(number)) => *number,
            _ => None,
        };
        let infra = |field: &str| match text(field).as_str() {
            "sharrow" => Some(BikeInfra::Sharrow),
            "lane" => Some(BikeInfra::Lane),
            "buffered_lane" => Some(BikeInfra::BufferedLane),
            "track" => Some(BikeInfra::Track),
            _ => None,
        };
        segments.attributes.push(Attributes {
            class: if text("FUNCTIONAL") == "path" { FunctionalClass::Path } else { FunctionalClass::Residential },
            xwalk: number("XWALK").is_some(),
            bike_infra: PerDirection { ft: infra("FT_BIKE_IN"), tf: infra("TF_BIKE_IN") },
            ..plain_attributes()
        });
        let rating = |field: &str| Rating { level: number(field).map(level), reason: Reason::Expressway };
        ratings.segment.push(PerDirection { ft: rating("FT_SEG_STR"), tf: rating("TF_SEG_STR") });
    }
    (segments, ratings)
}

fn level(number: f64) -> StressLevel {
    if number == 1.0 { StressLevel::Low } else { StressLevel::High }
}

pub(super) fn plain_attributes() -> Attributes {
    Attributes {
        class: FunctionalClass::Residential,
        tagged_class: FunctionalClass::Residential,
        xwalk: false,
        bicycle_no: false,
        speed_limit_mph: None,
        one_way_car: None,
        one_way: None,
        width_ft: None,
        bike_infra: PerDirection::both(None),
        bike_infra_width_ft: PerDirection::both(None),
        lanes: PerDirection::both(None),
        cross_lanes: PerDirection::both(None),
        turn_lane: false,
        parking: PerDirection::both(None),
    }
}

/// Differences counted by column, with an example each.
#[derive(Default)]
struct Differences {
    compared: usize,
    columns: BTreeMap<String, (usize, String)>,
}

impl Differences {
    fn check(&mut self, column: &str, row: &str, ours: Option<f64>, reference: Option<f64>) {
        self.compared += 1;
        let same = match (ours, reference) {
            (None, None) => true,
            (Some(a), Some(b)) => a == b || (a - b).abs() <= (1e-9 * a.abs().max(b.abs())).max(1e-12),
            _ => false,
        };
        if !same {
            let example = format!("{row}: ours {ours:?}, reference {reference:?}");
            self.columns.entry(column.to_owned()).or_insert((0, example)).0 += 1;
        }
    }

    fn check_e4(&mut self, column: &str, row: &str, ours: Option<i64>, reference: &str) {
        self.check(
            column,
            row,
            ours.map(|value| value as f64),
            reference.parse::<f64>().ok().map(|v| (v * 1e4).round()),
        );
    }
}

fn integer(value: Option<i64>) -> Option<f64> {
    value.map(|value| value as f64)
}

fn compare_blocks(scores: &Scores, rows: &[Value], found: &mut Differences) {
    for (block, row) in rows.iter().enumerate() {
        let id = row["geoid20"].as_str().unwrap();
        let mut check = |column: String, ours| found.check(&column, id, ours, row[&column].as_f64());
        for category in &scores.categories {
            check(format!("{}_low_stress", category.category), integer(category.low[block]));
            check(format!("{}_high_stress", category.category), integer(category.high[block]));
            check(format!("{}_score", category.category), category.score[block]);
        }
        for group in &scores.groups {
            check(format!("{}_score", group.group), group.score[block]);
        }
        check("overall_score".into(), scores.overall[block]);
        check("reachable_blocks".into(), integer(scores.reachable_blocks[block]));
    }
}

fn compare_sheds(scores: &Scores, golden: &Golden, found: &mut Differences) {
    for table in &scores.destinations {
        for (place, feature) in golden.features(&table.category).iter().enumerate() {
            let row = &feature["properties"];
            let mut check = |column: &str, ours| {
                found.check(
                    &format!("{} {column}", table.category),
                    &row["id"].to_string(),
                    ours,
                    row[column].as_f64(),
                );
            };
            check("pop_low_stress", integer(table.pop_low[place]));
            check("pop_high_stress", integer(table.pop_high[place]));
            check("pop_score", table.pop_score[place]);
        }
    }
}

fn compare_tables(scores: &Scores, golden: &Golden, found: &mut Differences) {
    let rows = golden.csv("neighborhood_score_inputs.csv");
    assert_eq!(rows.len(), scores.inputs.len());
    let by_id: HashMap<&str, _> = rows.iter().map(|row| (row["id"].as_str(), row)).collect();
    for (index, ours) in scores.inputs.iter().enumerate() {
        let row = by_id[(index + 1).to_string().as_str()];
        if (&row["category"], &row["score_name"]) != (&ours.category, &ours.name) {
            found
                .columns
                .insert(format!("name of input {}", index + 1), (1, format!("{} is {}", ours.name, row["score_name"])));
        }
        let flags: Vec<_> = row.iter().filter(|(column, value)| column.starts_with("use_") && *value == "t").collect();
        assert_eq!(flags.iter().map(|(column, _)| column.as_str()).next(), ours.flag.as_deref());
        found.check_e4("score input", &row["id"], ours.score_e4, &row["score"]);
    }
    let rows = golden.csv("neighborhood_overall_scores.csv");
    assert_eq!(rows.len(), scores.totals.len());
    let by_id: HashMap<&str, _> = rows.iter().map(|row| (row["id"].as_str(), row)).collect();
    for (index, ours) in scores.totals.iter().enumerate() {
        let row = by_id[(index + 1).to_string().as_str()];
        assert_eq!(row["score_id"], ours.id);
        found.check_e4("score_original", &ours.id, ours.original_e4, &row["score_original"]);
        found.check_e4("score_normalized", &ours.id, ours.normalized_e4, &row["score_normalized"]);
    }
    let rows = golden.csv("mileage.csv");
    assert_eq!(rows.len(), scores.mileage.len());
    for (name, miles) in &scores.mileage {
        let row = rows.iter().find(|row| row["feature_type"] == **name).unwrap();
        found.check("mileage", name, Some(*miles), row["total_mileage"].parse().ok());
    }
}

/// Points that the reference assigned to blocks: ours must be among them, and the same where there is no polygon.
fn compare_assignment(golden: &Golden, suite: &Suite, blocks: Blocks, region: &Region, theirs: &[Places]) -> usize {
    let mut destinations = Vec::new();
    for category in suite.categories.iter().filter(|category| category.has_destinations()) {
        let place = |feature: &Value| {
            let c = coords(&Value::Array(vec![feature["geometry"]["coordinates"].clone()]));
            let osm_id = feature["properties"]["osm_id"].as_i64();
            let point_m = Point::from(golden.project(&c)[0]);
            Place { osm_id, name: None, point_m, point: Point::from(c[0]), polygon_m: None }
        };
        let places = golden.features(&category.id).iter().map(place).collect();
        destinations.push(DestinationTable { category: category.id.clone(), places });
    }
    let city = City {
        streets: Streets::default(),
        blocks,
        destinations,
        speeds: SpeedLimits::default(),
        unit: Unit::default(),
        osm_report: crate::import::osm::ReadReport::default(),
        extract: None,
        features: None,
    };
    let mut points = 0;
    for (ours, theirs) in assign::places(&city, suite, region).iter().zip(theirs) {
        let retail = ours.category == "retail";
        for (ours, theirs) in ours.blocks.iter().zip(&theirs.blocks) {
            assert!(ours.iter().all(|block| theirs.contains(block)) || retail, "{ours:?} of {theirs:?}");
            points += usize::from(!ours.is_empty() && ours == theirs);
        }
    }
    points
}

fn check(name: &str) {
    let Some(golden) = Golden::open(name) else { return };
    let suite = Suite::bna();
    let (blocks, rows) = blocks(&golden);
    let index: HashMap<String, BlockId> =
        blocks.id.iter().enumerate().map(|(position, id)| (id.to_string(), BlockId::from(position))).collect();
    let boundary = boundary(&golden);
    let region = Region::new(&boundary);
    let reach = reach(&golden, &index);
    let (segments, ratings) = streets(&golden);
    let inside = mileage::lengths_inside(&segments, &region);
    let miles = mileage::by_stress(&inside, &ratings);
    let mut scores = score_places(&blocks, &reach, places(&golden, &suite, &index, &region), &suite, miles);
    scores.mileage = mileage::by_feature(&segments, &inside, Edition::Reference);
    let mut found = Differences::default();
    compare_blocks(&scores, &rows, &mut found);
    compare_sheds(&scores, &golden, &mut found);
    compare_tables(&scores, &golden, &mut found);
    let assigned = compare_assignment(&golden, &suite, blocks, &region, &places(&golden, &suite, &index, &region));
    println!(
        "{name}: {} values compared, {} columns differ; {assigned} points assigned alike",
        found.compared,
        found.columns.len()
    );
    assert!(found.columns.is_empty(), "{name}: {:#?}", found.columns);
}

#[test]
fn beatty_scores_are_the_reference_s() {
    check("beatty");
}

#[test]
fn baltimore_scores_are_the_reference_s() {
    check("baltimore-se");
}

#[test]
fn helsinki_scores_are_the_reference_s() {
    check("helsinki-kamppi");
}

#[test]
fn liechtenstein_scores_are_the_reference_s() {
    check("liechtenstein-south");
}
