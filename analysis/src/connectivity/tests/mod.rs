//! Tests of the room: geometry against GEOS, searches against certificates, rows against each other.

mod buffers;
