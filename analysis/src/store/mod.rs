//! # Store — the bridge: layers into a database
//! In:   [`Layers`](crate::layers::Layers)  Out:  a GeoPackage file, a schema in PostGIS, or both
//! Touches: one file, one server, SQL       Does not know: what a column means, other formats
//! Source: OGC 12-128r17 (GeoPackage 1.3); PostgreSQL 15 "COPY", "Frontend/Backend Protocol"; PostGIS 3.3 (EWKB)
//!
//! Both take the same layers and give the same names: a layer is a table with the key `fid` (the row's number), its geometry `geom` in
//! WGS 84, and its columns. What is said of tables and columns comes from `layers/`, for both.

#[cfg(test)]
mod document;
#[cfg(test)]
pub(crate) mod golden;
pub mod gpkg;
pub mod mbtiles;
mod names;
pub mod postgis;
mod table;
mod wkb;
