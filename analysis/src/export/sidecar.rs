//! What CSV files and shapefiles cannot say themselves, in the files that their standards have for it: the edition, the full names of the
//! columns, what they mean and in which unit.

use super::shp::Dbf;
use crate::layers::{Layer, Layers, PAIR_COLUMNS, PAIRS, column_info};
use serde_json::{Value, json};

/// Name of the file that describes the CSV files beside it (W3C, "Metadata Vocabulary for Tabular Data").
pub(super) const CSV_METADATA: &str = "csv-metadata.json";

/// Text of [`CSV_METADATA`] for tables, and for the pairs under their file name.
pub(super) fn csv_metadata(layers: &Layers, tables: &[&Layer], pairs: Option<&str>) -> String {
    let table = |layer: &&Layer| {
        let names = layer.columns.iter().map(|column| &*column.name);
        json!({ "url": format!("{}.csv", layer.name), "dc:title": layer.comment, "tableSchema": { "columns": columns(names, |name| layer.meaning(name)) } })
    };
    let of_pairs = |file: &str| json!({ "url": file, "dc:title": "Pairs of blocks that are connected.", "tableSchema": { "columns": columns(PAIR_COLUMNS, |name| Some(column_info(PAIRS, name)?.sentence())) } });
    let metadata = json!({
        "@context": "http://www.w3.org/ns/csvw",
        "dc:creator": "Quietway",
        "dc:hasVersion": format!("edition {}", layers.edition.as_str()),
        "tables": tables.iter().map(table).chain(pairs.map(of_pairs)).collect::<Vec<_>>(),
    });
    format!("{metadata:#}\n")
}

fn columns<'a>(names: impl IntoIterator<Item = &'a str>, meaning: impl Fn(&str) -> Option<String>) -> Vec<Value> {
    let column = |name| {
        let mut column = json!({ "titles": name });
        if let Some(meaning) = meaning(name) {
            column["dc:description"] = meaning.into();
        }
        column
    };
    names.into_iter().map(column).collect()
}

/// Text of the `.shp.xml` file (FGDC metadata, which GIS programs look for): edition, and what each field is in full.
pub(super) fn shapefile_metadata(layers: &Layers, layer: &Layer, table: &Dbf<'_>) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata>\n<idinfo><citation><citeinfo><origin>Quietway</origin>",
    );
    element(&mut text, "title", &layer.name);
    element(&mut text, "edition", layers.edition.as_str());
    text.push_str("</citeinfo></citation><descript>");
    element(&mut text, "abstract", &layer.comment);
    text.push_str("</descript></idinfo>\n<eainfo><detailed>\n");
    for (field, column) in table.names() {
        text.push_str("<attr>");
        element(&mut text, "attrlabl", field);
        let meaning = layer.meaning(column).map(|meaning| format!("{column}: {meaning}"));
        element(&mut text, "attrdef", meaning.as_deref().unwrap_or(column));
        text.push_str("</attr>\n");
    }
    text.push_str("</detailed></eainfo>\n</metadata>\n");
    text
}

fn element(out: &mut String, name: &str, content: &str) {
    let content = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Control characters are not allowed in XML, not even escaped.
    let content: String = content.chars().filter(|c| !c.is_control()).collect();
    out.push_str(&format!("<{name}>{content}</{name}>"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::testing::small_layers;

    #[test]
    fn csv_metadata_names_edition_files_and_columns() {
        let layers = small_layers();
        let tables = [layers.get("neighborhood_overall_scores").unwrap()];
        let metadata: Value = serde_json::from_str(&csv_metadata(&layers, &tables, Some("pairs.csv.gz"))).unwrap();
        assert_eq!(metadata["dc:hasVersion"], "edition current");
        assert_eq!(metadata["tables"][0]["url"], "neighborhood_overall_scores.csv");
        assert_eq!(
            metadata["tables"][0]["tableSchema"]["columns"][1],
            json!({ "titles": "score_id", "dc:description": "Name of the score" })
        );
        let cost = json!({ "titles": "low_stress_cost", "dc:description": "Shortest trip on calm streets (m)" });
        assert_eq!(metadata["tables"][1]["url"], "pairs.csv.gz");
        assert_eq!(metadata["tables"][1]["tableSchema"]["columns"][3], cost);
    }

    #[test]
    fn shapefile_metadata_names_edition_and_fields_in_full() {
        let layers = small_layers();
        let layer = layers.get("neighborhood_ways").unwrap();
        let text = shapefile_metadata(&layers, layer, &Dbf::of(layer).unwrap());
        assert!(text.contains("<title>neighborhood_ways</title><edition>current</edition>"), "{text}");
        let field =
            "<attr><attrlabl>FT_BIKE_01</attrlabl><attrdef>ft_bike_infra_width: Its width (ft)</attrdef></attr>\n";
        assert!(text.contains(field), "{text}");
    }

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_left_out() {
        let mut text = String::new();
        element(&mut text, "a", "x < y & z\u{1}");
        assert_eq!(text, "<a>x &lt; y &amp; z</a>");
    }
}
