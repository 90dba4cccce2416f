//! OpenStreetMap elements as they are: decoded, clipped to the study area, not interpreted.

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
#[derive(Clone, Debug)]
pub struct OsmWay {
    /// OSM id.
    pub id: i64,
    /// Positions in the node arrays.
    pub nodes: Vec<u32>,
    /// Tags.
    pub tags: Tags,
}

/// A relation.
#[derive(Clone, Debug)]
pub struct OsmRelation {
    /// OSM id.
    pub id: i64,
    /// Members that the data hold.
    pub members: Vec<OsmMember>,
    /// Tags.
    pub tags: Tags,
}

/// A member of a relation.
#[derive(Clone, Debug)]
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
    /// Elements with an id seen before (the last one counts).
    pub duplicate_ids: u64,
    /// Elements with a negative id.
    pub negative_ids: u64,
    /// Node references that no node answers.
    pub missing_nodes: u64,
    /// Multipolygon relations whose rings do not close.
    pub broken_relations: u64,
    /// Newest replication time stamp of the headers, seconds since 1970.
    pub timestamp: Option<i64>,
}
