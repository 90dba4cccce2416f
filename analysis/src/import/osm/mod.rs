//! # OSM — OpenStreetMap elements as they are: decoded, clipped to the study area, not interpreted
//! In:   files (PBF, XML), a polygon      Out:  [`OsmData`]; of that a PBF again ([`mod@write`])
//! Touches: those files                   Does not know: streets, bicycles, places
//! Source: bna-method §1.7; `osmium extract` (complete_ways) and osmconvert, checked element by element

mod assemble;
mod block;
mod error;
mod extract;
mod id_set;
mod pbf;
mod region;
pub(super) mod rings;
mod source;
#[cfg(test)]
mod tests;
mod wire;
pub mod write;
mod xml;

pub use error::OsmError;
pub(super) use region::Region;

use geo_types::MultiPolygon;
use source::Source;
use std::path::PathBuf;

/// The box of the second clip of edition `reference` (bna-method §1.7), 1e-7 degrees, edges included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub struct ClipBox {
    pub min_lon_e7: i32,
    pub min_lat_e7: i32,
    pub max_lon_e7: i32,
    pub max_lat_e7: i32,
}

/// Reads files of any of the formats (told by content), merged: nodes inside the polygon (WGS 84), ways with such a node, whole,
/// and relations with such members (bna-method §1.7). Edition `reference` adds the clip by a box. Where an id comes twice, the last
/// one counts, in the order of the files.
///
/// # Errors
/// [`OsmError`]: a file is unreadable, empty, cut, damaged, of another kind; or nothing lies inside.
pub fn read(files: &[PathBuf], polygon: &MultiPolygon<f64>, clip: Option<ClipBox>) -> Result<OsmData, OsmError> {
    let sources = files.iter().map(|path| Source::file(path)).collect::<Result<Vec<_>, _>>()?;
    from_sources(&sources, polygon, clip)
}

/// As [`read`], from XML in memory: hand-made elements through the whole pipeline.
///
/// # Errors
/// As [`read`].
pub fn from_xml(bytes: &[u8], polygon: &MultiPolygon<f64>, clip: Option<ClipBox>) -> Result<OsmData, OsmError> {
    from_sources(&[Source::bytes("the XML", bytes)?], polygon, clip)
}

fn from_sources(sources: &[Source], polygon: &MultiPolygon<f64>, clip: Option<ClipBox>) -> Result<OsmData, OsmError> {
    let files = sources.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
    let extract = extract::complete_ways(sources, &Region::new(polygon))?;
    let data = not_empty(assemble::arrays(extract), &files)?;
    match clip {
        Some(clip) => not_empty(assemble::clip(data, clip), &files),
        None => Ok(data),
    }
}

fn not_empty(data: OsmData, files: &str) -> Result<OsmData, OsmError> {
    match (data.report.read, data.node_id.is_empty()) {
        ([0, 0, 0], _) => Err(OsmError::Empty { file: files.to_owned() }),
        ([nodes, ..], true) => Err(OsmError::Outside { files: files.to_owned(), nodes }),
        _ => Ok(data),
    }
}

/// The clip by a box, for data that were read without.
///
/// # Errors
/// [`OsmError::Outside`]: no node is left.
pub fn clip(data: OsmData, clip: ClipBox, files: &[PathBuf]) -> Result<OsmData, OsmError> {
    let files: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
    not_empty(assemble::clip(data, clip), &files.join(", "))
}

/// Tags of one element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(pub Vec<(Box<str>, Box<str>)>);

impl Tags {
    /// Value of a key.
    #[inline]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| &**k == key).map(|(_, v)| &**v)
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Tags {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}

/// Elements of the study area.
#[derive(Debug, Default)]
pub struct OsmData {
    /// Node ids, ascending.
    pub node_id: Vec<i64>,
    /// Longitudes, 1e-7 degrees.
    pub node_lon_e7: Vec<i32>,
    /// Latitudes, 1e-7 degrees.
    pub node_lat_e7: Vec<i32>,
    /// Tagged nodes: position in the node arrays, tags. Ascending.
    pub node_tags: Vec<(u32, Tags)>,
    /// Ways, ascending by id.
    pub ways: Vec<OsmWay>,
    /// Relations, ascending by id.
    pub relations: Vec<OsmRelation>,
    /// What was odd.
    pub report: ReadReport,
}

/// A way; node references that the data lack are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsmWay {
    /// OSM id.
    pub id: i64,
    /// Positions in the node arrays.
    pub nodes: Vec<u32>,
    /// Tags.
    pub tags: Tags,
}

/// A relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsmRelation {
    /// OSM id.
    pub id: i64,
    /// Members that the data hold.
    pub members: Vec<OsmMember>,
    /// Tags.
    pub tags: Tags,
}

/// A member of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsmMember {
    /// What it is.
    pub kind: MemberKind,
    /// Its OSM id.
    pub id: i64,
    /// `outer`, `inner`, …
    pub role: Box<str>,
}

/// Kind of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// Node.
    Node,
    /// Way.
    Way,
    /// Relation.
    Relation,
}

/// Oddities of the input: counted, reported, never fatal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Elements of the file(s): nodes, ways, relations.
    pub read: [u64; 3],
    /// Elements of the study area with an id seen before (the last one counts).
    pub duplicate_ids: u64,
    /// Elements with a negative id.
    pub negative_ids: u64,
    /// Node references that no node answers.
    pub missing_nodes: u64,
    /// Multipolygon relations that have all their ways, yet rings that do not close.
    pub broken_relations: u64,
    /// Newest replication time stamp of the headers, seconds since 1970.
    pub timestamp: Option<i64>,
}
