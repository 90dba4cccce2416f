//! Rows are rendered in parallel and written in order: the processors render one stretch while the one before it is written (and hashed).

use rayon::prelude::*;
use std::io::{self, Write};
use std::ops::Range;

/// Where a format writes to.
pub(super) type Out<'a> = dyn Write + Send + 'a;

/// Rows a piece of work: large enough that handing it out costs nothing, small enough that all pieces in flight fit the cache.
const CHUNK: usize = 256;

/// Pieces of work a thread between two writes.
const CHUNKS_PER_THREAD: usize = 4;

/// Writes rows `0..rows`; `render` appends the text of a range of them.
pub(super) fn write(
    out: &mut Out<'_>,
    rows: usize,
    render: impl Fn(Range<usize>, &mut Vec<u8>) + Sync,
) -> io::Result<()> {
    write_chunks(out, rows, CHUNK, render)
}

/// The same for rows that are large: so many a piece of work.
pub(super) fn write_chunks(
    out: &mut Out<'_>,
    rows: usize,
    chunk: usize,
    render: impl Fn(Range<usize>, &mut Vec<u8>) + Sync,
) -> io::Result<()> {
    let stretch = chunk * CHUNKS_PER_THREAD * rayon::current_num_threads();
    let mut next: Vec<Vec<u8>> = Vec::new();
    let mut ready: Vec<Vec<u8>> = Vec::new();
    for start in (0..rows).step_by(stretch) {
        let pieces = (rows.min(start + stretch) - start).div_ceil(chunk);
        next.resize_with(pieces, Vec::new);
        let render_piece = |(piece, text): (usize, &mut Vec<u8>)| {
            let from = start + piece * chunk;
            text.clear();
            render(from..rows.min(from + chunk), text);
        };
        let (done, ()) = rayon::join(
            || ready.iter().try_for_each(|text| out.write_all(text)),
            || next.par_iter_mut().enumerate().for_each(render_piece),
        );
        done?;
        std::mem::swap(&mut next, &mut ready);
    }
    ready.iter().try_for_each(|text| out.write_all(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_order_whatever_the_number_of_threads() {
        let render =
            |rows: Range<usize>, out: &mut Vec<u8>| rows.for_each(|row| out.extend(format!("{row}\n").bytes()));
        for rows in [0, 1, CHUNK, CHUNK + 1, 50 * CHUNK + 7] {
            let expected: String = (0..rows).map(|row| format!("{row}\n")).collect();
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let mut out = Vec::new();
                pool.install(|| write(&mut out, rows, render)).unwrap();
                assert_eq!(String::from_utf8(out).unwrap(), expected, "{rows} rows, {threads} threads");
            }
        }
    }

    #[test]
    fn an_error_of_the_destination_comes_back() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write(&mut Full, 100_000, |_, out| out.push(b'x')).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
