//! One newtype per entity, each an index into its own table.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// Position in the table.
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The number published for it: serial ids start at 1.
            #[inline]
            pub fn published(self) -> i64 {
                i64::from(self.0) + 1
            }
        }

        impl From<usize> for $name {
            fn from(index: usize) -> Self {
                Self(u32::try_from(index).expect("a study area has fewer than 2^32 of anything"))
            }
        }
    };
}

id!(
    /// A street segment: a piece of an OSM way between two junctions. Node of the turn graph.
    SegmentId
);
id!(
    /// An end of any segment.
    JunctionId
);
id!(
    /// A census block.
    BlockId
);
id!(
    /// A cluster of touching paths.
    TrailId
);
