//! The letter as it goes over the wire: checked, and with its dots doubled.
//!
//! In: the letter's bytes. Out: whether they may be sent at all, and the bytes for the wire
//! without the end. Checked are strict CRLF, no NUL, lines within 998 octets (RFC 5321
//! §4.5.3.1.6): a bare LF before a dot would let a letter end where its writer chose, and what
//! follows it be taken for commands (RUSTSEC-2026-0561).
//!
//! A line that begins with a dot gets a second one (RFC 5321 §4.5.2). The last CRLF of the letter
//! is left to [`END`].

/// What ends a letter: the end of its last line, then the dot.
pub(super) const END: &[u8] = b"\r\n.\r\n";

/// What is known of the letter's bytes after the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Checked {
    /// Some byte is above 127.
    pub(super) eight_bit: bool,
}

/// Whether `bytes` may be sent.
///
/// # Errors
/// A sentence about what the letter holds; whoever composed it made a mistake.
pub(super) fn check(bytes: &[u8]) -> Result<Checked, String> {
    if bytes.is_empty() {
        return Err(String::from("the letter is empty"));
    }
    let mut eight_bit = false;
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let text = match line.strip_suffix(b"\n") {
            Some(ended) => ended.strip_suffix(b"\r").ok_or_else(|| {
                String::from("the letter holds a line feed without carriage return")
            })?,
            None => line,
        };
        if text.len() > 998 {
            return Err(String::from(
                "the letter holds a line of more than 998 octets",
            ));
        }
        let mut seen = 0;
        for &byte in text {
            if byte == 0 || byte == b'\r' {
                let what = if byte == 0 {
                    "NUL"
                } else {
                    "carriage return without line feed"
                };
                return Err(format!("the letter holds a {what}"));
            }
            seen |= byte;
        }
        eight_bit |= seen >= 0x80;
    }
    Ok(Checked { eight_bit })
}

/// The wire form of checked `bytes`, without [`END`].
pub(super) fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 64 + END.len());
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        if line.first() == Some(&b'.') {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    wire
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a server makes of the wire: the letter up to the first end, and what is left over.
    fn received(wire: &[u8]) -> (Vec<u8>, &[u8]) {
        let at = wire
            .windows(END.len())
            .position(|window| window == END)
            .unwrap();
        let (letter, rest) = wire.split_at(at + END.len());
        let letter = letter.strip_suffix(b".\r\n").unwrap();
        let lines = letter.split_inclusive(|&b| b == b'\n');
        let bytes = lines.flat_map(|line| line.strip_prefix(b".").unwrap_or(line));
        (bytes.copied().collect(), rest)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]
        #[test]
        fn whatever_passes_the_check_ends_where_it_ends(
            pieces in prop::collection::vec(prop::sample::select(vec![".", "\r\n", "..", "a"]), 1..12)
        ) {
            let letter = pieces.concat();
            prop_assert!(check(letter.as_bytes()).is_ok());
            let wire = [stuffed(letter.as_bytes()), END.to_vec()].concat();
            // A server sees the line end of DATA before the letter.
            let with_data = [b"DATA\r\n".to_vec(), wire].concat();
            let (bytes, rest) = received(&with_data);
            prop_assert!(rest.is_empty(), "the letter ended early");
            let end = if letter.ends_with("\r\n") { "" } else { "\r\n" };
            prop_assert_eq!(bytes, format!("DATA\r\n{letter}{end}").into_bytes());
        }
    }

    #[test]
    fn dots_are_doubled_at_the_front_of_lines_only() {
        let table: [(&str, &str); 8] = [
            ("a\r\n", "a"),
            ("a", "a"),
            (".\r\n", ".."),
            (".", ".."),
            ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb"),
            ("a.\r\n..b\r\n", "a.\r\n...b"),
            ("\r\n", ""),
            ("a\r\n\r\n", "a\r\n"),
        ];
        for (letter, wire) in table {
            check(letter.as_bytes()).unwrap();
            let got = stuffed(letter.as_bytes());
            assert_eq!(String::from_utf8(got).unwrap(), wire, "{letter:?}");
        }
    }

    #[test]
    fn err_bytes_that_must_never_reach_a_server() {
        let long = "x".repeat(999);
        let table = [
            "",
            "a\nb\r\n",
            "\n",
            "a\n.\nb",
            "a\r.\rb\r\n",
            "a\r",
            "\r\r\n",
            "a\0b\r\n",
            "a\r\n\n",
            &long,
        ];
        for letter in table {
            assert!(check(letter.as_bytes()).is_err(), "{letter:?}");
        }
        let full = format!("{}\r\n", "x".repeat(998));
        assert_eq!(check(full.as_bytes()), Ok(Checked { eight_bit: false }));
        assert_eq!(check("é\r\n".as_bytes()), Ok(Checked { eight_bit: true }));
    }
}
