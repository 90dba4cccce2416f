//! The blocks of a run, saved so that it can be repeated: GeoParquet that other tools read too, and that comes back to the last bit.
//!
//! The first columns are row number, id and population; those of the source follow under their names. Types are those of the file, so a
//! column stays what it was even where every value in it is missing. A GeoJSON or a Shapefile could not promise that.

use super::{BlocksError, Candidates, LAND, POPULATION, numbers};
use crate::import::Blocks;
use crate::import::guard::guarded;
use crate::model::{Column, Values};
use crate::vector;
use parquet::basic::Type as Physical;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::Type;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Columns before those of the source.
const OWN: [&str; 3] = ["quietway_row", "quietway_id", "quietway_population"];

/// First bytes of the format.
const MAGIC: &[u8] = b"PAR1";

/// Columns of a file of saved blocks; their geometry goes with them.
pub fn columns(blocks: &Blocks) -> Vec<Column> {
    let own = [
        Values::Int(blocks.gid.iter().copied().map(Some).collect()),
        Values::Text(blocks.id.iter().cloned().map(Some).collect()),
        Values::Float(blocks.population.iter().copied().map(Some).collect()),
    ];
    let own = OWN.into_iter().zip(own).map(|(name, values)| Column::new(name, values));
    own.chain(blocks.attributes.iter().cloned()).collect()
}

/// Whether the file is of that format.
pub(super) fn is_saved(path: &Path) -> bool {
    let mut start = Vec::new();
    // A file that cannot be read is for the others to complain about.
    File::open(path).and_then(|file| file.take(4).read_to_end(&mut start)).is_ok_and(|_| start == MAGIC)
}

/// The blocks, as they came from their first source.
pub(super) fn read(path: &Path) -> Result<Candidates, BlocksError> {
    let name = path.display().to_string();
    let wrong = |what: String| BlocksError::NotSaved { path: name.clone(), what };
    let rows = guarded(|| rows(path)).ok_or_else(|| wrong("it is damaged".to_owned()))?;
    let rows = rows.map_err(|error| wrong(error.to_string()))?;
    let fields = rows.schema.get_fields();
    let own: Vec<&str> = fields.iter().take(OWN.len()).map(|field| field.name()).collect();
    if own != OWN || fields.len() <= OWN.len() {
        return Err(wrong(format!("its columns do not start with {}", OWN.join(", "))));
    }
    let (attributes, geometry) = (OWN.len()..fields.len() - 1, fields.len() - 1);
    let mut candidates = Candidates { population_name: POPULATION.into(), ..Candidates::none(name.clone()) };
    for (number, row) in rows.rows.iter().enumerate() {
        let cells: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
        let (Field::Long(gid), Field::Bytes(shape)) = (cells[0], cells[geometry]) else {
            return Err(wrong(format!("row {} has no number or no outline", number + 1)));
        };
        candidates.row.push(*gid);
        candidates.geometry.push(vector::polygons_of_wkb(shape.data()).map_err(&wrong)?);
    }
    let column = |at: usize| values(&fields[at], rows.rows.iter().filter_map(|row| row.get_column_iter().nth(at)));
    let (Values::Text(id), Values::Float(population)) = (column(1), column(2)) else {
        return Err(wrong("id and population have other types".to_owned()));
    };
    (candidates.id, candidates.population) = (id, population);
    candidates.columns = attributes.map(|at| Column::new(fields[at].name(), column(at))).collect();
    let land = candidates.columns.iter().find(|column| &*column.name == LAND);
    candidates.land = land.and_then(|column| numbers(&column.values));
    Ok(candidates)
}

struct Rows {
    schema: Arc<Type>,
    rows: Vec<Row>,
}

fn rows(path: &Path) -> parquet::errors::Result<Rows> {
    let reader = SerializedFileReader::new(File::open(path)?)?;
    let schema = Arc::new(reader.metadata().file_metadata().schema().clone());
    let rows = reader.get_row_iter(None)?.collect::<Result<_, _>>()?;
    Ok(Rows { schema, rows })
}

/// Values of a column by the type that the file declares.
fn values<'a>(field: &Type, cells: impl Iterator<Item = (&'a String, &'a Field)>) -> Values {
    let cells = cells.map(|(_, cell)| cell);
    let kind = if field.is_primitive() { field.get_physical_type() } else { Physical::BYTE_ARRAY };
    match kind {
        Physical::INT64 => {
            Values::Int(cells.map(|cell| if let Field::Long(v) = cell { Some(*v) } else { None }).collect())
        }
        Physical::DOUBLE => {
            Values::Float(cells.map(|cell| if let Field::Double(v) = cell { Some(*v) } else { None }).collect())
        }
        Physical::BOOLEAN => {
            Values::Bool(cells.map(|cell| if let Field::Bool(v) = cell { Some(*v) } else { None }).collect())
        }
        _ => {
            let text = |cell: &Field| if let Field::Str(v) = cell { Some(v.as_str().into()) } else { None };
            Values::Text(cells.map(text).collect())
        }
    }
}
