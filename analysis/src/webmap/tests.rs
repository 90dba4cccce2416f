use super::reach_file::Rows;
use crate::access::{CategoryScores, Scores};
use crate::connectivity::{Pair, Reach};
use crate::import::Blocks;
use crate::model::BlockId;
use std::io::Cursor;

/// Three blocks in another order than that of their ids; the last is outside the boundary.
fn blocks() -> Blocks {
    Blocks {
        id: ["b2", "b1", "c"].map(Into::into).to_vec(),
        gid: vec![7, 300, 2],
        in_boundary: vec![true, true, false],
        ..Blocks::default()
    }
}

fn written() -> Vec<u8> {
    let rows = vec![
        vec![
            Pair::new(BlockId(0), Some(0), Some(0), true),
            Pair::new(BlockId(1), Some(300), Some(200), false),
            Pair::new(BlockId(2), None, Some(2680), false),
        ],
        vec![],
        vec![],
    ];
    let low = vec![Some(1), None, None];
    let pop = CategoryScores { category: "pop".into(), low, high: vec![Some(130), Some(0), None], score: vec![] };
    let scores = Scores { categories: vec![pop], ..Scores::default() };
    let mut out = Cursor::new(Vec::new());
    let (reach, blocks, order) = (Reach::from_rows(&rows), blocks(), [BlockId(1), BlockId(0), BlockId(2)]);
    Rows { reach: &reach, blocks: &blocks, scores: &scores, order: &order }.write(&mut out).unwrap();
    out.into_inner()
}

/// The bytes as docs/reach-format.md has them; the page's own test reads the same ones.
#[test]
fn rows_are_those_of_the_document() {
    let bytes = written();
    let row_of_b1 = [0, 1, 0];
    let row_of_b2 = [2, 131, 1, 3, 1, 201, 1, 200, 1, 7, 1, 0, 4, 249, 20];
    let index =
        [b"[\"pop\"]".as_slice(), &[0, 2, b'b', b'1', 216, 4, 3], &[1, 1, b'2', 201, 4, 15], &[0, 1, b'c', 9, 0]]
            .concat();
    let header = [b"QWREACH1".as_slice(), &[3, 0, 0, 0], &[7, 0, 0, 0], &50_u64.to_le_bytes(), &25_u64.to_le_bytes()];
    assert_eq!(bytes, [header.concat().as_slice(), &row_of_b1, &row_of_b2, &index].concat());
}

#[test]
fn the_page_comes_last_and_names_its_files_relatively() {
    let page = super::embedded();
    if page.is_empty() {
        println!("skipped: this build has no page; run scripts/build-web");
        return;
    }
    assert_eq!(page.last().unwrap().path, "index.html");
    let html = std::str::from_utf8(page.last().unwrap().bytes).unwrap();
    for asset in &page[..page.len() - 1] {
        assert!(asset.path.starts_with("map/"), "{}", asset.path);
    }
    assert!(html.contains("src=\"./map/assets/") && !html.contains("src=\"/"), "{html}");
}
