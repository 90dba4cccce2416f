//! A drawn map: as SVG while that is small (it prints sharp and follows the page's colours), else as a picture.

use crate::model::palette::{self, Ink, PAPER};
use base64::Engine;
use geo::Simplify;
use geo_types::{Coord, LineString};
use std::fmt::Write;
use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};

/// Width of a map in pixels of the page, its least and greatest height: on paper it leaves room for text.
const WIDTH: f64 = 1000.0;
const MIN_HEIGHT: f64 = 400.0;
const MAX_HEIGHT: f64 = 800.0;
/// Part of the extent left around what must be seen.
const MARGIN: f64 = 0.03;
/// A drawn line is nowhere farther than this from the true one, in pixels.
const TOLERANCE: f64 = 0.35;
/// SVG units in a pixel: coordinates are whole numbers.
const UNITS: f64 = 10.0;
/// Above this many bytes of SVG a browser draws slowly, and a picture is smaller.
const SVG_MAX: usize = 300_000;
/// Pixels of a picture in one of the page: sharp on paper and on fine screens, twice the width of a phone.
const FINE: f64 = 1.6;

/// A place on the map, in pixels from its upper left corner.
pub(super) type At = [f64; 2];

/// Degrees to pixels: on the scale of a town the earth is flat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    west: f64,
    north: f64,
    px_per_lon: f64,
    px_per_lat: f64,
    pub width: f64,
    pub height: f64,
    pub metres_per_px: f64,
}

impl Frame {
    /// Shows all those places; `None` when there are none.
    pub fn around(places: impl Iterator<Item = Coord<f64>>) -> Option<Self> {
        let finite = places.filter(|at| at.x.is_finite() && at.y.is_finite());
        let (min, max) = finite.map(|at| (at, at)).reduce(|a, b| {
            let min = Coord { x: a.0.x.min(b.0.x), y: a.0.y.min(b.0.y) };
            (min, Coord { x: a.1.x.max(b.1.x), y: a.1.y.max(b.1.y) })
        })?;
        const METRES_PER_DEGREE: f64 = 111_195.0;
        let shrink = ((min.y + max.y) / 2.0).to_radians().cos().max(0.01);
        let metres = |degrees: f64| (degrees * METRES_PER_DEGREE).max(100.0);
        let (wide, high) = (metres((max.x - min.x) * shrink), metres(max.y - min.y));
        let (full_wide, full_high) = (wide * (1.0 + 2.0 * MARGIN), high * (1.0 + 2.0 * MARGIN));
        let metres_per_px = (full_wide / WIDTH).max(full_high / MAX_HEIGHT);
        let px_per_lat = METRES_PER_DEGREE / metres_per_px;
        let px_per_lon = px_per_lat * shrink;
        let (width, height) = (WIDTH, (full_high / metres_per_px).ceil().max(MIN_HEIGHT));
        Some(Self {
            west: (min.x + max.x) / 2.0 - width / 2.0 / px_per_lon,
            north: (min.y + max.y) / 2.0 + height / 2.0 / px_per_lat,
            px_per_lon,
            px_per_lat,
            width,
            height,
            metres_per_px,
        })
    }

    pub fn at(&self, place: Coord<f64>) -> At {
        [(place.x - self.west) * self.px_per_lon, (self.north - place.y) * self.px_per_lat]
    }

    /// A line in pixels, simplified; `None` when nothing of it is on the map.
    pub fn line(&self, places: &[Coord<f64>]) -> Option<Vec<At>> {
        let points: Vec<Coord<f64>> = places.iter().map(|&place| Coord::from(self.at(place))).collect();
        let beyond = |axis: fn(&Coord<f64>) -> f64, far: f64| {
            points.iter().all(|point| axis(point) < 0.0) || points.iter().all(|point| axis(point) > far)
        };
        let is_seen = points.iter().all(|point| point.x.is_finite() && point.y.is_finite())
            && !beyond(|point| point.x, self.width)
            && !beyond(|point| point.y, self.height);
        is_seen.then(|| LineString(points).simplify(TOLERANCE).0.into_iter().map(Into::into).collect())
    }

    /// Size of the SVG in its own units.
    pub fn view_box(&self) -> String {
        format!("0 0 {:.0} {:.0}", self.width * UNITS, self.height * UNITS)
    }

    /// Corners of the map.
    pub fn corners(&self) -> Vec<At> {
        vec![[0.0, 0.0], [self.width, 0.0], [self.width, self.height], [0.0, self.height]]
    }
}

/// Shapes drawn alike.
#[derive(Debug)]
pub(super) struct Layer {
    pub ink: Ink,
    pub manner: Manner,
    pub shapes: Vec<Vec<At>>,
}

/// How shapes are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Manner {
    /// Lines that many pixels wide.
    Stroke(f64),
    /// The same, dashed.
    Dashes(f64),
    /// Areas with that opacity, shapes within shapes left out.
    Fill(f64),
}

/// A map: layers, the lowest first.
#[derive(Debug)]
pub(super) struct Drawing {
    pub frame: Frame,
    pub layers: Vec<Layer>,
}

/// A map ready for the page.
#[derive(Debug)]
pub(super) struct Drawn {
    pub frame: Frame,
    pub image: Image,
}

/// Its form.
#[derive(Debug)]
pub(super) enum Image {
    /// SVG text of the layers, to stand in an `<svg>`.
    Svg(String),
    /// Address of a PNG that contains it.
    Png(String),
}

impl Drawing {
    /// Draws in whichever form is the smaller burden.
    pub fn image(&self) -> Drawn {
        Drawn { frame: self.frame, image: self.smaller() }
    }

    fn smaller(&self) -> Image {
        let svg = self.svg();
        if svg.len() <= SVG_MAX {
            return Image::Svg(svg);
        }
        // A map has pixels, and memory for a few million of them is there.
        let Some(png) = self.png() else { return Image::Svg(svg) };
        Image::Png(format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png)))
    }

    fn svg(&self) -> String {
        let mut text = String::new();
        for layer in self.layers.iter().filter(|layer| !layer.shapes.is_empty()) {
            let name = layer.ink.name;
            let _ = match layer.manner {
                Manner::Stroke(width) => {
                    write!(text, r#"<path class="s {name}" stroke-width="{:.0}" d=""#, width * UNITS)
                }
                Manner::Dashes(width) => {
                    write!(text, r#"<path class="s d {name}" stroke-width="{:.0}" d=""#, width * UNITS)
                }
                Manner::Fill(opacity) => write!(text, r#"<path class="f {name}" fill-opacity="{opacity}" d=""#),
            }; // writing to a String cannot fail
            let closes = matches!(layer.manner, Manner::Fill(_));
            layer.shapes.iter().for_each(|shape| path(&mut text, shape, closes));
            text.push_str("\"/>");
        }
        text
    }

    fn png(&self) -> Option<Vec<u8>> {
        let size = |px: f64| (px * FINE).ceil() as u32;
        let mut picture = Pixmap::new(size(self.frame.width), size(self.frame.height))?;
        picture.fill(colour(PAPER, 1.0));
        let scale = Transform::from_scale(FINE as f32, FINE as f32);
        for layer in &self.layers {
            let mut builder = PathBuilder::new();
            for shape in &layer.shapes {
                for (index, [x, y]) in shape.iter().map(|at| at.map(|px| px as f32)).enumerate() {
                    if index == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
                }
                if matches!(layer.manner, Manner::Fill(_)) {
                    builder.close();
                }
            }
            let Some(shapes) = builder.finish() else { continue };
            let mut paint = Paint { anti_alias: true, ..Paint::default() };
            let mut stroke = Stroke { line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
            match layer.manner {
                Manner::Fill(opacity) => {
                    paint.set_color(colour(layer.ink, opacity));
                    picture.fill_path(&shapes, &paint, FillRule::EvenOdd, scale, None);
                }
                Manner::Stroke(width) | Manner::Dashes(width) => {
                    paint.set_color(colour(layer.ink, 1.0));
                    stroke.width = width as f32;
                    if matches!(layer.manner, Manner::Dashes(_)) {
                        stroke.dash = StrokeDash::new(vec![6.0, 4.0], 0.0);
                    }
                    picture.stroke_path(&shapes, &paint, &stroke, scale, None);
                }
            }
        }
        picture.encode_png().ok()
    }
}

/// Adds a shape to the text of a path: whole numbers, each relative to the one before.
fn path(text: &mut String, shape: &[At], closes: bool) {
    let mut before = [0_i64; 2];
    let mut is_first = true;
    for at in shape {
        let [x, y] = at.map(|px| (px * UNITS).round() as i64);
        let (dx, dy) = (x - before[0], y - before[1]);
        let _ = match is_first {
            true => write!(text, "M{x} {y}"),
            false if (dx, dy) == (0, 0) => Ok(()),
            false => write!(text, "l{dx}{}{dy}", if dy < 0 { "" } else { " " }),
        }; // writing to a String cannot fail
        is_first = false;
        before = [x, y];
    }
    if closes {
        text.push('z');
    }
}

fn colour(ink: Ink, opacity: f64) -> Color {
    let [r, g, b] = palette::rgb(ink.light);
    let mut colour = Color::from_rgba8(r, g, b, 255);
    colour.set_alpha(opacity as f32);
    colour
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::palette::{HIGH, LOW};

    fn frame() -> Frame {
        Frame::around([Coord { x: 7.0, y: 43.0 }, Coord { x: 7.1, y: 43.05 }].into_iter()).unwrap()
    }

    #[test]
    fn the_extent_fits_with_a_margin() {
        let frame = frame();
        let [x, y] = frame.at(Coord { x: 7.05, y: 43.025 });
        assert!((x - frame.width / 2.0).abs() < 1e-6 && (y - frame.height / 2.0).abs() < 1e-6);
        for corner in [Coord { x: 7.0, y: 43.0 }, Coord { x: 7.1, y: 43.05 }] {
            let [x, y] = frame.at(corner);
            assert!((1.0..frame.width - 1.0).contains(&x) && (1.0..frame.height - 1.0).contains(&y));
        }
        // 0.1° at 43° is 8.1 km, over 1000 px less margins
        assert!((frame.metres_per_px - 8.6).abs() < 0.2, "{}", frame.metres_per_px);
        assert!(Frame::around(std::iter::empty()).is_none());
    }

    #[test]
    fn what_lies_beyond_the_map_is_not_drawn() {
        assert!(frame().line(&[Coord { x: 8.0, y: 43.0 }, Coord { x: 9.0, y: 43.0 }]).is_none());
        assert!(frame().line(&[Coord { x: 6.0, y: 43.01 }, Coord { x: 9.0, y: 43.01 }]).is_some());
    }

    #[test]
    fn paths_are_relative_whole_numbers() {
        let mut text = String::new();
        path(&mut text, &[[1.0, 2.0], [1.5, 1.0], [1.5, 1.0], [0.0, 3.25]], true);
        assert_eq!(text, "M10 20l5-10l-15 23z");
    }

    #[test]
    fn a_large_map_becomes_a_picture_with_its_colours() {
        let shapes = vec![vec![[10.0, 10.0], [500.0, 10.0]]; 60_000];
        let mut drawing =
            Drawing { frame: frame(), layers: vec![Layer { ink: HIGH, manner: Manner::Stroke(4.0), shapes }] };
        let Image::Png(address) = drawing.smaller() else { panic!("SVG of {} bytes", drawing.svg().len()) };
        assert!(address.starts_with("data:image/png;base64,iVBOR"));
        let png = drawing.png().unwrap();
        let picture = Pixmap::decode_png(&png).unwrap();
        let at = |x: f64, y: f64| picture.pixel((x * FINE) as u32, (y * FINE) as u32).unwrap().demultiply();
        assert_eq!([at(100.0, 10.0).red(), at(100.0, 10.0).green()], palette::rgb(HIGH.light)[..2]);
        assert_eq!([at(100.0, 90.0).red(), at(100.0, 90.0).green()], palette::rgb(PAPER.light)[..2]);
        drawing.layers = vec![Layer { ink: LOW, manner: Manner::Fill(0.5), shapes: vec![frame().corners()] }];
        assert!(
            matches!(drawing.smaller(), Image::Svg(text) if text.starts_with(r#"<path class="f low" fill-opacity="0.5" d="M0 0l"#))
        );
    }
}
