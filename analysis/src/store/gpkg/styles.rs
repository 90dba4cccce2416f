//! How QGIS draws the layers: its table `layer_styles`, so that a GeoPackage opens coloured by stress and by score.
//!
//! The table is QGIS' own, registered as attributes so that other readers know it too. A style is QML; where QGIS finds one marked as
//! default for a layer, it uses it without asking.

use super::run;
use crate::layers::{Geometry, Layer, Layers};
use crate::model::palette::{FAINT, HIGH, Ink, LOW, NONE, OUTLINE, SCORES, rgb};
use sqlx::sqlite::SqliteConnection;

const TABLE: &str = "
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT,
  f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT,
  ui TEXT, update_time DATETIME);
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', 'How QGIS draws the layers.', '1970-01-01T00:00:00.000Z');
";

/// Makes the table for the layers that have a style.
pub(super) async fn write(database: &mut SqliteConnection, layers: &Layers) -> Result<(), sqlx::Error> {
    let styles: Vec<(&Layer, Style)> = layers
        .tables
        .iter()
        .filter(|layer| layer.exports.database)
        .filter_map(|layer| Some((layer, style(layer)?)))
        .collect();
    if styles.is_empty() {
        return Ok(());
    }
    run(database, TABLE.to_owned()).await?;
    for (layer, style) in styles {
        sqlx::query("INSERT INTO layer_styles VALUES (NULL, '', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL, '1970-01-01T00:00:00.000Z')")
            .bind(&layer.name)
            .bind(style.name)
            .bind(style.qml)
            .bind(style.description)
            .execute(&mut *database)
            .await?;
    }
    Ok(())
}

struct Style {
    name: &'static str,
    description: &'static str,
    qml: String,
}

/// Of the layers that mean something at first sight.
fn style(layer: &Layer) -> Option<Style> {
    layer.geometry.as_ref()?;
    let has = |name: &str| layer.columns.iter().any(|column| &*column.name == name);
    match layer.name.as_str() {
        "neighborhood_ways" => Some(Style {
            name: "stress",
            description: "Streets by traffic stress",
            qml: rules(&street_rules(), "line", 2),
        }),
        "neighborhood_census_blocks" if has("overall_score") => Some(Style {
            name: "overall score",
            description: "Blocks by overall score",
            qml: rules(&block_rules(), "fill", 0),
        }),
        "neighborhood_boundary" => {
            let all = Rule { label: "boundary".into(), filter: String::new(), symbol: outline(OUTLINE) };
            Some(Style { name: "boundary", description: "The boundary", qml: rules(&[all], "fill", 1) })
        }
        _ if matches!(layer.geometry, Some(Geometry::Points { .. })) && has("int_stress") => Some(Style {
            name: "crossing stress",
            description: "Junctions with a stressful crossing",
            qml: rules(
                &[Rule {
                    label: "stressful crossing".into(),
                    filter: "\"int_stress\" = 3".into(),
                    symbol: marker(HIGH),
                }],
                "marker",
                0,
            ),
        }),
        _ => None,
    }
}

/// Which features look how.
struct Rule {
    label: String,
    /// A QGIS expression; empty: all.
    filter: String,
    symbol: String,
}

fn street_rules() -> Vec<Rule> {
    let worst = r#"max("ft_seg_stress", "tf_seg_stress")"#;
    [
        ("calm", format!("{worst} = 1"), LOW),
        ("stressful", format!("{worst} = 3"), HIGH),
        ("not rated", format!("{worst} IS NULL"), NONE),
    ]
    .map(|(label, filter, ink)| Rule { label: label.into(), filter, symbol: line(ink) })
    .into()
}

fn block_rules() -> Vec<Rule> {
    let step = 100.0 / SCORES.len() as f64;
    let rule = |(at, ink): (usize, Ink)| {
        let (low, high) = (step * at as f64, step * (at + 1) as f64);
        let upper = if at + 1 == SCORES.len() { "<=" } else { "<" };
        Rule {
            label: format!("{low:.0} – {high:.0}"),
            filter: format!("\"overall_score\" >= {low:.4} AND \"overall_score\" {upper} {high:.4}"),
            symbol: fill(ink),
        }
    };
    let none = Rule { label: "no score".into(), filter: "\"overall_score\" IS NULL".into(), symbol: fill(FAINT) };
    SCORES.into_iter().enumerate().map(rule).chain([none]).collect()
}

/// A rule-based renderer as QGIS writes it. `geometry`: 0 point, 1 line, 2 polygon is told by the layer; the type names its symbols.
fn rules(rules: &[Rule], kind: &str, level: u8) -> String {
    let mut list = String::new();
    let mut symbols = String::new();
    for (at, rule) in rules.iter().enumerate() {
        let key = format!("{{00000000-0000-4000-8000-{:08}{at:04}}}", level);
        let filter = match rule.filter.as_str() {
            "" => String::new(),
            filter => format!(r#" filter="{}""#, escaped(filter)),
        };
        list += &format!(r#"<rule key="{key}" symbol="{at}" label="{}"{filter}/>"#, escaped(&rule.label));
        symbols += &format!(
            r#"<symbol type="{kind}" name="{at}" alpha="1" clip_to_extent="1" force_rhr="0">{}</symbol>"#,
            rule.symbol
        );
    }
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis version=\"3.22.0\" styleCategories=\"Symbology\"><renderer-v2 type=\"RuleRenderer\" forceraster=\"0\" symbollevels=\"0\" \
         enableorderby=\"0\"><rules key=\"{{00000000-0000-4000-8000-{level:08}9999}}\">{list}</rules>\
         <symbols>{symbols}</symbols></renderer-v2></qgis>"
    )
}

fn symbol_layer(class: &str, options: &[(&str, String)]) -> String {
    let options: String = options
        .iter()
        .map(|(name, value)| format!(r#"<Option type="QString" name="{name}" value="{value}"/>"#))
        .collect();
    format!(r#"<layer class="{class}" enabled="1" locked="0" pass="0"><Option type="Map">{options}</Option></layer>"#)
}

fn line(ink: Ink) -> String {
    let width = [("line_color", colour(ink)), ("line_width", "0.46".into()), ("line_width_unit", "MM".into())];
    let round = [("line_style", "solid".into()), ("capstyle", "round".into()), ("joinstyle", "round".into())];
    symbol_layer("SimpleLine", &[width, round].concat())
}

fn fill(ink: Ink) -> String {
    symbol_layer("SimpleFill", &[("color", colour(ink)), ("style", "solid".into()), ("outline_style", "no".into())])
}

fn outline(ink: Ink) -> String {
    let edge = [("outline_color", colour(ink)), ("outline_style", "dash".into()), ("outline_width", "0.5".into())];
    symbol_layer(
        "SimpleFill",
        &[[("color", colour(ink)), ("style", "no".into()), ("outline_width_unit", "MM".into())], edge].concat(),
    )
}

fn marker(ink: Ink) -> String {
    symbol_layer(
        "SimpleMarker",
        &[("name", "circle".into()), ("color", colour(ink)), ("outline_style", "no".into()), ("size", "1.6".into())],
    )
}

fn colour(ink: Ink) -> String {
    let [r, g, b] = rgb(ink.light);
    format!("{r},{g},{b},255")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    /// Names of elements and how often they are there; well-formed or it panics.
    fn count(qml: &str, element: &str) -> usize {
        let mut reader = Reader::from_str(qml);
        reader.config_mut().check_end_names = true;
        let mut found = 0;
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => return found,
                Event::Start(tag) | Event::Empty(tag) if tag.name().0 == element => found += 1,
                _ => {}
            }
        }
    }

    #[test]
    fn every_rule_has_its_symbol() {
        for (list, kind) in [(street_rules(), "line"), (block_rules(), "fill")] {
            let qml = rules(&list, kind, 0);
            assert_eq!((count(&qml, "rule"), count(&qml, "symbol")), (list.len(), list.len()), "{qml}");
            assert!(!qml.contains("\" < ") && qml.contains(&format!("symbol type=\"{kind}\"")), "{qml}");
        }
    }

    #[test]
    fn streets_are_told_apart_by_their_worse_direction() {
        let qml = rules(&street_rules(), "line", 2);
        assert!(qml.contains("filter=\"max(&quot;ft_seg_stress&quot;, &quot;tf_seg_stress&quot;) = 1\""), "{qml}");
        assert!(qml.contains("11,110,143,255"), "{qml}");
    }
}
