//! Numbers, truth values and arrays as PostgreSQL writes them, into a byte buffer: no format machinery in the loop over rows.

use std::io::Write;

/// A whole number.
pub(super) fn int(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// The shortest decimal text that reads back as the same number, with `.0` behind whole ones: as GDAL and JSON have it. Needs a finite number.
pub(super) fn json_float(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
}

/// The shortest decimal text as PostgreSQL casts a double to text: `1`, `0.25`, `1e-05`, `1e+15`, `NaN`, `Infinity`.
pub(super) fn float(out: &mut Vec<u8>, value: f64) {
    let size = value.abs();
    if size == 0.0 || (1e-4..1e15).contains(&size) {
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(value);
        out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
    } else if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    } else {
        scientific(out, value);
    }
}

/// With a sign and at least two digits in the exponent.
fn scientific(out: &mut Vec<u8>, value: f64) {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    append(out, format_args!("{digits}e{sign}{exponent:0>2}"));
}

/// A number with that many decimals, as NUMERIC columns have it.
pub(super) fn decimals(out: &mut Vec<u8>, value: f64, count: u8) {
    if value.is_finite() {
        append(out, format_args!("{value:.*}", usize::from(count)));
    } else {
        float(out, value);
    }
}

/// `{1,2}`.
pub(super) fn int_array(out: &mut Vec<u8>, items: &[i64]) {
    array(out, items, |out, &item| int(out, item));
}

/// `{a,"b c"}`: items are quoted where PostgreSQL quotes them.
pub(super) fn text_array<T: AsRef<str>>(out: &mut Vec<u8>, items: &[T]) {
    array(out, items, |out, item| text_item(out, item.as_ref()));
}

fn array<T>(out: &mut Vec<u8>, items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(b'{');
    for (nth, item) in items.iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b'}');
}

fn text_item(out: &mut Vec<u8>, item: &str) {
    let special =
        |byte: u8| matches!(byte, b'"' | b'\\' | b'{' | b'}' | b',') || byte.is_ascii_whitespace() || byte == 0x0b;
    if !item.is_empty() && !item.eq_ignore_ascii_case("null") && !item.bytes().any(special) {
        out.extend_from_slice(item.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in item.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // A Vec takes everything: there is no error to pass on.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_are_written_as_postgresql_casts_them_to_text() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-74406.0, "-74406"),
            (0.9838446871208182, "0.9838446871208182"),
            (0.0001, "0.0001"),
            (0.000012, "1.2e-05"),
            (-1e-7, "-1e-07"),
            (123456789012345.0, "123456789012345"),
            (1e15, "1e+15"),
            (1.5e300, "1.5e+300"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, text) in cases {
            assert_eq!(written(|out| float(out, value)), text);
        }
    }

    #[test]
    fn decimals_are_filled_up_with_zeros() {
        assert_eq!(written(|out| decimals(out, 0.4, 4)), "0.4000");
        assert_eq!(written(|out| decimals(out, 5814.0, 4)), "5814.0000");
        assert_eq!(written(|out| decimals(out, f64::NAN, 4)), "NaN");
    }

    #[test]
    fn arrays_quote_what_postgresql_quotes() {
        assert_eq!(written(|out| int_array(out, &[])), "{}");
        assert_eq!(written(|out| int_array(out, &[3, -1])), "{3,-1}");
        let items = ["a", "b c", "", "NULL", "d\"e", "f,g", "ü"];
        assert_eq!(written(|out| text_array(out, &items)), r#"{a,"b c","","NULL","d\"e","f,g",ü}"#);
    }
}
