//! The shell of a page and the parts that recur: maps, bars, numbers. One file: style inside, no script, nothing to fetch.

use super::drawing::{Drawn, Image};
use super::maps::Key;
use crate::model::Unit;
use crate::model::palette::{self, Ink};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::fmt::Write;

/// A whole page.
pub(super) fn page(title: &str, header: &Markup, main: &Markup, footer: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(colours())) (PreEscaped(include_str!("style.css"))) }
            }
            body {
                header { (header) }
                main { (main) }
                footer { (footer) }
            }
        }
    };
    markup.into_string() + "\n"
}

/// Variables and classes of the palette: on paper and in print light, on a dark screen dark.
fn colours() -> String {
    let variables = |of: fn(&Ink) -> &'static str, more: &str| {
        let named = palette::all().map(|ink| format!("--{}:{}", ink.name, of(&ink)));
        named.collect::<Vec<_>>().join(";") + more
    };
    let mut css = format!(
        ":root{{{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n",
        variables(|ink| ink.light, ";--page:#fffdf8;--card:#faf7f0;--line:#e2ddd0;--soft:#4b5a60;--mid:#b9c3c2"),
        variables(|ink| ink.dark, ";--page:#0c1215;--card:#131c21;--line:#26323a;--soft:#a9b8bc;--mid:#44545b"),
    );
    for ink in palette::all() {
        let name = ink.name;
        let _ = writeln!(css, ".s.{name}{{stroke:var(--{name})}}.f.{name}{{fill:var(--{name})}}"); // a String takes all
    }
    // A picture is drawn on paper, and its key must match.
    let light: Vec<String> = palette::all().map(|ink| format!("--{}:{}", ink.name, ink.light)).collect();
    let _ = writeln!(css, ".picture{{{}}}", light.join(";"));
    css
}

/// A map with its key and scale. `alt` says what one sees.
pub(super) fn map(drawn: &Drawn, key: &[Key], alt: &str, caption: &str, unit: Unit) -> Markup {
    let Drawn { frame, image } = drawn;
    let is_picture = matches!(image, Image::Png(_));
    let (share, length) = scale(frame.width * frame.metres_per_px, unit);
    html! {
        figure {
            div.map.picture[is_picture] {
                @match image {
                    Image::Svg(paths) => svg.drawn role="img" viewBox=(frame.view_box()) {
                        title { (alt) }
                        (PreEscaped(paths))
                    },
                    Image::Png(address) => {
                        @let [width, height] = [frame.width, frame.height].map(|px| format!("{px:.0}"));
                        img src=(address) alt=(alt) width=(width) height=(height);
                    }
                }
                (ruler(share))
                ul.key {
                    @for (ink, text) in key { li { (swatch(*ink)) (text) } }
                    li.scale { (length) }
                }
            }
            figcaption { (caption) }
        }
    }
}

fn swatch(ink: Ink) -> Markup {
    html! { svg.swatch viewBox="0 0 11 8" aria-hidden="true" { rect.f.(ink.name) width="11" height="8" {} } }
}

/// A round number of miles or kilometres, at most a fifth of the map's width in metres: its share of the width, and in words.
fn scale(map_width_m: f64, unit: Unit) -> (f64, String) {
    let widest = map_width_m / unit.metres() / 5.0;
    let power = 10_f64.powf(widest.log10().floor());
    let round = [5.0, 2.0, 1.0].map(|step| step * power).into_iter().find(|&length| length <= widest).unwrap_or(power);
    (round * unit.metres() / map_width_m, format!("{round} {}", unit.name()))
}

/// A strip as wide as the map, so that the bar in it is true at any width.
fn ruler(share: f64) -> Markup {
    let (start, length) = (980.0 - 1000.0 * share, 1000.0 * share);
    html! {
        svg.ruler viewBox="0 0 1000 10" aria-hidden="true" { path d=(format!("M{start:.0} 1v8h{length:.0}v-8")) {} }
    }
}

/// A bar of parts of a whole, each a share of it and a class.
pub(super) fn bar(class: &str, parts: &[(f64, &str)], alt: &str) -> Markup {
    let mut start = 0.0;
    html! {
        svg.bar.(class) viewBox="0 0 100 10" preserveAspectRatio="none" role="img" {
            title { (alt) }
            @for (share, class) in parts {
                @let width = (100.0 * share).clamp(0.0, 100.0 - start);
                rect.(*class) x=(format!("{start:.2}")) width=(format!("{width:.2}")) height="10" {}
                ({ start += width; "" })
            }
        }
    }
}

/// The head of a table: class and title of each column.
pub(super) fn head(columns: &[(&str, &str)]) -> Markup {
    html! {
        thead { tr {
            @for (class, title) in columns { th class=[(!class.is_empty()).then_some(class)] scope="col" { (title) } }
        } }
    }
}

/// A number with its exact value and a name, so that other programs (and our tests) find it.
pub(super) fn value(id: &str, exact: f64, shown: &str) -> Markup {
    html! { data id=(id) value=(exact) { (shown) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_round_and_at_most_a_fifth_of_the_map() {
        assert_eq!(scale(10_000.0, Unit::Kilometres), (0.2, "2 km".to_owned()));
        assert_eq!(scale(9_999.0, Unit::Kilometres).1, "1 km");
        assert_eq!(scale(4_500.0, Unit::Miles).1, "0.5 miles");
        assert!(ruler(0.2).into_string().contains("M780 1v8h200v-8"));
    }
}
