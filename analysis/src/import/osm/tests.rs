//! Formats, oddities and errors of OSM input, from literals.

mod bytes;

use super::*;
use bytes::{Elements, blob, header};
use geo_types::polygon;
use std::io::Write;
use std::path::Path;

const KNOWN: [&str; 2] = ["OsmSchema-V0.6", "DenseNodes"];

/// The first degree.
fn here() -> MultiPolygon<f64> {
    polygon![(x: 0., y: 0.), (x: 1., y: 0.), (x: 1., y: 1.), (x: 0., y: 1.)].into()
}

/// A way from inside to outside, one outside; relations with members of all kinds; a parent.
const XML: &str = r#"<?xml version="1.0"?><osm version="0.6"><meta osm_base="1970-01-02T00:00:00Z"/>
    <node id="1" lat="0.5" lon="0.5"><tag k="name" v="A &amp; &#10;B"/></node> <node id="2" lat="0.5" lon="1.5"/>
    <node id="3" lat="0.5" lon="2.5"/><node id="9" visible="false"/>
    <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="77"/><tag k="highway" v="path"/></way>
    <way id="11"><nd ref="2"/><nd ref="3"/></way>
    <relation id="20"><member type="way" ref="10" role="outer"/><member type="way" ref="11" role=""/><member type="node" ref="2" role="x"/></relation>
    <relation id="21"><member type="node" ref="2" role=""/></relation>
    <relation id="22"><member type="relation" ref="20" role=""/><member type="relation" ref="21" role=""/></relation>
    </osm>"#;

fn pbf(blocks: &[Vec<u8>]) -> Vec<u8> {
    [header(&KNOWN, 86_400)].iter().chain(blocks).flatten().copied().collect()
}

/// The same elements, nodes in the last block.
fn same_as_xml() -> Vec<u8> {
    let relations = Elements::default()
        .relation(20, &[(1, 10, "outer"), (1, 11, ""), (0, 2, "x")], &[])
        .relation(21, &[(0, 2, "")], &[])
        .relation(22, &[(2, 20, ""), (2, 21, "")], &[]);
    let ways = Elements::default().way(10, &[1, 2, 77], &[("highway", "path")]).way(11, &[2, 3], &[]);
    let nodes = Elements::default().node(2, 15_000_000, 5_000_000).node(3, 25_000_000, 5_000_000);
    let one = Elements::default().single(1, 5_000_000, 5_000_000, &[("name", "A & \nB")]);
    pbf(&[relations.blob(), ways.blob(), nodes.blob(), one.blob()])
}

fn read_bytes(content: &[u8]) -> Result<OsmData, OsmError> {
    from_sources(&[Source::bytes("test", content)?], &here(), None)
}

/// Elements as text, without the report.
fn summary(data: &OsmData) -> String {
    format!("{:?} {:?} {:?} {:?} {:?}", data.node_id, data.node_lon_e7, data.node_tags, data.ways, data.relations)
}

#[test]
fn ways_are_whole_and_parents_come_along() {
    let data = from_xml(XML.as_bytes(), &here(), None).unwrap();
    assert_eq!((&*data.node_id, &*data.node_lon_e7), (&[1, 2][..], &[5_000_000, 15_000_000][..]));
    assert_eq!(data.node_tags, [(0, [("name", "A & \nB")].into_iter().collect())]);
    assert_eq!(data.ways.iter().map(|w| (w.id, w.nodes.clone())).collect::<Vec<_>>(), [(10, vec![0, 1])]);
    let members = |relation: &OsmRelation| relation.members.iter().map(|m| (m.kind, m.id)).collect::<Vec<_>>();
    let relations: Vec<_> = data.relations.iter().map(|r| (r.id, members(r))).collect();
    let outer = vec![(MemberKind::Way, 10), (MemberKind::Node, 2)];
    assert_eq!(relations, [(20, outer), (22, vec![(MemberKind::Relation, 20)])], "21 has no node inside");
    let report = ReadReport { read: [3, 2, 3], missing_nodes: 1, timestamp: Some(86_400), ..ReadReport::default() };
    assert_eq!(data.report, report);
}

#[test]
fn all_formats_give_the_same_in_any_order_of_the_blocks() {
    let expected = summary(&from_xml(XML.as_bytes(), &here(), None).unwrap());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(XML.as_bytes()).unwrap();
    let mut bzip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip.write_all(XML.as_bytes()).unwrap();
    for content in [same_as_xml(), gzip.finish().unwrap(), bzip.finish().unwrap()] {
        let data = read_bytes(&content).unwrap();
        assert_eq!(summary(&data), expected);
        assert_eq!((data.report.read, data.report.timestamp), ([3, 2, 3], Some(86_400)));
    }
}

#[test]
fn the_last_of_equal_ids_counts_across_files() {
    let first = pbf(&[Elements::default()
        .node(1, 5_000_000, 5_000_000)
        .node(2, 6_000_000, 5_000_000)
        .way(10, &[1, 2], &[("name", "old")])
        .way(11, &[1, 2], &[])
        .blob()]);
    let second = pbf(&[Elements::default()
        .node(1, 7_000_000, 5_000_000)
        .node(2, 90_000_000, 5_000_000)
        .way(10, &[2, 1], &[("name", "new")])
        .way(11, &[2, 3], &[])
        .blob()]);
    let sources = [Source::bytes("a", &first).unwrap(), Source::bytes("b", &second).unwrap()];
    let data = from_sources(&sources, &here(), None).unwrap();
    assert_eq!((&*data.node_id, &*data.node_lon_e7), (&[1, 2][..], &[7_000_000, 90_000_000][..]));
    assert_eq!(data.ways.len(), 1, "the last version of 11 has no node inside");
    assert_eq!((data.ways[0].nodes.as_slice(), data.ways[0].tags.get("name")), (&[1, 0][..], Some("new")));
    assert_eq!(data.report.duplicate_ids, 4);
}

#[test]
fn negative_ids_are_counted_and_kept() {
    let nodes = Elements::default().node(-2, 5_000_000, 5_000_000).node(-1, 6_000_000, 5_000_000);
    let data = read_bytes(&pbf(&[nodes.way(-7, &[-1, -2], &[]).blob()])).unwrap();
    assert_eq!((&*data.node_id, &*data.ways[0].nodes), (&[-2, -1][..], &[1, 0][..]));
    assert_eq!((data.report.negative_ids, data.report.missing_nodes), (3, 0));
}

#[test]
fn a_multipolygon_whose_rings_do_not_close_is_broken() {
    let elements = Elements::default()
        .node(1, 1, 1)
        .node(2, 2, 2)
        .node(3, 3, 1)
        .way(10, &[1, 2, 3], &[])
        .way(11, &[3, 1], &[])
        .relation(20, &[(1, 10, ""), (1, 11, "")], &[("type", "multipolygon")])
        .relation(21, &[(1, 10, "")], &[("type", "multipolygon")])
        .relation(22, &[(1, 10, ""), (1, 99, "")], &[("type", "multipolygon")]);
    assert_eq!(read_bytes(&pbf(&[elements.blob()])).unwrap().report.broken_relations, 1, "22 is only incomplete");
}

#[test]
fn the_second_clip_drops_nodes_out_of_ways() {
    let clip =
        |west: i32, east: i32| ClipBox { min_lon_e7: west, min_lat_e7: 0, max_lon_e7: east, max_lat_e7: i32::MAX };
    let data = from_xml(XML.as_bytes(), &here(), Some(clip(5_000_000, 14_999_999))).unwrap();
    assert_eq!((data.node_id.as_slice(), data.ways[0].nodes.as_slice()), (&[1][..], &[0][..]));
    assert_eq!(data.relations.iter().map(|r| (r.id, r.members.len())).collect::<Vec<_>>(), [(20, 1), (22, 1)]);
    let data = from_xml(XML.as_bytes(), &here(), Some(clip(5_000_001, 15_000_000))).unwrap();
    assert_eq!((data.node_id.as_slice(), data.ways[0].nodes.as_slice()), (&[2][..], &[0][..]));
    let nothing = from_xml(XML.as_bytes(), &here(), Some(clip(1, 2)));
    assert!(matches!(nothing, Err(OsmError::Outside { nodes: 3, .. })));
}

#[test]
fn relations_that_lose_all_members_go_and_their_parents_too() {
    let text = XML
        .replace(r#"<member type="way" ref="10" role="outer"/>"#, "")
        .replace(r#"id="2" lat="0.5" lon="1.5""#, r#"id="2" lat="0.5" lon="0.9""#);
    let clip = ClipBox { min_lon_e7: 0, min_lat_e7: 0, max_lon_e7: 6_000_000, max_lat_e7: i32::MAX };
    assert_eq!(from_xml(text.as_bytes(), &here(), None).unwrap().relations.len(), 3);
    assert_eq!(from_xml(text.as_bytes(), &here(), Some(clip)).unwrap().relations.len(), 0);
}

#[test]
fn nodes_without_a_place_on_earth_are_missing() {
    let nodes =
        Elements::default().node(1, 5_000_000, 5_000_000).node(2, 5_000_000, 900_000_001).node(3, i64::MAX / 200, 0);
    let data = read_bytes(&pbf(&[nodes.way(10, &[1, 2, 3], &[]).blob()])).unwrap();
    assert_eq!((data.node_id.as_slice(), data.report.missing_nodes), (&[1][..], 2));
}

#[test]
fn every_kind_of_bad_file_has_its_own_error() {
    let error = |content: &[u8]| read_bytes(content).unwrap_err().to_string();
    let unzipped = |text: &str| error(text.as_bytes());
    assert!(error(&[]).contains("test is empty"));
    assert!(error(&pbf(&[])).contains("is empty"));
    assert!(unzipped("<osm></osm>").contains("is empty") && unzipped("<osm/>").contains("is empty"));
    assert!(unzipped("hello").contains("neither PBF nor XML") && unzipped("  ").contains("no XML element"));
    assert!(error(&[0xff; 100]).contains("not an OpenStreetMap file"));
    assert!(unzipped("<kml><x/></kml>").contains("starts with <kml>"));
    assert!(unzipped("<osm><node id='1' lat='0.5' lon='0.5'/>").contains("cut off"));
    assert!(unzipped("<osm><node id='1' lat='0.5' l").contains("cut off"));
    assert!(unzipped("<osm><node id='1' lat='0.5' lon='0.5'></way></osm>").contains("damaged: at byte"));
    assert!(unzipped("<osm><node id='1' lat='50' lon='0.5'/></osm>").contains("none of the 1 nodes"));
    assert!(error(&pbf(&[blob("OSMData", b"nonsense")])).contains("damaged"));
    let history = [header(&["OsmSchema-V0.6", "HistoricalInformation"], 0), Elements::default().blob()].concat();
    assert!(error(&history).contains("not supported: HistoricalInformation"));
    let unknown_member = Elements::default().node(1, 5, 5).relation(2, &[(7, 1, "")], &[]);
    assert!(error(&pbf(&[unknown_member.blob()])).contains("makes no sense"));
}

#[test]
fn a_cut_pbf_is_reported_wherever_it_was_cut() {
    let whole = same_as_xml();
    let blocks = header(&KNOWN, 86_400).len();
    let starts_of_blocks = (0..whole.len()).filter(|length| read_bytes(&whole[..*length]).is_ok()).count();
    assert!(starts_of_blocks <= 1, "only a file without its last block is whole again");
    for length in blocks + 1..whole.len() {
        if let Err(error) = read_bytes(&whole[..length]) {
            let known = matches!(error, OsmError::Truncated { .. } | OsmError::Outside { .. } | OsmError::Empty { .. });
            assert!(known, "{length}: {error}");
        }
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let (whole, text) = (same_as_xml(), XML.as_bytes());
    for position in 0..whole.len() {
        for flip in [1u8, 0x80, 0xff] {
            let mut copy = whole.clone();
            copy[position] ^= flip;
            let _ = read_bytes(&copy);
        }
    }
    for position in 0..text.len() {
        let mut copy = text.to_vec();
        copy[position] ^= 0x11;
        let _ = read_bytes(&copy);
        let _ = read_bytes(&text[..position]);
    }
}

#[test]
fn files_that_cannot_be_read_name_themselves() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("missing.osm.pbf"), folder.path().to_owned()] {
        let error = read(std::slice::from_ref(&path), &here(), None).unwrap_err();
        assert!(matches!(&error, OsmError::Unreadable { file, .. } if *file == path.display().to_string()), "{error}");
    }
}

#[test]
fn real_files_of_all_kinds_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/osm");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: ../shared is not here");
        return;
    };
    let world = polygon![(x: -180., y: -90.), (x: 180., y: -90.), (x: 180., y: 90.), (x: -180., y: 90.)].into();
    let mut counts: Vec<(String, usize)> = Vec::new();
    for file in files {
        let path = file.unwrap().path();
        let data = read(std::slice::from_ref(&path), &world, None).unwrap();
        assert_eq!(data.node_id.len() as u64, data.report.read[0]);
        assert!(data.node_id.is_sorted() && data.ways.is_sorted_by_key(|w| w.id));
        counts.push((path.file_name().unwrap().to_string_lossy().into_owned(), data.ways.len()));
    }
    for known in [("r5-porto.osm.pbf", 51_458), ("r5-p2p.osm.pbf", 5_095), ("osmnx-west-oakland.osm.bz2", 778)] {
        assert!(counts.contains(&(known.0.to_owned(), known.1)), "{known:?}");
    }
}

/// The same elements, read, written and read again.
fn written_and_read(data: &OsmData, polygon: &MultiPolygon<f64>) -> OsmData {
    from_sources(&[Source::bytes("written", &write::pbf(data)).unwrap()], polygon, None).unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    let odd = "<osm version='0.6'><node id='-5' lat='0.5' lon='0.5'><tag k='' v='empty'/><tag k='x' v=''/><tag k='x' v='ü\u{1f6b2}'/></node>
        <node id='1' lat='-89.9999999' lon='180'/><node id='2' lat='0.1' lon='0.1234567'/>
        <way id='-3'><nd ref='2'/><nd ref='1'/><nd ref='2'/><nd ref='2'/></way><way id='9'><nd ref='2'/></way>
        <relation id='7'><member type='node' ref='-5' role='é'/><member type='way' ref='9' role=''/><member type='way' ref='9' role=''/></relation></osm>";
    for text in [XML, odd] {
        let data = from_xml(text.as_bytes(), &here(), None).unwrap();
        let again = written_and_read(&data, &here());
        assert_eq!(summary(&data), summary(&again));
        assert_eq!((data.node_lat_e7, data.report.timestamp), (again.node_lat_e7.clone(), again.report.timestamp));
        assert_eq!(write::pbf(&again), write::pbf(&again), "same data, same bytes");
    }
}

#[test]
fn a_block_too_large_for_readers_is_cut() {
    let value = "x".repeat(1 << 20);
    let tags: Vec<Tags> = (0..40).map(|n| [("note", format!("{n}{value}").as_str())].into_iter().collect()).collect();
    let ways: Vec<_> = (1..).zip(&tags).map(|(id, tags)| write::Way { id, refs: vec![1], tags }).collect();
    let node = write::nodes(&[write::Node { id: 1, lon_e7: 5, lat_e7: 5, tags: None }]);
    let file = [write::header(&write::Header::default()), node, write::ways(&ways)].concat();
    let data = read_bytes(&file).unwrap();
    assert_eq!(data.ways.iter().map(|way| &way.tags).collect::<Vec<_>>(), tags.iter().collect::<Vec<_>>());
}

#[test]
fn a_real_town_is_written_and_read_again() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/monaco/monaco.osm.pbf");
    let town: MultiPolygon<f64> = polygon![(x: 7.41, y: 43.72), (x: 7.44, y: 43.73), (x: 7.42, y: 43.75)].into();
    let data = read(&[path], &town, None).unwrap();
    assert!(data.node_id.len() > write::ELEMENTS_PER_BLOCK && !data.relations.is_empty());
    let again = written_and_read(&data, &town);
    assert_eq!(summary(&data), summary(&again));
    assert_eq!(write::pbf(&data), write::pbf(&again));
}
