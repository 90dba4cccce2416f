use super::ROAD;
use crate::import::StreetWay;
use crate::import::osm::Tags;
use crate::model::Direction;
use crate::network::BikeInfra::{BufferedLane, Lane, Sharrow, Track};
use crate::network::fixture::{Pairs, tags};
use crate::network::{Attributes, BikeInfra, FunctionalClass, attributes};
use crate::suite::Suite;

/// Attributes of a residential street with more tags.
fn read(pairs: Pairs) -> Attributes {
    let with_highway = [ROAD, pairs].concat();
    attributes_of(tags(&with_highway)).unwrap()
}

fn attributes_of(tags: Tags) -> Option<Attributes> {
    let way = StreetWay { way_id: 1, file_position: 0, tag_id: 110, nodes: vec![], tags, has_line_row: true };
    attributes::read(&way, &Suite::bna().network).map(|facts| facts.attributes)
}

#[test]
fn classes() {
    use FunctionalClass::*;
    let path = Some((Path, false));
    let crossing = Some((Path, true));
    let street = |class| Some((class, false));
    let rows: &[(Pairs, Option<(FunctionalClass, bool)>)] = &[
        (&[("highway", "motorway_link")], street(MotorwayLink)),
        (&[("highway", "living_street")], street(LivingStreet)),
        (&[("highway", "road")], None),
        (&[("highway", "motorway_junction")], None),
        (&[], None),
        (&[("highway", "residential"), ("access", "no")], None),
        (&[("highway", "residential"), ("access", "private"), ("bicycle", "yes")], None),
        (&[("highway", "residential"), ("access", "no"), ("bicycle", "permissive")], street(Residential)),
        (&[("highway", "residential"), ("access", "destination")], street(Residential)),
        (&[("highway", "track")], None),
        (&[("highway", "track"), ("tracktype", "grade1")], street(Track)),
        (&[("highway", "cycleway"), ("golf", "path")], path),
        (&[("highway", "path"), ("golf", "cartpath")], street(Unclassified)),
        (&[("highway", "path"), ("golf_cart", "designated")], street(Unclassified)),
        (&[("highway", "path"), ("golf_cart", "no")], path),
        (&[("highway", "footway")], None),
        (&[("highway", "footway"), ("footway", "crossing")], crossing),
        (&[("highway", "footway"), ("footway", "traffic_island")], crossing),
        (&[("highway", "footway"), ("footway", "sidewalk")], None),
        (&[("highway", "footway"), ("bicycle", "designated")], path),
        (&[("highway", "footway"), ("bicycle", "yes")], None),
        (&[("highway", "footway"), ("bicycle", "yes"), ("width", "7.4 ft")], None),
        (&[("highway", "footway"), ("bicycle", "yes"), ("width", "7.5 ft")], path),
        (&[("highway", "service")], None),
        (&[("highway", "service"), ("bicycle", "yes")], street(Unclassified)),
        (&[("highway", "pedestrian"), ("bicycle", "no")], None),
        (&[("highway", "pedestrian"), ("bicycle", "yes")], street(LivingStreet)),
    ];
    for (pairs, expected) in rows {
        let found = attributes_of(tags(pairs)).map(|street| (street.tagged_class, street.xwalk));
        assert_eq!(&found, expected, "{pairs:?}");
    }
}

#[test]
fn tags_of_a_way_without_line_row_are_not_read() {
    let way =
        StreetWay { way_id: 1, file_position: 0, tag_id: 110, nodes: vec![], tags: tags(ROAD), has_line_row: false };
    assert!(attributes::read(&way, &Suite::bna().network).is_none());
}

#[test]
fn one_way_for_cars_and_bicycles() {
    use Direction::{Ft, Tf};
    let rows: &[(Pairs, Option<Direction>, Option<Direction>)] = &[
        (&[], None, None),
        (&[("oneway", "yes")], Some(Ft), Some(Ft)),
        (&[("oneway", "1")], Some(Ft), Some(Ft)),
        (&[("oneway", " yes ")], Some(Ft), Some(Ft)),
        (&[("oneway", "true")], None, None),
        (&[("oneway", "-1")], Some(Tf), Some(Tf)),
        (&[("junction", "roundabout")], None, None),
        (&[("oneway", "yes"), ("oneway:bicycle", "no")], Some(Ft), None),
        (&[("oneway", "-1"), ("oneway:bicycle", "no")], Some(Tf), None),
        (&[("oneway", "yes"), ("cycleway", "opposite_lane")], Some(Ft), None),
        (&[REVERSED, ("cycleway", "opposite_lane")], Some(Tf), None),
        (&[("oneway", "yes"), ("cycleway", "lane")], Some(Ft), Some(Ft)),
    ];
    for (pairs, cars, bicycles) in rows {
        let street = read(pairs);
        assert_eq!((street.one_way_car, street.one_way), (*cars, *bicycles), "{pairs:?}");
    }
}

/// The exported text, as osm2pgrouting 2.3.8 writes it: the first tag that says something wins.
#[test]
fn one_way_as_text() {
    let rows: &[(Pairs, &str)] = &[
        (&[], "UNKNOWN"),
        (&[("oneway", "1")], "YES"),
        (&[("oneway", "true")], "YES"),
        (&[("oneway", "0")], "NO"),
        (&[("oneway", "-1")], "REVERSED"),
        (&[("oneway", "reversible")], "REVERSIBLE"),
        (&[("oneway", "sometimes")], "UNKNOWN"),
        (&[("oneway", "sometimes"), ("junction", "roundabout")], "YES"),
        (&[("oneway", "no"), ("junction", "roundabout")], "NO"),
        (&[("junction", "roundabout"), ("oneway", "no")], "YES"),
    ];
    for (pairs, text) in rows {
        let tags = tags(&[ROAD, pairs].concat());
        let way = StreetWay { way_id: 1, file_position: 0, tag_id: 110, nodes: vec![], tags, has_line_row: true };
        assert_eq!(attributes::read(&way, &Suite::bna().network).unwrap().oneway, *text, "{pairs:?}");
    }
}

#[test]
fn lanes() {
    let rows: &[(Pairs, [Option<i32>; 4])] = &[
        (&[], [None; 4]),
        (&[("lanes", "3")], [Some(2); 4]),
        (&[("lanes", "4"), ("oneway", "no")], [Some(2); 4]),
        (&[("lanes", "3"), ("oneway", "reversible")], [None; 4]),
        (&[("lanes", "3"), ("oneway", "1")], [Some(3), None, Some(3), None]),
        (&[("lanes", "3"), ("oneway", " yes")], [None; 4]),
        (&[("lanes", "2"), ("oneway", "-1")], [None, Some(2), None, Some(2)]),
        (&[("lanes", "4"), ("lanes:forward", "3")], [Some(3), Some(2), Some(3), Some(2)]),
        (&[("lanes", "4"), ("lanes:backward", "x")], [Some(2), None, Some(2), None]),
        (&[("turn:lanes:forward", "left|through|right")], [Some(3), None, Some(2), None]),
        (&[("turn:lanes:backward", "right"), ("lanes:backward", "2")], [None, Some(1), None, None]),
        (&[("turn:lanes", "left||through;right"), ("oneway", "yes")], [Some(3), None, Some(3), None]),
        (&[("turn:lanes", "left|right"), ("oneway", "-1"), ("lanes", "7")], [None, Some(2), None, Some(1)]),
        (&[("turn:lanes", "left|right"), ("lanes", "2")], [Some(1); 4]),
        (&[("turn:lanes:forward", ""), ("lanes", "1")], [Some(1); 4]),
        (&[("lanes", "99999999999")], [None; 4]),
        (&[("lanes", "2147483647")], [Some(1_073_741_824); 4]),
    ];
    for (pairs, expected) in rows {
        let street = read(pairs);
        let found = [street.lanes.ft, street.lanes.tf, street.cross_lanes.ft, street.cross_lanes.tf];
        assert_eq!(&found, expected, "{pairs:?}");
    }
    assert!(read(&[("lanes:both_ways", "1")]).turn_lane);
    assert!(read(&[("turn:lanes:both_ways", "left")]).turn_lane);
    assert!(!read(&[("lanes", "3")]).turn_lane);
}

#[test]
fn parking() {
    let rows: &[(Pairs, Option<bool>, Option<bool>)] = &[
        (&[("parking:lane:both", "parallel")], None, None),
        (&[("parking:lane:right", "paralell"), ("parking:lane:left", "no_stopping")], Some(true), Some(false)),
        (&[("parking:right", "lane"), ("parking:left", "no")], Some(true), Some(false)),
        (&[("parking:lane:right", "marked"), ("parking:right", "lane")], Some(true), None),
        (&[("parking:right:restriction", "no_parking"), ("parking:left", "street_side")], Some(false), None),
        (&[("parking:right", "lane"), ("parking:right:restriction", "no_parking")], Some(true), None),
    ];
    for (pairs, right, left) in rows {
        let street = read(pairs);
        assert_eq!((street.parking.ft, street.parking.tf), (*right, *left), "{pairs:?}");
    }
}

type InfraRow<'a> = (Pairs<'a>, Option<BikeInfra>, Option<BikeInfra>);

fn check_infra(rows: &[InfraRow]) {
    for (pairs, ft, tf) in rows {
        let street = read(pairs);
        assert_eq!((street.bike_infra.ft, street.bike_infra.tf), (*ft, *tf), "{pairs:?}");
    }
}

const OPPOSITE: (&str, &str) = ("cycleway", "opposite_lane");
const REVERSED: (&str, &str) = ("oneway", "-1");

#[test]
fn infrastructure_of_both_columns() {
    check_infra(&[
        (&[("cycleway:both", "shared_lane")], Some(Sharrow), Some(Sharrow)),
        (&[("cycleway:both", "buffered_lane"), ("oneway", "yes")], Some(BufferedLane), Some(BufferedLane)),
        (&[("cycleway:both", "lane"), ("cycleway:buffer", "left")], Some(BufferedLane), Some(BufferedLane)),
        (&[("cycleway:both", "lane"), ("cycleway:both:buffer", "both")], Some(BufferedLane), Some(BufferedLane)),
        (&[("cycleway:both", "lane"), ("cycleway:both:buffer", "no")], Some(Lane), Some(Lane)),
        (&[("cycleway:both", "track")], Some(Track), Some(Track)),
        (&[("cycleway:right", "track"), ("oneway:bicycle", "no")], Some(Track), Some(Track)),
        (&[("cycleway:left", "track"), ("cycleway:left:oneway", "no")], Some(Track), Some(Track)),
        (&[("cycleway", "track"), ("oneway:bicycle", "no"), ("oneway", "-1")], Some(Track), Some(Track)),
    ]);
}

#[test]
fn infrastructure_where_cars_go_both_ways() {
    check_infra(&[
        (&[("cycleway", "lane")], Some(Lane), Some(Lane)),
        (&[("cycleway", "lane"), ("cycleway:buffer", "yes")], Some(BufferedLane), Some(BufferedLane)),
        (&[("cycleway:right", "lane"), ("cycleway:left", "track")], Some(Lane), Some(Track)),
        (&[("cycleway:right", "lane"), ("cycleway:right:buffer", "yes")], Some(BufferedLane), None),
        (&[("cycleway:left", "lane"), ("cycleway:buffer", "yes")], None, Some(BufferedLane)),
        (&[("cycleway:left", "buffered_lane"), ("cycleway:left:oneway", "-1")], None, Some(BufferedLane)),
        (&[("cycleway:left", "shared_lane"), ("cycleway", "shared_lane")], Some(Sharrow), Some(Sharrow)),
        (&[("cycleway", "opposite_lane")], None, None),
        (&[("cycleway", "no")], None, None),
    ]);
}

#[test]
fn infrastructure_of_one_way_streets() {
    check_infra(&[
        (&[("oneway", "yes"), ("cycleway:left", "shared_lane"), ("cycleway:right", "track")], Some(Sharrow), None),
        (&[("oneway", "yes"), ("cycleway:left", "lane"), ("cycleway:buffer", "yes")], Some(BufferedLane), None),
        (&[("oneway", "yes"), ("cycleway:left", "lane"), ("cycleway:left:oneway", "-1")], None, Some(Lane)),
        (&[("oneway", "yes"), ("cycleway:right", "buffered_lane"), ("cycleway:right:oneway", "-1")], None, None),
        (
            &[("oneway", "yes"), ("cycleway", "lane"), ("cycleway:right:oneway", "-1"), ("cycleway:buffer", "yes")],
            Some(BufferedLane),
            None,
        ),
        (&[("oneway", "yes"), OPPOSITE, ("cycleway:buffer", "yes")], None, Some(BufferedLane)),
        (&[("oneway", "yes"), OPPOSITE], None, Some(Lane)),
        (&[("oneway", "yes"), ("cycleway", "opposite_track")], None, Some(Track)),
        (&[("oneway", "yes"), ("cycleway:left", "opposite_track")], None, None), // Q7
        (&[("oneway", "yes"), ("cycleway:left", "opposite_lane")], None, None),  // Q7
    ]);
}

/// Mirrored, but for the asymmetries of Q7.
#[test]
fn infrastructure_of_reversed_one_way_streets() {
    check_infra(&[
        (&[REVERSED, ("cycleway:right", "shared_lane"), ("cycleway:left", "track")], None, Some(Sharrow)),
        (&[REVERSED, ("cycleway:right", "lane"), ("cycleway:right:buffer", "right")], None, Some(BufferedLane)),
        (&[REVERSED, ("cycleway:right", "track"), ("cycleway:right:oneway", "-1")], Some(Track), None),
        (&[REVERSED, ("cycleway:left", "lane"), ("cycleway:left:buffer", "yes")], None, Some(BufferedLane)),
        (&[REVERSED, ("cycleway:left", "buffered_lane"), ("cycleway:left:oneway", "-1")], None, Some(BufferedLane)),
        (
            &[REVERSED, ("cycleway", "lane"), ("cycleway:left:oneway", "-1"), ("cycleway:buffer", "yes")],
            None,
            Some(Lane),
        ),
        (
            &[
                ("oneway", "-1"),
                ("cycleway:left", "lane"),
                ("cycleway:left:oneway", "-1"),
                ("cycleway:left:buffer", "both"),
            ],
            Some(Lane),
            None,
        ),
        (
            &[
                ("oneway", "-1"),
                ("cycleway:left", "lane"),
                ("cycleway:left:oneway", "-1"),
                ("cycleway:left:buffer", "yes"),
            ],
            Some(BufferedLane),
            None,
        ),
        (&[REVERSED, ("cycleway:right", "opposite_lane"), ("cycleway:right:buffer", "yes")], Some(BufferedLane), None),
        (&[REVERSED, ("cycleway:right", "opposite_track")], Some(Track), None),
        (&[REVERSED, ("cycleway:left", "opposite_track")], Some(Track), None),
    ]);
}

#[test]
fn width_of_bicycle_infrastructure() {
    const LANE: (&str, &str) = ("cycleway", "lane");
    let rows: &[(Pairs, Option<f64>, Option<f64>)] = &[
        (&[LANE], None, None),
        (&[("cycleway:width", "5 ft")], None, None), // no infrastructure
        (&[LANE, ("cycleway:width", "5 ft")], Some(5.0), Some(5.0)),
        (&[LANE, ("cycleway:width", "2 m")], Some(6.56168), Some(6.56168)),
        (&[LANE, ("cycleway:width", "1.5")], Some(4.92126), Some(4.92126)),
        (&[LANE, ("cycleway:right:width", "2"), ("cycleway:left:width", "6 ft")], Some(6.56168), Some(6.0)),
        // feet anywhere beat metres nearer by
        (&[LANE, ("cycleway:right:width", "2 m"), ("cycleway:both:width", "4 ft")], Some(4.0), Some(4.0)),
        (&[LANE, ("cycleway:right:width", "wide ft"), ("cycleway:width", "4 ft")], None, Some(4.0)),
        (&[LANE, ("oneway", "yes"), ("cycleway:left:width", "6 ft")], Some(6.0), None),
        (&[LANE, REVERSED, ("cycleway:right:width", "6 ft")], None, Some(6.0)),
        (&[LANE, ("cycleway:left:width", "6 ft")], None, Some(6.0)),
    ];
    for (pairs, ft, tf) in rows {
        let street = read(pairs);
        let found = street.bike_infra_width_ft;
        assert_eq!((found.ft, found.tf), (*ft, *tf), "{pairs:?}");
    }
}

#[test]
fn busy_local_streets_count_as_tertiary() {
    let rows: &[(Pairs, bool)] = &[
        (&[], false),
        (&[("maxspeed", "25 mph")], false),
        (&[("maxspeed", "30 mph")], true),
        (&[("lanes", "2")], false),
        (&[("lanes", "3")], true),
        (&[("cycleway", "lane")], true),
        (&[("cycleway:right", "lane")], false),
        (&[("cycleway", "shared_lane")], false),
        (&[("cycleway:right", "track"), ("cycleway:left", "buffered_lane")], true),
    ];
    for (pairs, busy) in rows {
        let street = read(pairs);
        assert_eq!(street.class == FunctionalClass::Tertiary, *busy, "{pairs:?}");
        assert_eq!(street.tagged_class, FunctionalClass::Residential);
    }
    let living = attributes_of(tags(&[("highway", "living_street"), ("maxspeed", "30 mph")])).unwrap();
    assert_eq!(living.class, FunctionalClass::LivingStreet);
}

proptest::proptest! {
    /// Whatever people write into tags, reading them ends well.
    #[test]
    fn any_value_can_be_read(value in "([0-9]{0,11}[.'\"| x]{0,2}(ft|m|mph|kmph)?){0,3}|\\PC{0,12}") {
        let keys = ["width", "maxspeed", "lanes", "lanes:forward", "turn:lanes:backward", "cycleway:width", "oneway", "access"];
        let mut pairs = vec![("highway", "residential"), ("cycleway", "lane")];
        pairs.extend(keys.map(|key| (key, value.as_str())));
        attributes_of(tags(&pairs));
    }
}
