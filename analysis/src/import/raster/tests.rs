//! GeoTIFFs from literals, in all layouts, and what is wrong with others; a real one beside the checkout.

use super::*;
use geo_types::coord;
use std::io::Write;

/// A TIFF in the making: little-endian, one image, its chunks (strips or tiles) as given.
struct Tiff {
    big: bool,
    width: u32,
    height: u32,
    /// Tile size; strips of that many rows when the width is 0.
    chunk: (u32, u32),
    compression: u16,
    predictor: u16,
    /// Sample format, bits.
    sample: (u16, u16),
    epsg: u16,
    nodata: &'static str,
    chunks: Vec<Vec<u8>>,
}

impl Default for Tiff {
    fn default() -> Self {
        Self {
            big: false,
            width: 4,
            height: 3,
            chunk: (0, 2),
            compression: 1,
            predictor: 1,
            sample: (3, 32),
            epsg: 4326,
            nodata: "-99999",
            chunks: vec![floats(&VALUES[..8]), floats(&VALUES[8..])],
        }
    }
}

const VALUES: [f32; 12] = [1.5, 0.0, -99999.0, 2.25, 3.0, 4.0, 5.0, 6.0, f32::NAN, 7.0, f32::INFINITY, 8.0];
/// Ids and people of the pixels that have some: pixels of a hundredth of a degree, the first at 10° east, 50° north.
const PEOPLE: [(&str, f64); 8] = [
    ("r004000c019000", 1.5),
    ("r004000c019003", 2.25),
    ("r004001c019000", 3.0),
    ("r004001c019001", 4.0),
    ("r004001c019002", 5.0),
    ("r004001c019003", 6.0),
    ("r004002c019001", 7.0),
    ("r004002c019003", 8.0),
];

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

impl Tiff {
    /// Tag, type, count and content of its entries, ascending.
    fn entries(&self, offsets: &[u64]) -> Vec<(u16, u16, u64, Vec<u8>)> {
        let short = |values: &[u16]| (3, values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect());
        let long = |values: &[u32]| (4, values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect());
        let double = |values: &[f64]| (12, values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect());
        let wide = |values: &[u64]| match self.big {
            true => (16, values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            false => long(&values.iter().map(|v| *v as u32).collect::<Vec<_>>()),
        };
        let sizes: Vec<u64> = self.chunks.iter().map(|chunk| chunk.len() as u64).collect();
        let text: Vec<u8> = self.nodata.bytes().chain([0]).collect();
        let mut rows = vec![
            (256, long(&[self.width])),
            (257, long(&[self.height])),
            (258, short(&[self.sample.1])),
            (259, short(&[self.compression])),
            (262, short(&[1])),
            (277, short(&[1])),
            (317, short(&[self.predictor])),
            (339, short(&[self.sample.0])),
            (33550, double(&[0.01, 0.01, 0.0])),
            (33922, double(&[0.0, 0.0, 0.0, 10.0, 50.0, 0.0])),
            (34735, short(&[1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, self.epsg])),
            (42113, (2, text.len() as u64, text)),
        ];
        match self.chunk {
            (0, high) => rows.extend([(273, wide(offsets)), (278, long(&[high])), (279, wide(&sizes))]),
            (wide_by, high) => {
                rows.extend([(322, long(&[wide_by])), (323, long(&[high])), (324, wide(offsets)), (325, wide(&sizes))])
            }
        }
        rows.sort_by_key(|row| row.0);
        rows.into_iter().map(|(tag, (kind, count, content))| (tag, kind, count, content)).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let (head, size, inline) = if self.big { (16, 20, 8) } else { (8, 12, 4) };
        let mut offsets = Vec::new();
        let mut data_end = head;
        for chunk in &self.chunks {
            offsets.push(data_end as u64);
            data_end += chunk.len();
        }
        let entries = self.entries(&offsets);
        let directory = if self.big { 8 + size * entries.len() + 8 } else { 2 + size * entries.len() + 4 };
        let mut out: Vec<u8> = if self.big { b"II\x2b\0\x08\0\0\0".to_vec() } else { b"II\x2a\0".to_vec() };
        let number = |value: usize, out: &mut Vec<u8>| match self.big {
            true => out.extend((value as u64).to_le_bytes()),
            false => out.extend((value as u32).to_le_bytes()),
        };
        number(data_end, &mut out);
        self.chunks.iter().for_each(|chunk| out.extend(chunk));
        let (mut list, mut values) = (Vec::new(), Vec::<u8>::new());
        for (tag, kind, count, content) in &entries {
            list.extend(tag.to_le_bytes());
            list.extend(kind.to_le_bytes());
            number(*count as usize, &mut list);
            if content.len() <= inline {
                list.extend(content.iter().copied().chain(std::iter::repeat(0)).take(inline));
            } else {
                number(data_end + directory + values.len(), &mut list);
                values.extend(content);
            }
        }
        match self.big {
            true => out.extend((entries.len() as u64).to_le_bytes()),
            false => out.extend((entries.len() as u16).to_le_bytes()),
        }
        out.extend(list);
        number(0, &mut out);
        out.extend(values);
        out
    }
}

fn everywhere() -> Rect<f64> {
    Rect::new(coord! { x: 0., y: 40. }, coord! { x: 20., y: 60. })
}

fn read_bytes(bytes: &[u8], near: Rect<f64>) -> Result<Vec<Pixel>, RasterError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.tif");
    std::fs::write(&path, bytes).unwrap();
    read(&[path], near).map(|(pixels, _)| pixels)
}

fn people(bytes: &[u8]) -> Vec<(String, f64)> {
    let pixels = read_bytes(bytes, everywhere()).unwrap();
    pixels.into_iter().map(|pixel| (pixel.id.to_string(), pixel.population)).collect()
}

fn expected() -> Vec<(String, f64)> {
    PEOPLE.map(|(id, people)| (id.to_owned(), people)).to_vec()
}

/// Of whole rows of a tile of 16 × 16, the first rows and columns are the image.
fn tile<T: Copy>(values: &[T], none: T) -> Vec<T> {
    let value = |row: usize, column: usize| if row < 3 && column < 4 { values[row * 4 + column] } else { none };
    (0..16).flat_map(|row| (0..16).map(move |column| value(row, column))).collect()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// Predictor 2: differences of neighbours, of the bits as whole numbers.
fn differences(row: &[f32]) -> Vec<u8> {
    let bits: Vec<u32> = row.iter().map(|value| value.to_bits()).collect();
    let before = std::iter::once(0).chain(bits.iter().copied());
    bits.iter().zip(before).flat_map(|(value, before)| value.wrapping_sub(before).to_le_bytes()).collect()
}

/// Predictor 3: first all high bytes of a row, then the next, and differences of neighbouring bytes.
fn shuffled(row: &[f32]) -> Vec<u8> {
    let plane = |byte: usize| row.iter().map(move |value| value.to_be_bytes()[byte]);
    let bytes: Vec<u8> = (0..4).flat_map(plane).collect();
    let before = std::iter::once(0).chain(bytes.iter().copied());
    bytes.iter().zip(before).map(|(value, before)| value.wrapping_sub(before)).collect()
}

#[test]
fn strips_and_tiles_of_every_packing_hold_the_same_people() {
    let strips = |pack: fn(&[f32]) -> Vec<u8>| -> Vec<Vec<u8>> {
        [&VALUES[..8], &VALUES[8..]]
            .iter()
            .map(|rows| deflate(&rows.chunks(4).flat_map(pack).collect::<Vec<u8>>()))
            .collect()
    };
    let tiled = tile(&VALUES, f32::NAN);
    let rows = [
        Tiff::default(),
        Tiff { big: true, ..Tiff::default() },
        Tiff { compression: 8, chunks: strips(floats), ..Tiff::default() },
        Tiff { compression: 8, predictor: 2, chunks: strips(differences), ..Tiff::default() },
        Tiff { compression: 8, predictor: 3, chunks: strips(shuffled), ..Tiff::default() },
        Tiff { chunk: (16, 16), chunks: vec![floats(&tiled)], ..Tiff::default() },
        Tiff { big: true, chunk: (16, 16), compression: 8, chunks: vec![deflate(&floats(&tiled))], ..Tiff::default() },
    ];
    for (number, tiff) in rows.iter().enumerate() {
        assert_eq!(people(&tiff.bytes()), expected(), "layout {number}");
    }
}

#[test]
fn whole_numbers_and_doubles() {
    let whole: Vec<i16> = vec![1, 0, -1, 2, 3, 4, 5, 6, -1, 7, -1, 8];
    let bytes = |values: &[i16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let tiff = Tiff { sample: (2, 16), nodata: "-1", chunk: (0, 3), chunks: vec![bytes(&whole)], ..Tiff::default() };
    let found: Vec<f64> = people(&tiff.bytes()).into_iter().map(|(_, people)| people).collect();
    assert_eq!(found, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    let doubles = VALUES.iter().flat_map(|value| f64::from(*value).to_le_bytes()).collect();
    let tiff = Tiff { sample: (3, 64), chunk: (0, 3), chunks: vec![doubles], ..Tiff::default() };
    assert_eq!(people(&tiff.bytes()), expected());
}

#[test]
fn only_the_window_is_read_and_neighbours_share_their_corners() {
    // The second strip is nonsense, but nobody asks for it.
    let half =
        Tiff { compression: 8, chunks: vec![deflate(&floats(&VALUES[..8])), b"nonsense".to_vec()], ..Tiff::default() };
    let north = Rect::new(coord! { x: 10.001, y: 49.981 }, coord! { x: 10.019, y: 49.999 });
    let pixels = read_bytes(&half.bytes(), north).unwrap();
    assert_eq!(pixels.iter().map(|pixel| pixel.population).collect::<Vec<_>>(), [1.5, 3.0, 4.0]);
    let ring = |at: usize| pixels[at].geometry.0[0].exterior().0.clone();
    assert_eq!((ring(1)[1], ring(1)[2]), (ring(2)[0], ring(2)[3]));
    assert_eq!(ring(0)[3], coord! { x: 10.0, y: 50.0 });
    let error = read_bytes(&half.bytes(), everywhere()).unwrap_err();
    assert!(matches!(error, RasterError::Broken { .. }), "{error}");
}

#[test]
fn of_two_rasters_the_first_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.tif"), folder.path().join("b.tif"));
    std::fs::write(&a, Tiff::default().bytes()).unwrap();
    let ones = Tiff { chunk: (0, 3), chunks: vec![floats(&[1.0; 12])], ..Tiff::default() };
    std::fs::write(&b, ones.bytes()).unwrap();
    let (pixels, twice) = read(&[a.clone(), b], everywhere()).unwrap();
    assert_eq!((pixels.len(), twice), (12, 8));
    assert_eq!(pixels.iter().map(|pixel| pixel.population).sum::<f64>(), 36.75 + 4.0);
}

#[test]
fn faults_are_named() {
    let fault = |bytes: &[u8]| read_bytes(bytes, everywhere()).unwrap_err().to_string();
    let whole = Tiff::default().bytes();
    let huge =
        Tiff { width: u32::MAX, height: u32::MAX, chunk: (0, u32::MAX), chunks: vec![vec![0; 8]], ..Tiff::default() };
    let deep = Tiff { width: 30_000, height: 10_000, chunk: (0, 10_000), chunks: vec![vec![0; 8]], ..Tiff::default() };
    let nobody = Tiff { chunks: vec![floats(&[-99999.0; 8]), floats(&[-99999.0; 4])], ..Tiff::default() };
    let rows: [(&[u8], &str); 8] = [
        (&huge.bytes(), "not on earth"),
        (&deep.bytes(), "larger than 512 MiB"),
        (&Tiff { epsg: 3035, ..Tiff::default() }.bytes(), "EPSG:3035, not longitude and latitude"),
        (&nobody.bytes(), "no pixel of"),
        (&whole[..40], "is damaged"),
        (b"not a tiff at all", "is no GeoTIFF"),
        (&Tiff { compression: 5, chunks: vec![vec![0xff; 9]; 2], ..Tiff::default() }.bytes(), "is damaged"),
        (&Tiff { sample: (3, 24), ..Tiff::default() }.bytes(), "no raster of one band"),
    ];
    for (bytes, words) in rows {
        let said = fault(bytes);
        assert!(said.contains(words) && said.contains("people.tif"), "{words}: {said}");
    }
    let missing = read(&[PathBuf::from("none.tif")], everywhere()).unwrap_err().to_string();
    assert!(missing.contains("cannot read the population raster none.tif"), "{missing}");
}

#[test]
fn damaged_bytes_never_panic() {
    let whole = Tiff {
        big: true,
        compression: 8,
        chunks: vec![deflate(&floats(&VALUES[..8])), deflate(&floats(&VALUES[8..]))],
        ..Tiff::default()
    }
    .bytes();
    for position in 0..whole.len() {
        for flip in [1u8, 0x80, 0xff] {
            let mut copy = whole.clone();
            copy[position] ^= flip;
            let _ = read_bytes(&copy, everywhere());
        }
        let _ = read_bytes(&whole[..position], everywhere());
    }
}

/// BigTIFF, LZW, predictor 2 of floats. Numbers by numpy and tifffile: `a = imread(tif); (a > 0).sum(), a[a > 0].sum(dtype="f8")`.
#[test]
fn worldpop_of_aruba_as_numpy_reads_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/census/worldpop-aruba-2020-100m.tif");
    if !path.exists() {
        return println!("skipped: ../shared is not here");
    }
    let aruba = Rect::new(coord! { x: -71., y: 12. }, coord! { x: -69., y: 13. });
    let (pixels, twice) = read(&[path.clone(), path], aruba).unwrap();
    let sum: f64 = pixels.iter().map(|pixel| pixel.population).sum();
    assert_eq!((pixels.len(), twice), (9352, 9352));
    assert!((sum - 106_766.000_014_543_53).abs() < 1e-6, "{sum}");
}
