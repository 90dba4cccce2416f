//! The built page (`web/`), embedded when it was there as this was compiled: see `analysis/build.rs`.

/// A file of the page.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Path in the results.
    pub path: &'static str,
    /// Content.
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The page's files, `index.html` last; none in a binary that was built without it.
pub fn embedded() -> &'static [Asset] {
    PAGE
}

/// What a browser must be told about a file of the results.
pub fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" => "application/json",
        "geojson" => "application/geo+json",
        "csv" => "text/csv; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "xml" => "text/xml; charset=utf-8",
        "pmtiles" => "application/vnd.pmtiles",
        "mvt" => "application/vnd.mapbox-vector-tile",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "gpkg" => "application/geopackage+sqlite3",
        "parquet" => "application/vnd.apache.parquet",
        _ => "application/octet-stream",
    }
}
