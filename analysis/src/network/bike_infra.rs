//! Bicycle infrastructure of each direction, from fifteen tags (bna-method §3.8): rows are tried in order, the first that holds wins.

use super::BikeInfra::{self, BufferedLane, Lane, Sharrow, Track};
use super::tag_values::{FEET_PER_METRE, num};
use crate::import::osm::Tags;
use crate::model::Direction::{self, Ft, Tf};
use crate::model::PerDirection;

/// Which `cycleway` tag a test is about. Near: right of someone riding that way; far: left.
#[derive(Clone, Copy)]
enum Place {
    Plain,
    Both,
    Left,
    Right,
    Near,
    Far,
}
use Place::{Both, Far, Left, Near, Plain, Right};

/// One condition of a row.
enum Test {
    /// The tag has that value.
    Is(Place, &'static str),
    /// Its buffer is yes, both, right or left.
    Buffer(Place),
    /// Its buffer is yes.
    BufferYes(Place),
    /// Its `:oneway` is not -1 (L+, R+ of §3.8).
    Onward(Place),
    /// The same, but only asked for that direction's column (Q7).
    OnwardFor(Direction, Place),
    /// Its `:oneway` is -1 (L-, R-).
    Reversed(Place),
    /// Bicycles go both ways there.
    TwoWay(Place),
    /// Only for that direction's column (Q7).
    Column(Direction),
}
use Test::{Buffer, BufferYes, Column, Is, Onward, OnwardFor, Reversed, TwoWay};

type Row = (&'static [Test], BikeInfra);

/// Whatever the direction of cars.
const HEAD: [Row; 9] = [
    (&[Is(Both, "shared_lane")], Sharrow),
    (&[Is(Both, "buffered_lane")], BufferedLane),
    (&[Is(Both, "lane"), Buffer(Plain)], BufferedLane),
    (&[Is(Both, "lane"), Buffer(Both)], BufferedLane),
    (&[Is(Both, "lane")], Lane),
    (&[Is(Both, "track")], Track),
    (&[Is(Right, "track"), TwoWay(Right)], Track),
    (&[Is(Left, "track"), TwoWay(Left)], Track),
    (&[Is(Plain, "track"), TwoWay(Plain)], Track),
];

/// With the cars of a one-way street.
const WITH_ONE_WAY: [Row; 16] = [
    (&[Is(Far, "shared_lane")], Sharrow),
    (&[Is(Far, "lane"), Onward(Far), Buffer(Plain)], BufferedLane),
    (&[Is(Far, "lane"), Onward(Far), Buffer(Far)], BufferedLane),
    (&[Is(Far, "lane"), Onward(Far)], Lane),
    (&[Is(Far, "track"), Onward(Far)], Track),
    (&[Is(Plain, "shared_lane")], Sharrow),
    (&[Is(Near, "shared_lane")], Sharrow),
    (&[Is(Plain, "buffered_lane")], BufferedLane),
    (&[Is(Near, "buffered_lane"), OnwardFor(Ft, Near)], BufferedLane),
    (&[Is(Plain, "lane"), OnwardFor(Tf, Near), Buffer(Plain)], BufferedLane),
    (&[Is(Near, "lane"), Onward(Near), Buffer(Plain)], BufferedLane),
    (&[Is(Near, "lane"), Onward(Near), Buffer(Near)], BufferedLane),
    (&[Is(Plain, "lane")], Lane),
    (&[Is(Near, "lane"), Onward(Near)], Lane),
    (&[Is(Plain, "track")], Track),
    (&[Is(Near, "track"), Onward(Near)], Track),
];

/// Against the cars of a one-way street.
const AGAINST_ONE_WAY: [Row; 14] = [
    (&[Is(Plain, "opposite_lane"), Buffer(Plain)], BufferedLane),
    (&[Is(Right, "opposite_lane"), Buffer(Plain)], BufferedLane),
    (&[Is(Right, "opposite_lane"), Buffer(Right)], BufferedLane),
    (&[Reversed(Left), Is(Left, "track")], Track),
    (&[Reversed(Right), Is(Right, "track")], Track),
    (&[Reversed(Left), Is(Left, "lane"), BufferYes(Left)], BufferedLane),
    (&[Reversed(Right), Is(Right, "lane"), BufferYes(Right)], BufferedLane),
    (&[Reversed(Left), Is(Left, "lane")], Lane),
    (&[Reversed(Right), Is(Right, "lane")], Lane),
    (&[Is(Plain, "opposite_lane")], Lane),
    (&[Is(Right, "opposite_lane")], Lane),
    (&[Is(Plain, "opposite_track")], Track),
    (&[Column(Ft), Is(Left, "opposite_track")], Track),
    (&[Column(Ft), Is(Right, "opposite_track")], Track),
];

/// Where cars go both ways.
const TWO_WAY: [Row; 11] = [
    (&[Is(Plain, "shared_lane")], Sharrow),
    (&[Is(Near, "shared_lane")], Sharrow),
    (&[Is(Plain, "buffered_lane")], BufferedLane),
    (&[Is(Near, "buffered_lane")], BufferedLane),
    (&[Is(Plain, "lane"), Buffer(Plain)], BufferedLane),
    (&[Is(Near, "lane"), Buffer(Plain)], BufferedLane),
    (&[Is(Near, "lane"), Buffer(Near)], BufferedLane),
    (&[Is(Plain, "lane")], Lane),
    (&[Is(Near, "lane")], Lane),
    (&[Is(Plain, "track")], Track),
    (&[Is(Near, "track")], Track),
];

/// A `cycleway` tag with what belongs to it: value, buffer, oneway, width.
#[derive(Clone, Copy)]
struct Lanes<'a> {
    value: Option<&'a str>,
    buffer: Option<&'a str>,
    oneway: Option<&'a str>,
    width: Option<&'a str>,
}

/// The bicycle tags of a way.
pub(super) struct Cycleways<'a> {
    plain: Lanes<'a>,
    both: Lanes<'a>,
    left: Lanes<'a>,
    right: Lanes<'a>,
    oneway_bicycle: Option<&'a str>,
}

impl<'a> Cycleways<'a> {
    /// The tags of a way; none if it has none that matter.
    pub(super) fn of(tags: &'a Tags) -> Option<Self> {
        if !tags.0.iter().any(|(key, _)| key.starts_with("cycleway")) {
            return None;
        }
        let lanes = |[value, buffer, oneway, width]: [&str; 4]| Lanes {
            value: tags.get(value),
            buffer: tags.get(buffer),
            oneway: tags.get(oneway).filter(|_| !oneway.is_empty()),
            width: tags.get(width),
        };
        Some(Self {
            plain: lanes(["cycleway", "cycleway:buffer", "", "cycleway:width"]),
            both: lanes(["cycleway:both", "cycleway:both:buffer", "", "cycleway:both:width"]),
            left: lanes(["cycleway:left", "cycleway:left:buffer", "cycleway:left:oneway", "cycleway:left:width"]),
            right: lanes(["cycleway:right", "cycleway:right:buffer", "cycleway:right:oneway", "cycleway:right:width"]),
            oneway_bicycle: tags.get("oneway:bicycle"),
        })
    }

    fn at(&self, place: Place, column: Direction) -> &Lanes<'a> {
        match (place, column) {
            (Plain, _) => &self.plain,
            (Both, _) => &self.both,
            (Left, _) | (Near, Tf) | (Far, Ft) => &self.left,
            (Right, _) | (Near, Ft) | (Far, Tf) => &self.right,
        }
    }

    fn holds(&self, test: &Test, column: Direction) -> bool {
        let at = |place| self.at(place, column);
        match *test {
            Is(place, value) => at(place).value == Some(value),
            Buffer(place) => matches!(at(place).buffer, Some("yes" | "both" | "right" | "left")),
            BufferYes(place) => at(place).buffer == Some("yes"),
            Onward(place) => at(place).oneway != Some("-1"),
            OnwardFor(direction, place) => column != direction || at(place).oneway != Some("-1"),
            Reversed(place) => at(place).oneway == Some("-1"),
            TwoWay(place) => self.oneway_bicycle == Some("no") || at(place).oneway == Some("no"),
            Column(direction) => column == direction,
        }
    }

    /// `ft_bike_infra`, `tf_bike_infra`.
    pub(super) fn infra(&self, one_way_car: Option<Direction>) -> PerDirection<Option<BikeInfra>> {
        PerDirection::from_fn(|column| {
            let rows: &[Row] = match one_way_car {
                None => &TWO_WAY,
                Some(direction) if direction == column => &WITH_ONE_WAY,
                Some(_) => &AGAINST_ONE_WAY,
            };
            let mut rows = HEAD.iter().chain(rows);
            rows.find(|(tests, _)| tests.iter().all(|test| self.holds(test, column))).map(|&(_, infra)| infra)
        })
    }

    /// Width in feet of one direction's infrastructure: " ft" anywhere beats " m" anywhere beats no unit (metres).
    pub(super) fn width_ft(&self, column: Direction, one_way_car: Option<Direction>) -> Option<f64> {
        let far = (one_way_car == Some(column)).then(|| self.at(Far, column).width).flatten();
        let widths = [self.at(Near, column).width, far, self.both.width, self.plain.width];
        let ending = |unit| widths.into_iter().flatten().find(|width| width.ends_with(unit));
        match ending(" ft") {
            Some(feet) => num(feet),
            None => ending(" m").or_else(|| ending("")).and_then(num).map(|metres| FEET_PER_METRE * metres),
        }
    }
}
