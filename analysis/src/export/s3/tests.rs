use super::*;

#[test]
fn addresses_are_read_and_written() {
    let place = |text| Location::parse(text).unwrap();
    assert_eq!(place("s3://b"), Location { bucket: "b".into(), prefix: String::new() });
    assert_eq!(place("s3://my.bucket-1/a/b/"), Location { bucket: "my.bucket-1".into(), prefix: "a/b".into() });
    assert_eq!(place("s3://b/").to_string(), "s3://b");
    assert_eq!(place("s3://b/usa/new mexico").to_string(), "s3://b/usa/new mexico");
    assert!(is_s3("s3://b") && !is_s3("results") && !is_s3("./s3:/b"));
}

#[test]
fn what_is_no_address_is_refused_with_the_reason() {
    for (text, why) in [
        ("results", "begin with s3://"),
        ("s3://", "bucket is missing"),
        ("s3:///prefix", "bucket is missing"),
        ("s3://a b/c", "only letters"),
        ("s3://arn:aws:s3/c", "only letters"),
        ("s3://b/a/../c", "`..`"),
        ("s3://b/a\nb", "control"),
    ] {
        let error = Location::parse(text).unwrap_err().to_string();
        assert!(error.contains(why) && error.ends_with("write s3://bucket/prefix"), "{error}");
    }
}

#[test]
fn keys_are_relative_to_the_prefix() {
    let (deep, top) = (Location::parse("s3://b/a").unwrap(), Location::parse("s3://b").unwrap());
    assert_eq!((deep.key("x/y"), top.key("x/y")), ("a/x/y".into(), "x/y".into()));
    assert_eq!((deep.key(""), top.key("")), ("a/".into(), String::new()));
    assert_eq!(deep.relative("a/x").as_deref(), Some("x"));
    assert_eq!((deep.relative("ab/x"), deep.relative("a")), (None, None));
    assert_eq!(top.relative("a/x").as_deref(), Some("a/x"));
    assert_eq!(deep.join("usa/x").prefix, "a/usa/x");
    assert_eq!(top.join("usa/").prefix, "usa");
    assert_eq!(deep.address("x"), "s3://b/a/x");
}

#[test]
fn pauses_double_and_never_run_away() {
    assert_eq!(backoff(1, 1.0), Duration::from_millis(500));
    assert_eq!(backoff(2, 0.0), Duration::from_millis(500));
    assert_eq!(backoff(1000, 7.0), Duration::from_secs(16));
    let pause = connect::pause(1);
    assert!(pause >= Duration::from_millis(250) && pause <= Duration::from_millis(500), "{pause:?}");
}

#[test]
fn browsers_are_told_what_a_file_is() {
    assert_eq!(content_type("a/neighborhood_ways.geojson"), "application/geo+json");
    assert_eq!(content_type("neighborhood_connected_census_blocks.csv.gz"), "application/gzip");
    assert_eq!(content_type("neighborhood_ways.dbf"), "application/octet-stream");
}
