//! The properties of [`crate::properties`] on generated input and on damaged letters of the corpus.
//! Few cases each: the fuzz targets in `fuzz/` run the same functions for as long as one likes.

use proptest::prelude::*;

use super::letters;
use crate::properties;

/// A letter of the corpus with some bytes overwritten, a stretch repeated and a piece of another.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<Vec<u8>> = letters().into_iter().map(|letter| letter.raw).collect();
    let other = proptest::sample::select(all.clone());
    let letter = proptest::sample::select(all);
    let writes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20);
    let cut = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    (letter, other, writes, cut, 1_usize..4).prop_map(|(mut raw, other, writes, cut, times)| {
        for (at, byte) in writes {
            if !raw.is_empty() {
                let at = at.index(raw.len());
                raw[at] = byte;
            }
        }
        let at = cut.0.index(raw.len() + 1);
        let piece = &other[cut.1.index(other.len() + 1)..];
        let tail = raw.split_off(at);
        for _ in 0..times {
            raw.extend_from_slice(&piece[..piece.len().min(400)]);
        }
        raw.extend(tail);
        raw
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..400)
}

/// Bytes of which most belong to what the reader at hand knows.
fn pieces(known: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(known).prop_map(|piece| piece.as_bytes().to_vec());
    let any = proptest::collection::vec(any::<u8>(), 0..6);
    proptest::collection::vec(prop_oneof![5 => known, 1 => any], 0..40).prop_map(|all| all.concat())
}

const TAGS: &[&str] = &[
    "<p>",
    "</p>",
    "<div style='display:none'>",
    "</div>",
    "<table><tr><td>",
    "</table>",
    "<br>",
    "<blockquote type=cite>",
    "</blockquote>",
    "<script>",
    "</script>",
    "<style>",
    "<!--",
    "-->",
    "<a href=\"https://x.example/\">",
    "</a>",
    "&nbsp;",
    "&#x1F600;",
    "&",
    "<",
    ">",
    "mot ",
    "\n",
    "<li>",
    "<pre>",
    "<![if x]>",
    "<o:p>",
    "é",
    "<svg>",
    "</svg>",
    "<img alt='x'>",
    "\u{202e}",
];

const IMAP: &[&str] = &[
    "* ",
    "A1 ",
    "+ ",
    "OK ",
    "NO ",
    "BAD ",
    "BYE ",
    "[UIDVALIDITY 7]",
    "[",
    "]",
    "12 ",
    "FETCH ",
    "(",
    ")",
    "UID ",
    "4412 ",
    "RFC822.SIZE ",
    "INTERNALDATE ",
    "\"12-May-2025 10:33:00 +0200\"",
    "BODY[] ",
    "{3}",
    "\"",
    "\\",
    "NIL ",
    "LIST ",
    "EXISTS",
    "\r\n",
    " ",
    "x",
];

const SMTP: &[&str] = &[
    "250",
    "-",
    " ",
    "\r\n",
    "\n",
    "220 ",
    "554 5.7.1 ",
    "451 ",
    "999 ",
    "2",
    "5.1.1 ",
    "text",
    "\u{1b}",
    "é",
    "250-SIZE 10\r\n",
    "250 OK\r\n",
    "\r",
];

const CELLS: &[&str] = &[
    ",",
    ";",
    "\"",
    "\n",
    "\r\n",
    "\t",
    "email",
    "name",
    "status",
    "permanent",
    "2025-05-12",
    "it",
    "marie@institut.example",
    "PC-12",
    "yes",
    "client",
    "mail",
    "é",
    "a;b",
    "2025-13-40",
    "approved",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_letters_get_a_disposition(all in proptest::collection::vec(damaged(), 8)) {
        let rules = properties::rules();
        for raw in all {
            properties::any_bytes_get_a_disposition(rules, &raw);
        }
    }

    #[test]
    fn zones_partition_any_text(raw in prop_oneof![damaged(), bytes()]) {
        properties::zones_partition(&properties::body_from(&raw));
    }

    #[test]
    fn composed_headers_stay_in_their_lines(words in "(\\PC|[|\\r\\n\\x00-\\x1f<>@:;,=?\"]){0,300}") {
        properties::composed_headers_stay_in_their_lines(words.as_bytes());
    }

    #[test]
    fn any_html_becomes_text(html in pieces(TAGS)) {
        properties::html_becomes_text(&html);
    }

    #[test]
    fn any_imap_response_is_read_or_refused(raw in prop_oneof![pieces(IMAP), bytes()], line in any::<u8>()) {
        properties::imap_response_is_read_or_refused(&[&[line], raw.as_slice()].concat());
    }

    #[test]
    fn any_smtp_reply_is_read_or_refused(raw in prop_oneof![pieces(SMTP), bytes()]) {
        properties::smtp_reply_is_read_or_refused(&raw);
    }

    #[test]
    fn any_table_is_loaded_or_its_mistake_told(raw in prop_oneof![pieces(CELLS), bytes()], table in any::<u8>()) {
        properties::table_is_loaded_or_its_mistake_told(&[&[table], raw.as_slice()].concat());
    }
}
