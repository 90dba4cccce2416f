//! Writes small PBF files for tests: just enough of the format.

pub type Pairs<'a> = &'a [(&'a str, &'a str)];

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn number(field: u64, value: u64, out: &mut Vec<u8>) {
    varint(field << 3, out);
    varint(value, out);
}

fn bytes(field: u64, value: &[u8], out: &mut Vec<u8>) {
    varint(field << 3 | 2, out);
    varint(value.len() as u64, out);
    out.extend(value);
}

fn packed(field: u64, values: impl IntoIterator<Item = u64>, out: &mut Vec<u8>) {
    let mut list = Vec::new();
    values.into_iter().for_each(|value| varint(value, &mut list));
    bytes(field, &list, out);
}

fn deltas(values: impl IntoIterator<Item = i64>) -> Vec<u64> {
    let mut last = 0;
    values.into_iter().map(|value| zigzag(value - std::mem::replace(&mut last, value))).collect()
}

/// A blob with its header.
pub fn blob(kind: &str, content: &[u8]) -> Vec<u8> {
    let (mut body, mut head) = (Vec::new(), Vec::new());
    bytes(1, content, &mut body);
    bytes(1, kind.as_bytes(), &mut head);
    number(3, body.len() as u64, &mut head);
    let mut out = (head.len() as u32).to_be_bytes().to_vec();
    out.extend(head);
    out.extend(body);
    out
}

/// A file header.
pub fn header(features: &[&str], timestamp: u64) -> Vec<u8> {
    let mut out = Vec::new();
    features.iter().for_each(|feature| bytes(4, feature.as_bytes(), &mut out));
    number(32, timestamp, &mut out);
    blob("OSMHeader", &out)
}

/// Elements of one block.
#[derive(Default)]
pub struct Elements {
    strings: Vec<String>,
    nodes: Vec<(i64, i64, i64)>,
    group: Vec<u8>,
}

impl Elements {
    fn string(&mut self, text: &str) -> u64 {
        self.strings.push(text.to_owned());
        self.strings.len() as u64 // 0 is the empty text
    }

    fn tags(&mut self, tags: Pairs, out: &mut Vec<u8>) {
        let keys: Vec<u64> = tags.iter().map(|(key, _)| self.string(key)).collect();
        let values: Vec<u64> = tags.iter().map(|(_, value)| self.string(value)).collect();
        packed(2, keys, out);
        packed(3, values, out);
    }

    /// A dense node at 1e-7 degrees.
    pub fn node(mut self, id: i64, lon: i64, lat: i64) -> Self {
        self.nodes.push((id, lon, lat));
        self
    }

    /// A node of its own.
    pub fn single(mut self, id: i64, lon: i64, lat: i64, tags: Pairs) -> Self {
        let mut out = Vec::new();
        number(1, zigzag(id), &mut out);
        self.tags(tags, &mut out);
        number(8, zigzag(lat), &mut out);
        number(9, zigzag(lon), &mut out);
        bytes(1, &out, &mut self.group);
        self
    }

    pub fn way(mut self, id: i64, refs: &[i64], tags: Pairs) -> Self {
        let mut out = Vec::new();
        number(1, id as u64, &mut out);
        self.tags(tags, &mut out);
        packed(8, deltas(refs.iter().copied()), &mut out);
        bytes(3, &out, &mut self.group);
        self
    }

    /// Members: type 0 node, 1 way, 2 relation; id; role.
    pub fn relation(mut self, id: i64, members: &[(u64, i64, &str)], tags: Pairs) -> Self {
        let mut out = Vec::new();
        number(1, id as u64, &mut out);
        self.tags(tags, &mut out);
        let roles: Vec<u64> = members.iter().map(|member| self.string(member.2)).collect();
        packed(8, roles, &mut out);
        packed(9, deltas(members.iter().map(|member| member.1)), &mut out);
        packed(10, members.iter().map(|member| member.0), &mut out);
        bytes(4, &out, &mut self.group);
        self
    }

    /// The block as a blob.
    pub fn blob(self) -> Vec<u8> {
        let (mut table, mut dense, mut group) = (Vec::new(), Vec::new(), Vec::new());
        bytes(1, b"", &mut table);
        self.strings.iter().for_each(|text| bytes(1, text.as_bytes(), &mut table));
        packed(1, deltas(self.nodes.iter().map(|node| node.0)), &mut dense);
        packed(8, deltas(self.nodes.iter().map(|node| node.2)), &mut dense);
        packed(9, deltas(self.nodes.iter().map(|node| node.1)), &mut dense);
        bytes(2, &dense, &mut group);
        group.extend(&self.group);
        let mut block = Vec::new();
        bytes(1, &table, &mut block);
        bytes(2, &group, &mut block);
        blob("OSMData", &block)
    }
}
