//! A miniature world behind one HTTP server on loopback: everything that a run fetches, in the true formats and under the true paths.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod formats;
pub mod town;

use crate::http::{Document, Reply, Request, Server};
use crate::quietway;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, RwLock};
use town::Town;

/// Files by path, without the slash at the beginning.
type Files = Arc<RwLock<BTreeMap<String, Vec<u8>>>>;

/// A region of the index: id, path, box (west, south, east, north).
pub type Region = (&'static str, &'static str, [f64; 4]);

/// The regions of this world. Real ones reach over borders a little; these end there.
pub const REGIONS: [Region; 5] = [
    ("us", "north-america/us", [-125.0, 17.0, -65.0, 50.0]),
    ("us/maryland", "north-america/us/maryland", [-79.5, 37.8, -75.0, STATE_LINE]),
    ("us/pennsylvania", "north-america/us/pennsylvania", [-80.6, STATE_LINE, -74.6, 42.3]),
    ("us/puerto-rico", "north-america/us/puerto-rico", [-68.0, 17.6, -65.2, 18.7]),
    ("finland", "europe/finland", [19.0, 59.4, 31.6, 70.1]),
];

/// Latitude of the line between Maryland and Pennsylvania.
pub const STATE_LINE: f64 = 39.7215;

/// The server and a folder for one test.
pub struct World {
    /// Where everything is served.
    pub server: Server,
    /// Scratch.
    pub folder: tempfile::TempDir,
    files: Files,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An index, tables of speeds, and nothing else.
    ///
    /// # Panics
    /// When no port is free.
    pub fn new() -> Self {
        let files = Files::default();
        let served = files.clone();
        let server = Server::start(move |request| answer(&served, request));
        let world = Self { server, folder: tempfile::tempdir().unwrap(), files };
        world.put("geofabrik/index-v1.json", formats::index(&REGIONS).into_bytes());
        world.put("speeds/state_fips_speed.csv", b"state,fips_code_state,speed\nMD,24,30\nPA,42,25\n".to_vec());
        world.put("speeds/city_fips_speed.csv", b"city,state,fips_code_city,speed\nLinetown,MD,2404000,20\n".to_vec());
        world
    }

    /// Puts a file.
    ///
    /// # Panics
    /// When another test thread panicked with the lock.
    pub fn put(&self, path: &str, content: Vec<u8>) {
        self.files.write().unwrap().insert(path.to_owned(), content);
    }

    /// Takes a file away.
    ///
    /// # Panics
    /// As [`World::put`].
    pub fn remove(&self, path: &str) {
        assert!(self.files.write().unwrap().remove(path).is_some(), "{path} is not there");
    }

    /// The OSM data of a town as a region's PBF, with its checksum.
    pub fn put_region(&self, path: &str, town: &Town) {
        let pbf = town.pbf(self.folder.path());
        let name = path.rsplit('/').next().unwrap_or_default();
        let sum = format!("{}  {name}-latest.osm.pbf\n", formats::md5(&pbf));
        self.put(&format!("geofabrik/{path}-latest.osm.pbf"), pbf);
        self.put(&format!("geofabrik/{path}-latest.osm.pbf.md5"), sum.into_bytes());
    }

    /// Census blocks of a state: a zipped Shapefile.
    pub fn put_blocks(&self, fips: &str, town: &Town, part: impl Fn(f64) -> bool) {
        let name = format!("tl_2020_{fips}_tabblock20");
        let blocks = town.blocks(fips, part);
        self.put(&format!("census/geo/tiger/TIGER2020/TABBLOCK20/{name}.zip"), formats::tabblock(&name, &blocks));
    }

    /// Jobs of a state for some years, with the page that lists them: every block of the town has that many, half of them in `aux`.
    pub fn put_jobs(&self, (code, fips): (&str, &str), town: &Town, part: impl Fn(f64) -> bool, years: &[(u16, u32)]) {
        let folder = format!("lodes/data/lodes/LODES8/{code}/od");
        let mut page = String::from("<html><body><h1>Index</h1><pre><a href=\"../\">Parent Directory</a>\n");
        for (year, jobs) in years {
            for (kind, count) in [("main", jobs / 2), ("aux", jobs - jobs / 2)] {
                let rows: Vec<_> = town.blocks(fips, &part).into_iter().map(|block| (block.id, count)).collect();
                let name = format!("{code}_od_{kind}_JT00_{year}.csv.gz");
                page += &format!("<a href=\"{name}\">{name}</a>  2024-10-03 13:15  1.2M\n");
                self.put(&format!("{folder}/{name}"), formats::lodes(&rows));
            }
        }
        self.put(&format!("{folder}/"), (page + "</pre></body></html>").into_bytes());
    }

    /// A WorldPop raster of a country, 1 km, around a town: each pixel with `people`.
    pub fn put_raster(&self, iso3: &str, town: &Town, people: impl Fn(f64) -> f32) {
        let path = format!(
            "GIS/Population/Global_2015_2030/R2025A/2025/{iso3}/v1/1km_ua/constrained/{}_pop_2025_CN_1km_R2025A_UA_v1.tif",
            iso3.to_lowercase()
        );
        self.put(&format!("worldpop/{path}"), formats::raster(town, people));
    }

    /// A boundary file: the inner square of a town.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn boundary(&self, town: &Town, properties: &str) -> PathBuf {
        let path = self.folder.path().join("town.geojson");
        std::fs::write(&path, town.boundary(properties)).unwrap();
        path
    }

    /// A command with this world's addresses and its own cache.
    pub fn command(&self, verb: &str, boundary: &Path) -> Command {
        let mut command = quietway();
        command.arg(verb).arg("--boundary").arg(boundary).args(["--progress", "plain"]);
        self.addresses(&mut command);
        command
    }

    /// Sets the addresses.
    pub fn addresses(&self, command: &mut Command) {
        for (name, path) in [
            ("GEOFABRIK", "geofabrik"),
            ("OVERPASS", "overpass/api/interpreter"),
            ("CENSUS", "census"),
            ("LODES", "lodes"),
            ("WORLDPOP", "worldpop"),
            ("SPEEDS", "speeds"),
        ] {
            command.env(format!("QUIETWAY_{name}_URL"), format!("{}/{path}", self.server.base));
        }
        command.env("QUIETWAY_CACHE_DIR", self.folder.path().join("cache"));
    }

    /// A run that writes data only, into a folder of this world.
    pub fn run(&self, boundary: &Path, out: &str) -> Command {
        let mut command = self.command("run", boundary);
        command.arg("--out").arg(self.folder.path().join(out)).args(["--formats", "csv,geojson", "--tiles", "none"]);
        command
    }

    /// Paths asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.server.seen().into_iter().map(|seen| seen.path).collect()
    }
}

fn answer(files: &Files, request: &Request) -> Reply {
    let path = request.line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let name = path.split('?').next().unwrap_or_default();
    let files = files.read().unwrap();
    match files.get(name) {
        Some(body) => {
            let document = Document::tagged(body.clone(), &formats::md5(body));
            let dated = Some("Fri, 20 Nov 2026 08:00:00 GMT".to_owned());
            Document { last_modified: dated, ..document }.answer(request)
        }
        None => Reply::status("404 Not Found"),
    }
}
