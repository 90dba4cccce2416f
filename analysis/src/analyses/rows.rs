//! Rows that come back from a database or a file, put together to a layer.

use super::header::{ExportFormat, GeometryKind, Output};
use crate::layers::{Exports, Geometry, Layer};
use crate::model::{Column, Utm, Values};
use crate::vector::wkb::{self, Shape};
use geo::MapCoords;
use geo_types::{Coord, MultiPolygon, Point};
use std::sync::Arc;

/// More rows than this are no layer: they would fill the memory of the run.
pub(super) const ROWS_MAX: usize = 10_000_000;

/// Name of the geometry column in tables.
pub(super) const GEOM: &str = "geom";

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(Arc<str>),
    Ints(Vec<i64>),
    Texts(Vec<Arc<str>>),
    /// The name of a type that no format holds.
    Strange(String),
}

/// What a column of nothing but NULLs is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Float,
    Bool,
    Ints,
    Texts,
    #[default]
    Text,
}

/// A column as it comes: name, kind as declared, values.
#[derive(Clone, Debug)]
pub(super) struct RawColumn {
    pub name: String,
    pub kind: Kind,
    pub cells: Vec<Cell>,
}

/// A table as it comes; `shapes` as well-known binary, one a row, when it has any.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw {
    pub columns: Vec<RawColumn>,
    pub shapes: Option<Vec<Option<Vec<u8>>>>,
}

/// The layer that an output declares, from its rows.
pub(super) fn layer(output: &Output, raw: Raw, projection: Utm) -> Result<Layer, String> {
    let name = &output.name;
    let missing = output.columns.keys().find(|about| !raw.columns.iter().any(|column| &column.name == *about));
    if let Some(column) = missing {
        return Err(format!("table {name} has no column {column}, which its header describes"));
    }
    let geometry = match (output.geometry, raw.shapes) {
        (None, None) => None,
        (Some(kind), Some(shapes)) => Some(geometry(name, kind, &shapes, projection)?),
        (Some(_), None) => {
            return Err(format!("table {name} has no column {GEOM}, though its header declares a geometry"));
        }
        (None, Some(_)) => {
            return Err(format!("table {name} has a column {GEOM}; declare its `geometry`, or leave it out"));
        }
    };
    let columns = raw.columns.into_iter().map(|column| {
        let meaning = output.columns.get(&column.name).map(|text| Arc::from(text.as_str()));
        let values = values(name, &column)?;
        Ok(Column { meaning, ..Column::new(column.name, values) })
    });
    let columns = columns.collect::<Result<Vec<_>, String>>()?;
    if columns.is_empty() {
        return Err(format!("table {name} has no column besides its geometry; add one"));
    }
    Ok(Layer { name: name.clone(), comment: output.title.clone().into(), columns, geometry, exports: exports(output) })
}

fn exports(output: &Output) -> Exports {
    let has = |format| output.export.contains(&format);
    Exports {
        geojson: has(ExportFormat::Geojson),
        csv: has(ExportFormat::Csv),
        shp: has(ExportFormat::Shp),
        parquet: has(ExportFormat::Parquet),
        database: true,
        tiles: output.tiles.map(|zooms| (zooms.min_zoom, zooms.max_zoom)),
    }
}

/// The kind that holds all cells: whole numbers become fractional beside those, all else must agree.
fn common(table: &str, column: &RawColumn) -> Result<Kind, String> {
    let mut found: Option<Kind> = None;
    for cell in &column.cells {
        let kind = match cell {
            Cell::Null => continue,
            Cell::Int(_) => Kind::Int,
            Cell::Float(_) => Kind::Float,
            Cell::Bool(_) => Kind::Bool,
            Cell::Text(_) => Kind::Text,
            Cell::Ints(_) => Kind::Ints,
            Cell::Texts(_) => Kind::Texts,
            Cell::Strange(of) => {
                let column = &column.name;
                return Err(format!(
                    "column {column} of table {table} has the type {of}, which no export can hold; cast it to text or a number, or leave it out"
                ));
            }
        };
        found = Some(match found {
            None => kind,
            Some(before) if before == kind => kind,
            Some(Kind::Int | Kind::Float) if matches!(kind, Kind::Int | Kind::Float) => Kind::Float,
            Some(_) => {
                let column = &column.name;
                return Err(format!("column {column} of table {table} holds values of several types; cast it to one"));
            }
        });
    }
    Ok(match (found, column.kind) {
        (None, declared) => declared,
        (Some(Kind::Int), Kind::Float) => Kind::Float,
        (Some(kind), _) => kind,
    })
}

fn values(table: &str, column: &RawColumn) -> Result<Values, String> {
    let cells = || column.cells.iter();
    Ok(match common(table, column)? {
        Kind::Int => Values::Int(cells().map(|cell| if let Cell::Int(v) = cell { Some(*v) } else { None }).collect()),
        Kind::Float => Values::Float(
            cells()
                .map(|cell| match cell {
                    Cell::Float(v) => Some(*v),
                    Cell::Int(v) => Some(*v as f64),
                    _ => None,
                })
                .collect(),
        ),
        Kind::Bool => {
            Values::Bool(cells().map(|cell| if let Cell::Bool(v) = cell { Some(*v) } else { None }).collect())
        }
        Kind::Text => {
            Values::Text(cells().map(|cell| if let Cell::Text(v) = cell { Some(v.clone()) } else { None }).collect())
        }
        Kind::Ints => {
            Values::IntList(cells().map(|cell| if let Cell::Ints(v) = cell { v.clone() } else { Vec::new() }).collect())
        }
        Kind::Texts => Values::TextList(
            cells().map(|cell| if let Cell::Texts(v) = cell { v.clone() } else { Vec::new() }).collect(),
        ),
    })
}

/// The shapes of all rows, of the kind that was declared.
fn geometry(table: &str, kind: GeometryKind, shapes: &[Option<Vec<u8>>], projection: Utm) -> Result<Geometry, String> {
    let read = |(row, wkb): (usize, &Option<Vec<u8>>)| {
        let shape = wkb.as_deref().map(wkb::shape).transpose();
        shape.map_err(|what| format!("row {} of table {table}: column {GEOM} is no shape: {what}", row + 1))
    };
    let read = shapes.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    let wrong = |row: usize, shape: &Shape| {
        let what = match shape {
            Shape::Point(_) => "a point",
            Shape::Lines(_) => "a line, or several",
            Shape::Polygons(_) => "a polygon",
        };
        let declared = format!("{kind:?}").to_lowercase();
        format!(
            "row {} of table {table} is {what}, but its header declares `geometry = \"{declared}\"` (one a row)",
            row + 1
        )
    };
    let metric = |at: Coord<f64>| projection.forward(at);
    match kind {
        GeometryKind::Point => {
            let point = |(row, shape): (usize, &Option<Shape>)| match shape {
                None => Ok(None),
                Some(Shape::Point(point)) => Ok(point.map(Point)),
                Some(other) => Err(wrong(row, other)),
            };
            let wgs84: Vec<Option<Point<f64>>> = read.iter().enumerate().map(point).collect::<Result<_, _>>()?;
            Ok(Geometry::Points { metric: wgs84.iter().map(|at| at.map(|at| Point(metric(at.0)))).collect(), wgs84 })
        }
        GeometryKind::Line => {
            let (mut first, mut wgs84) = (vec![0], Vec::new());
            for (row, shape) in read.iter().enumerate() {
                match shape {
                    None => {}
                    Some(Shape::Lines(lines)) if lines.len() < 2 => wgs84.extend(lines.iter().flatten().copied()),
                    Some(other) => return Err(wrong(row, other)),
                }
                first.push(u32::try_from(wgs84.len()).map_err(|_| format!("table {table} has too many points"))?);
            }
            Ok(Geometry::Lines { first, metric: wgs84.iter().map(|&at| metric(at)).collect(), wgs84 })
        }
        GeometryKind::Polygon => {
            let polygons = |(row, shape): (usize, &Option<Shape>)| match shape {
                None => Ok(None),
                Some(Shape::Polygons(shape)) => Ok(Some(shape.clone())),
                Some(other) => Err(wrong(row, other)),
            };
            let wgs84: Vec<Option<MultiPolygon<f64>>> =
                read.iter().enumerate().map(polygons).collect::<Result<_, _>>()?;
            let metric = wgs84.iter().map(|shape| shape.as_ref().map(|shape| shape.map_coords(metric))).collect();
            Ok(Geometry::Polygons { wgs84, metric })
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::analyses) fn output(geometry: Option<GeometryKind>) -> Output {
        Output {
            name: "found".into(),
            title: "What was found".into(),
            geometry,
            export: vec![ExportFormat::Csv],
            tiles: None,
            columns: [("n".to_owned(), "A number".to_owned())].into(),
        }
    }

    fn utm() -> Utm {
        Utm::of(Coord { x: 7.4, y: 43.7 })
    }

    fn raw(cells: Vec<Cell>, shapes: Option<Vec<Option<Vec<u8>>>>) -> Raw {
        Raw { columns: vec![RawColumn { name: "n".into(), kind: Kind::default(), cells }], shapes }
    }

    #[test]
    fn whole_and_fractional_numbers_are_fractional() {
        let found = layer(&output(None), raw(vec![Cell::Int(1), Cell::Null, Cell::Float(0.5)], None), utm()).unwrap();
        assert_eq!(found.columns[0].values, Values::Float(vec![Some(1.0), None, Some(0.5)]));
        assert_eq!(found.meaning("n").as_deref(), Some("A number"));
        assert!(found.exports.csv && found.exports.database && !found.exports.geojson);
    }

    #[test]
    fn what_no_format_holds_is_named() {
        let said = |raw| layer(&output(None), raw, utm()).unwrap_err();
        assert!(
            said(raw(vec![Cell::Strange("bytea".into())], None)).contains("column n of table found has the type bytea")
        );
        assert!(said(raw(vec![Cell::Int(1), Cell::Text("x".into())], None)).contains("several types"));
        assert!(said(Raw::default()).contains("no column n"));
        assert!(said(raw(vec![Cell::Int(1)], Some(vec![None]))).contains("declare its `geometry`"));
    }

    #[test]
    fn shapes_must_be_of_the_declared_kind() {
        let mut point = vec![1, 1, 0, 0, 0];
        point.extend([7.4_f64, 43.7].iter().flat_map(|v| v.to_le_bytes()));
        let rows = || raw(vec![Cell::Int(1), Cell::Int(2)], Some(vec![None, Some(point.clone())]));
        let found = layer(&output(Some(GeometryKind::Point)), rows(), utm()).unwrap();
        let Some(Geometry::Points { wgs84, metric }) = found.geometry else { panic!("points") };
        assert_eq!(wgs84, [None, Some(Point::new(7.4, 43.7))]);
        assert!(metric[1].unwrap().x() > 100_000.0);
        let said = layer(&output(Some(GeometryKind::Line)), rows(), utm()).unwrap_err();
        assert!(said.contains("row 2 of table found is a point"), "{said}");
        let broken = raw(vec![Cell::Int(1)], Some(vec![Some(point[..20].to_vec())]));
        let said = layer(&output(Some(GeometryKind::Point)), broken, utm()).unwrap_err();
        assert_eq!(said, "row 1 of table found: column geom is no shape: a geometry ends early");
    }
}
