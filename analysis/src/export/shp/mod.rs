//! Shapefiles as `pgsql2shp` writes the reference's tables (bna-method §9.1, §9.4): metric projection, its field names and widths.
//!
//! The bytes are written here: the shapefile and dbase crates cannot give that DBF layout (numbers to the left, NULLs as asterisks, widths by
//! content) and want to seek back, which a checksum on the way to an object store does not allow. The tests read everything back with them.

mod dbf;
mod shapes;

pub(super) use dbf::Dbf;
pub(super) use shapes::Shapes;

use crate::layers::Layer;

/// Encoding of the texts.
pub(super) const CPG: &str = "UTF-8";

/// What a shapefile cannot hold.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ShpError {
    /// More than a part of a shapefile can address.
    #[error(
        "{name}.{part} would exceed the limit of the shapefile format ({what}): leave shp out of --formats, or take a smaller place"
    )]
    TooLarge {
        /// Table.
        name: String,
        /// `shp` or `dbf`.
        part: &'static str,
        /// The limit.
        what: &'static str,
    },
}

fn too_large(layer: &Layer, part: &'static str, what: &'static str) -> ShpError {
    ShpError::TooLarge { name: layer.name.clone(), part, what }
}

/// Text of the `.prj` file: a UTM zone on WGS 84 as PostGIS describes it; `None` for a code that is none.
pub(super) fn projection_text(srid: u32) -> Option<String> {
    let (hemisphere, zone, northing) = match srid {
        32601..=32660 => ('N', srid - 32600, 0),
        32701..=32760 => ('S', srid - 32700, 10_000_000),
        _ => return None,
    };
    let meridian = i64::from(zone) * 6 - 183;
    Some(format!(
        "PROJCS[\"WGS 84 / UTM zone {zone}{hemisphere}\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",\
         SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],\
         PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],\
         AUTHORITY[\"EPSG\",\"4326\"]],PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],\
         PARAMETER[\"central_meridian\",{meridian}],PARAMETER[\"scale_factor\",0.9996],PARAMETER[\"false_easting\",500000],\
         PARAMETER[\"false_northing\",{northing}],UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],AXIS[\"Easting\",EAST],\
         AXIS[\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"{srid}\"]]"
    ))
}

#[cfg(test)]
mod tests;
