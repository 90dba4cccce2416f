//! OSM XML, read as a stream.

use super::block::{RawNode, RawWay, XmlBlock, on_earth};
use super::{MemberKind, OsmError, OsmMember, OsmRelation, Tags};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::borrow::Cow;
use std::io::BufRead;

/// Elements a chunk.
const CHUNK: usize = 4_000;

type Text = Box<dyn BufRead + Send>;

fn fault(file: &str, error: quick_xml::Error, position: u64) -> OsmError {
    let file = file.to_owned();
    match error {
        quick_xml::Error::Io(cause) => OsmError::io(&file, std::io::Error::new(cause.kind(), cause.to_string())),
        quick_xml::Error::Syntax(cause) if is_cut(&cause) => OsmError::Truncated { file },
        other => OsmError::Corrupt { file, what: format!("at byte {position} of the XML: {other}") },
    }
}

/// Markup that was opened and never closed: the text ended.
fn is_cut(error: &quick_xml::errors::SyntaxError) -> bool {
    use quick_xml::errors::SyntaxError as E;
    !matches!(error, E::InvalidBangMarkup)
}

/// Checks that the root is `<osm>`; the time stamp that Overpass writes.
pub(super) fn header(text: Text, file: &str) -> Result<Option<i64>, OsmError> {
    let not_osm = |what: &str| OsmError::NotOsm { file: file.to_owned(), what: what.to_owned() };
    let mut reader = Reader::from_reader(text);
    let mut buffer = Vec::new();
    let mut in_root = false;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag) | Event::Empty(tag)) if in_root => {
                return Ok(if tag.name().0 == "meta" {
                    attribute(&tag, "osm_base").as_deref().and_then(seconds)
                } else {
                    None
                });
            }
            Ok(Event::Start(tag)) if tag.name().0 == "osm" => in_root = true,
            Ok(Event::Empty(tag)) if tag.name().0 == "osm" => return Ok(None),
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                return Err(not_osm(&format!("it is XML, but starts with <{}>", tag.name().0)));
            }
            Ok(Event::Text(text)) if !in_root && !text.trim().is_empty() => {
                return Err(not_osm("it is neither PBF nor XML"));
            }
            Ok(Event::End(_)) => return Ok(None),
            Ok(Event::Eof) if in_root => return Err(OsmError::Truncated { file: file.to_owned() }),
            Ok(Event::Eof) => return Err(not_osm("it holds no XML element")),
            Ok(_) => {}
            Err(error) if in_root || matches!(error, quick_xml::Error::Io(_)) => {
                return Err(fault(file, error, reader.error_position()));
            }
            Err(_) => return Err(not_osm("it is neither PBF nor well-formed XML")),
        }
    }
}

/// Seconds since 1970 of `2026-08-21T20:00:00Z`.
fn seconds(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let time = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days of the civil calendar, years that start in March.
    let year = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year;
    Some((days - 719_468) * 86_400 + time)
}

fn attribute<'a>(tag: &'a BytesStart<'_>, name: &str) -> Option<Cow<'a, str>> {
    let found = tag.attributes().with_checks(false).flatten().find(|a| a.key.0 == name)?;
    // An unknown entity: the text as it stands.
    Some(found.normalized_value(XmlVersion::Implicit1_0).unwrap_or(found.value))
}

fn integer(tag: &BytesStart<'_>, name: &str) -> Option<i64> {
    attribute(tag, name)?.trim().parse().ok()
}

/// Degrees as 1e-7 degrees, rounded as osmium rounds.
fn degrees(tag: &BytesStart<'_>, name: &str) -> Option<i64> {
    let value: f64 = attribute(tag, name)?.trim().parse().ok()?;
    value.is_finite().then(|| (value * 1e7).round() as i64)
}

/// Elements of the file, a few thousand at a time.
pub(super) struct XmlChunks<'a> {
    reader: Reader<Text>,
    buffer: Vec<u8>,
    file: &'a str,
    ended: bool,
    open: Option<Open>,
}

/// The element whose children are being read.
enum Open {
    Node(RawNode),
    Way(RawWay),
    Relation(OsmRelation),
    /// Deleted, or without an id or a place.
    Ignored,
}

impl<'a> XmlChunks<'a> {
    pub(super) fn new(text: Text, file: &'a str) -> Self {
        Self { reader: Reader::from_reader(text), buffer: Vec::new(), file, ended: false, open: None }
    }

    fn fill(&mut self, block: &mut XmlBlock) -> Result<(), OsmError> {
        while block.nodes.len() + block.ways.len() + block.relations.len() < CHUNK && !self.ended {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            match event.map_err(|e| fault(self.file, e, self.reader.error_position()))? {
                Event::Start(tag) => start(&tag, &mut self.open),
                Event::Empty(tag) if tag.name().0 == "osm" => self.ended = true,
                Event::Empty(tag) => {
                    let whole = opened(&tag);
                    if whole.is_none() {
                        child(&tag, &mut self.open);
                    }
                    close(whole, block);
                }
                Event::End(tag) => match tag.name().0 {
                    "node" | "way" | "relation" => close(self.open.take(), block),
                    "osm" => self.ended = true,
                    _ => {}
                },
                Event::Eof => return Err(OsmError::Truncated { file: self.file.to_owned() }),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Iterator for XmlChunks<'_> {
    type Item = Result<XmlBlock, OsmError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut block = XmlBlock::default();
        if let Err(error) = self.fill(&mut block) {
            self.ended = true;
            return Some(Err(error));
        }
        Some(Ok(block))
    }
}

fn start(tag: &BytesStart<'_>, open: &mut Option<Open>) {
    match opened(tag) {
        Some(element) => *open = Some(element),
        None => child(tag, open),
    }
}

/// The element that a tag opens; none for other tags.
fn opened(tag: &BytesStart<'_>) -> Option<Open> {
    let name = tag.name().0;
    if !matches!(name, "node" | "way" | "relation") {
        return None;
    }
    let deleted =
        attribute(tag, "visible").as_deref() == Some("false") || attribute(tag, "action").as_deref() == Some("delete");
    let Some(id) = integer(tag, "id").filter(|_| !deleted) else { return Some(Open::Ignored) };
    Some(match name {
        "way" => Open::Way(RawWay { id, refs: Vec::new(), tags: Tags::default() }),
        "relation" => Open::Relation(OsmRelation { id, members: Vec::new(), tags: Tags::default() }),
        _ => {
            let place = degrees(tag, "lon").zip(degrees(tag, "lat")).and_then(|(lon, lat)| on_earth(lon, lat));
            place.map_or(Open::Ignored, |(lon, lat)| Open::Node(RawNode { id, lon, lat, tags: None }))
        }
    })
}

fn child(tag: &BytesStart<'_>, open: &mut Option<Open>) {
    let Some(open) = open else { return };
    match (tag.name().0, open) {
        ("tag", open) => {
            let (Some(key), Some(value)) = (attribute(tag, "k"), attribute(tag, "v")) else { return };
            let tags = match open {
                Open::Node(node) => &mut **node.tags.get_or_insert_default(),
                Open::Way(way) => &mut way.tags,
                Open::Relation(relation) => &mut relation.tags,
                Open::Ignored => return,
            };
            tags.0.push((key.into(), value.into()));
        }
        ("nd", Open::Way(way)) => way.refs.extend(integer(tag, "ref")),
        ("member", Open::Relation(relation)) => relation.members.extend(member(tag)),
        _ => {}
    }
}

fn member(tag: &BytesStart<'_>) -> Option<OsmMember> {
    let kind = match attribute(tag, "type")?.as_ref() {
        "node" => MemberKind::Node,
        "way" => MemberKind::Way,
        "relation" => MemberKind::Relation,
        _ => return None,
    };
    Some(OsmMember { kind, id: integer(tag, "ref")?, role: attribute(tag, "role").unwrap_or_default().into() })
}

fn close(open: Option<Open>, block: &mut XmlBlock) {
    match open {
        Some(Open::Node(node)) => block.nodes.push(node),
        Some(Open::Way(way)) => block.ways.push(way),
        Some(Open::Relation(relation)) => block.relations.push(relation),
        Some(Open::Ignored) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stamps() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2024-02-29T12:34:56Z"), Some(1_709_210_096));
        assert_eq!(seconds("yesterday"), None);
        assert_eq!(seconds("2024-13-01T00:00:00Z"), None);
    }
}
