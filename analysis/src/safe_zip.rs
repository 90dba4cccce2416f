//! # Safe zip — archives of strangers, within limits
//! In:   a zip file                        Out:  its files, as streams or in a folder
//! Touches: that file, that folder         Does not know: what is in it
//!
//! What an archive says of itself is not believed: entries, bytes and the ratio of unpacked to packed are counted while reading.
