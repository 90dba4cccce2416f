use super::*;
use std::io::Write;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

/// An archive with these files; a content of `None` is a symbolic link to /etc/passwd.
fn archive(files: &[(&str, Option<&[u8]>)]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.zip");
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    for (name, content) in files {
        match content {
            Some(content) => {
                zip.start_file(*name, SimpleFileOptions::default()).unwrap();
                zip.write_all(content).unwrap();
            }
            None => zip.add_symlink(*name, "/etc/passwd", SimpleFileOptions::default()).unwrap(),
        }
    }
    zip.finish().unwrap();
    (folder, path)
}

fn small() -> Caps {
    Caps { entries: 3, bytes: 1 << 20, ratio: 100, ratio_from_bytes: 100_000 }
}

#[test]
fn an_honest_archive_is_read_and_unpacked() {
    let (folder, path) = archive(&[("a/Town.SHP", Some(b"shape")), ("a/town.prj", Some(b"degrees"))]);
    let mut zip = SafeZip::open(&path, small()).unwrap();
    assert_eq!(zip.names(), ["a/Town.SHP", "a/town.prj"]);
    let mut text = String::new();
    zip.read("a/town.shp").unwrap().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "shape");
    assert!(zip.read("a/town.dbf").unwrap().is_none());
    let files = zip.unpack(&folder.path().join("out")).unwrap();
    assert_eq!(fs::read(&files[1]).unwrap(), b"degrees");
    let again = zip.unpack(&folder.path().join("out")).unwrap_err();
    assert!(matches!(again, ZipFault::CannotWrite { .. }), "{again}");
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused_before_anything_is_written() {
    for name in ["../evil", "a/../../evil", "/etc/evil", "a\\..\\..\\evil", "C:evil"] {
        let (folder, path) = archive(&[("good", Some(b"x")), (name, Some(b"x"))]);
        let out = folder.path().join("out");
        let error = SafeZip::open(&path, small()).unwrap().unpack(&out).unwrap_err();
        assert!(matches!(&error, ZipFault::Escape { .. }), "{name}: {error}");
        assert!(!out.exists() && !folder.path().join("evil").exists());
    }
    let (folder, path) = archive(&[("link", None)]);
    let error = SafeZip::open(&path, small()).unwrap().unpack(&folder.path().join("out")).unwrap_err();
    assert!(error.to_string().contains("link"), "{error}");
}

#[test]
fn names_that_stay() {
    for (name, fits) in [
        ("a", true),
        ("a/b.shp", true),
        ("./a", true),
        ("..a", true),
        ("", false),
        ("..", false),
        ("a/..", false),
        ("/a", false),
        ("a\0", false),
    ] {
        assert_eq!(inside(name).is_some(), fits, "{name:?}");
    }
}

#[test]
fn too_many_files_are_refused() {
    let (_folder, path) = archive(&[("1", Some(b"")), ("2", Some(b"")), ("3", Some(b"")), ("4", Some(b""))]);
    assert!(matches!(SafeZip::open(&path, small()), Err(ZipFault::TooMany { found: 4, most: 3 })));
}

/// Reads all; the fault that stops it.
fn fault_of(path: &Path, caps: Caps) -> Option<(u64, ZipFault)> {
    let mut zip = SafeZip::open(path, caps).unwrap();
    let mut came = 0;
    for name in zip.names() {
        let mut source = zip.read(&name).unwrap().unwrap();
        let mut buffer = [0; 4096];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => came += length as u64,
                Err(error) => return Some((came, error.downcast().unwrap())),
            }
        }
    }
    None
}

#[test]
fn a_bomb_is_noticed_while_it_goes_off() {
    let zeros = vec![0; 900_000];
    let (_folder, path) = archive(&[("zeros", Some(&zeros))]);
    let (came, fault) = fault_of(&path, small()).unwrap();
    assert!(matches!(fault, ZipFault::Bomb { most: 100 }), "{fault}");
    assert!(came < 200_000, "{came} bytes came out before it was noticed");
    assert!(fault_of(&path, Caps { ratio: 10_000, ..small() }).is_none());
}

#[test]
fn files_count_together_and_once() {
    let noise: Vec<u8> = (0u32..150_000).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let (_folder, path) = archive(&[("one", Some(&noise)), ("two", Some(&noise))]);
    let (came, fault) = fault_of(&path, small()).unwrap();
    assert!(matches!(fault, ZipFault::TooLarge { most: 1_048_576 }), "{fault}");
    assert!(came > 600_000, "the first fits");
    let mut zip = SafeZip::open(&path, small()).unwrap();
    for _ in 0..3 {
        assert_eq!(io::copy(&mut zip.read("one").unwrap().unwrap(), &mut io::sink()).unwrap(), 600_000);
    }
}

/// The sizes that the archive declares are those of a small file; the content is not.
#[test]
fn declared_sizes_are_not_believed() {
    let zeros = vec![0; 900_000];
    let (_folder, path) = archive(&[("zeros", Some(&zeros))]);
    let mut bytes = fs::read(&path).unwrap();
    let true_size = 900_000_u32.to_le_bytes();
    for at in 0..bytes.len() - 4 {
        if bytes[at..at + 4] == true_size {
            bytes[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
    }
    fs::write(&path, bytes).unwrap();
    let mut zip = SafeZip::open(&path, small()).unwrap();
    let mut came = Vec::new();
    let error = zip.read("zeros").unwrap().unwrap().read_to_end(&mut came).unwrap_err();
    assert!(error.kind() == io::ErrorKind::InvalidData && came.len() < 200_000, "{} {error}", came.len());
}
