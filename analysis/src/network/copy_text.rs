//! Names as the reference stores them: PostgreSQL's COPY reads a backslash as the start of an escape (bna-method §2.1).

/// The text that COPY makes of a field; `None` for `\N`, which is NULL.
pub(super) fn unescaped(text: &str) -> Option<String> {
    if text == "\\N" {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let Some((&kind, after)) = rest.split_first() else { break };
        let (code, used) = match kind {
            b'b' => (8, 1),
            b'f' => (12, 1),
            b'n' => (b'\n', 1),
            b'r' => (b'\r', 1),
            b't' => (b'\t', 1),
            b'v' => (11, 1),
            b'0'..=b'7' => number(rest, 8, 3),
            b'x' if after.first().is_some_and(u8::is_ascii_hexdigit) => {
                let (code, digits) = number(after, 16, 2);
                (code, digits + 1)
            }
            other => (other, 1),
        };
        bytes.push(code);
        rest = &rest[used..];
    }
    // Codes above 127 need not be UTF-8; the reference would refuse them.
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Value of up to `most` leading digits, cut to a byte, and how many there are.
fn number(text: &[u8], radix: u32, most: usize) -> (u8, usize) {
    let digits = text.iter().take(most).map_while(|&byte| char::from(byte).to_digit(radix));
    let (value, count) = digits.fold((0, 0), |(value, count), digit| (value * radix + digit, count + 1));
    ((value & 0xff) as u8, count)
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn as_postgresql_reads_it() {
        for (text, read) in [
            ("Main Street", "Main Street"),
            (r"c:\temp", "c:\temp"),
            (r"a\tb", "a\tb"),
            (r"a\Nb", "aNb"),
            (r"\101x", "Ax"),
            (r"\x41g", "Ag"),
            (r"\xg", "xg"),
            ("end\\", "end"),
        ] {
            assert_eq!(unescaped(text).as_deref(), Some(read), "{text}");
        }
        assert_eq!(unescaped("\\N"), None);
    }
}
