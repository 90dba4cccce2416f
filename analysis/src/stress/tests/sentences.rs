use super::{HOME, ISLAND, RRFB, leaving};
use crate::model::{Direction, Unit};
use crate::network::fixture::Pairs;
use crate::stress::{Reason, SpeedSource, explain};
use crate::suite::Suite;

#[test]
fn sentences_of_riding_along() {
    let rows: &[(Pairs, &str)] = &[
        (
            &[("highway", "primary")],
            "primary, no bicycle lane, 40 mph assumed, 2 lanes assumed: shared with fast traffic",
        ),
        (
            &[
                ("highway", "secondary_link"),
                ("cycleway", "lane"),
                ("lanes", "2"),
                ("maxspeed", "20 mph"),
                ("cycleway:width", "6 ft"),
            ],
            "secondary link, bicycle lane 6.0 ft wide, 20 mph, 1 lane: calm enough",
        ),
        (
            &[("highway", "tertiary"), ("cycleway", "buffered_lane"), ("maxspeed", "35 mph")],
            "tertiary, buffered bicycle lane, 35 mph, 1 lane assumed: traffic too fast",
        ),
        (
            &[("highway", "tertiary"), ("cycleway", "lane"), ("maxspeed", "20 mph"), ("lanes", "4")],
            "tertiary, bicycle lane, 20 mph, 2 lanes: too many lanes, or too narrow",
        ),
        (
            &[("highway", "tertiary"), ("cycleway", "shared_lane"), ("maxspeed", "15 mph"), ("lanes", "4")],
            "tertiary, sharrow, 15 mph, 2 lanes: shared with several lanes of traffic",
        ),
        (&[("highway", "primary"), ("cycleway", "track")], "primary, protected bicycle lane: apart from traffic"),
        (
            &[("highway", "residential"), ("maxspeed", "30 mph")],
            "residential counted as tertiary, no bicycle lane, 30 mph, 1 lane assumed: shared with fast traffic",
        ),
        (&[("highway", "residential")], "residential, 25 mph (default of the state): calm"),
        (&[("highway", "residential"), ("maxspeed", "28 mph")], "residential, 28 mph: too fast"),
        (&[("highway", "unclassified")], "unclassified, 25 mph assumed: calm"),
        (&[("highway", "living_street")], "living street: calm"),
        (&[("highway", "living_street"), ("bicycle", "no")], "living street closed to bicycles"),
        (&[("highway", "cycleway")], "path: away from traffic"),
        (&[("highway", "trunk_link")], "trunk link: no place for bicycles"),
        (&[("highway", "residential"), ("oneway", "-1")], "one-way street: riding this way is not allowed"),
    ];
    for (pairs, sentence) in rows {
        let (net, ratings, own) = leaving(pairs, HOME, &[]);
        let reason = ratings.segment[own.index()].ft.reason;
        assert_eq!(explain(reason, own, Direction::Ft, &net, &Suite::bna(), Unit::Miles), *sentence);
    }
    let (net, _, own) = leaving(HOME, HOME, &[]);
    let say = |speed| explain(Reason::Local { speed }, own, Direction::Ft, &net, &Suite::bna(), Unit::Miles);
    assert_eq!(say(Some((25, SpeedSource::Assumed))), "residential, 25 mph assumed: calm");
    assert_eq!(say(Some((35, SpeedSource::City))), "residential, 35 mph (default of the city): too fast");
    let law = "residential, 31 mph (legal default in towns of the country): too fast";
    assert_eq!(say(Some((31, SpeedSource::Country))), law);
    let abroad = explain(
        Reason::Local { speed: Some((31, SpeedSource::Country)) },
        own,
        Direction::Ft,
        &net,
        &Suite::bna(),
        Unit::Kilometres,
    );
    assert_eq!(abroad, law.replace("31 mph", "50 km/h"));
    assert_eq!(say(None), "residential, speed limit unknown: counted as stressful");
}

#[test]
fn sentences_of_crossing() {
    let main: Pairs = &[("highway", "secondary"), ("name", "Main Street"), ("maxspeed", "35 mph"), ("lanes", "4")];
    let calm: Pairs = &[("highway", "secondary"), ("name", "Main Street"), ("maxspeed", "20 mph")];
    let one_way: Pairs = &[("highway", "primary"), ("oneway", "yes")];
    let facts = "crosses Main Street (secondary, 35 mph, 4 lanes)";
    let rows: &[(Pairs, Pairs, &[Pairs], &str)] = &[
        (HOME, main, &[], &format!("{facts} without signal, all-way stop or island")),
        (HOME, main, &[ISLAND], &format!("{facts} without signal or all-way stop, in spite of an island")),
        (
            HOME,
            main,
            &[RRFB],
            &format!("{facts} without signal, all-way stop or island, in spite of a flashing beacon"),
        ),
        (HOME, main, &[&[("highway", "traffic_signals")]], &format!("{facts} with a traffic signal")),
        (HOME, main, &[&[("highway", "stop"), ("stop", "all")]], &format!("{facts} with an all-way stop")),
        (HOME, calm, &[], "crosses Main Street (secondary, 20 mph, 4 lanes assumed): calm enough to cross"),
        (
            HOME,
            one_way,
            &[],
            "crosses an unnamed street (primary, 40 mph assumed, 2 lanes assumed) without signal or all-way stop",
        ),
        (HOME, &[("highway", "trunk"), ("name", "A 1")], &[], "crosses A 1 (trunk) without signal or all-way stop"),
        (HOME, HOME, &[], "no busy street to cross"),
        (main, main, &[], "secondary: crossings are rated from smaller streets only"),
        (&[("highway", "primary_link")], main, &[], "primary link: crossings are not rated from link roads"),
    ];
    for (own, other, controls, sentence) in rows {
        let (net, ratings, own) = leaving(own, other, controls);
        let reason = ratings.crossing[own.index()].ft.reason;
        assert_eq!(explain(reason, own, Direction::Ft, &net, &Suite::bna(), Unit::Miles), *sentence);
    }
}
