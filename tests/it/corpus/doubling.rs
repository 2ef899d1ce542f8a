//! Every construct that can be repeated, once and sixteen times as often: the reader's CPU time
//! grows as the letter does. Shapes that the reader used to be slow on, or others were.

use std::hint::black_box;
use std::time::Duration;

use guichet::message::parse::parse;

/// A letter that begins with `start` and repeats `unit`.
struct Shape {
    name: &'static str,
    start: &'static [u8],
    unit: &'static [u8],
    /// Bytes of the smaller letter. Header blocks, HTML and counts have limits of their own; both
    /// letters stay below them.
    size: usize,
}

const PLAIN: &str = "From: a@b.fr\nContent-Type: text/plain; charset=utf-8\n\n";
const FLOWED: &str = "From: a@b.fr\nContent-Type: text/plain; format=flowed\n\n";
const HTML: &str = "From: a@b.fr\nContent-Type: text/html\n\n";
const PARTS: &str = "From: a@b.fr\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\na\n";
const TEXT: usize = 30 * 1024;
const SMALL: usize = 15 * 1024;

const fn shape(name: &'static str, start: &'static str, unit: &'static str, size: usize) -> Shape {
    bytes(name, start.as_bytes(), unit.as_bytes(), size)
}

const fn bytes(
    name: &'static str,
    start: &'static [u8],
    unit: &'static [u8],
    size: usize,
) -> Shape {
    Shape {
        name,
        start,
        unit,
        size,
    }
}

const SHAPES: &[Shape] = &[
    shape("quote marks in one line", PLAIN, ">", TEXT),
    shape("nested quotes", PLAIN, "> ", TEXT),
    shape("quoted lines", PLAIN, "> a\nb\n", TEXT),
    shape("one long line", PLAIN, "a ", TEXT),
    shape("blank lines", PLAIN, "\n", TEXT),
    shape("closing words", PLAIN, "a\nCordialement\n", TEXT),
    shape("delimiters", PLAIN, "a\n--\n", TEXT),
    shape(
        "attributions",
        PLAIN,
        "a\nLe 12 mai 2025 10:33, x <a@b>\n",
        TEXT,
    ),
    shape("header blocks", PLAIN, "a\nDe : x\n", TEXT),
    shape("postscripts", PLAIN, "a\nPS: b\n\n", TEXT),
    shape("rules", PLAIN, "a\n-----\n", TEXT),
    shape("underlines", PLAIN, "a\n________\nb\n", TEXT),
    shape(
        "forward marks",
        PLAIN,
        "a\n--- Forwarded message ---\n> b\n",
        TEXT,
    ),
    shape("flowed lines", FLOWED, "> a \n>> b \n", TEXT),
    shape("nested tags", HTML, "<div>", SMALL),
    shape("links", HTML, "<a href='http://x'>", SMALL),
    shape("nested tables", HTML, "<table><tr><td>", SMALL),
    shape("nested quotations", HTML, "<blockquote>a", SMALL),
    shape("closing tags", HTML, "</p></b>", SMALL),
    shape("scripts", HTML, "<script>", SMALL),
    shape("styles", HTML, "<style>", SMALL),
    shape("entities", HTML, "&#x1;&aaaaaaaaaaa", SMALL),
    shape("crossed tags", HTML, "<b><i></b></i>", SMALL),
    shape("unclosed comments", HTML, "<!--", SMALL),
    shape("nested lists", HTML, "<ul><li>a", SMALL),
    shape(
        "unclosed attributes",
        HTML,
        "<p style='a:b;display:x;'",
        SMALL,
    ),
    shape(
        "attributes",
        "From: a@b.fr\nContent-Type: text/html\n\n<p ",
        "a=b ",
        SMALL,
    ),
    shape("angles", HTML, "<", SMALL),
    shape(
        "folded comments",
        "From: a@b.fr\n",
        "\nTo: ((((((((((((((((\n",
        SMALL,
    ),
    shape("comments", "From: a@b.fr\nTo: ", "(", SMALL),
    shape("addresses", "From: a@b.fr\nTo: ", "a@b.fr,", SMALL),
    shape(
        "encoded words",
        "From: a@b.fr\nSubject: ",
        "=?utf-8?q?a?= ",
        SMALL,
    ),
    shape(
        "encoded words in base64",
        "From: a@b.fr\nSubject: ",
        "=?utf-8?b?YQ==?= ",
        SMALL,
    ),
    shape(
        "unfinished words",
        "From: a@b.fr\nSubject: ",
        "=?utf-8?q?",
        SMALL,
    ),
    shape("quotation marks", "From: a@b.fr\nTo: ", "\"", SMALL),
    shape("groups", "From: a@b.fr\nTo: ", "a:", SMALL),
    shape("references", "From: a@b.fr\nReferences: ", "<a@b> ", SMALL),
    shape(
        "parameters",
        "From: a@b.fr\nContent-Type: text/plain; ",
        "a*0=b;",
        SMALL,
    ),
    shape("header fields", "From: a@b.fr\n", "X-A: b\n", 60 * 7),
    shape(
        "hops",
        "From: a@b.fr\n",
        "Received: from a by b; c\n",
        40 * 25,
    ),
    shape(
        "attachments",
        PARTS,
        "--b\nContent-Type: image/png; name=a\n\n\n",
        3 * 39,
    ),
    shape("empty parts", PARTS, "--b\n\n", 30 * 5),
    shape("false boundaries", PARTS, "--a\n", TEXT),
    shape(
        "opened and closed levels",
        PARTS,
        "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\na\n--c--\n",
        3 * 64,
    ),
    shape(
        "one large attachment",
        "From: a@b.fr\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n",
        "AAAA\n",
        TEXT,
    ),
    shape(
        "broken quoted-printable",
        "From: a@b.fr\nContent-Transfer-Encoding: quoted-printable\n\n",
        "=X=\n",
        TEXT,
    ),
    shape(
        "words without text",
        "From: a@b.fr\nSubject: ",
        "=?a?q?",
        SMALL,
    ),
    shape(
        "words of unknown charset",
        "From: a@b.fr\nSubject: ",
        "=?a?q?b?=20 ",
        SMALL,
    ),
    shape("uuencode begun", PLAIN, "begin 644 a\n", TEXT),
    shape("list footers", PLAIN, "a\n____\nx mailing list\n", TEXT),
    shape("warnings", PLAIN, "CAUTION: external sender\n", TEXT),
    shape(
        "folded calendar",
        "From: a@b.fr\nContent-Type: text/calendar\n\nBEGIN:VEVENT\n",
        "SUMMARY:a\n ",
        TEXT,
    ),
    shape("uuencoded files", PLAIN, "begin 644 a\n#0V%T\n`\nend\n", 60),
    shape(
        "encoded names",
        "From: a@b.fr\nReply-To: ",
        "=?utf-8?b?w6k=?= ",
        SMALL,
    ),
    bytes(
        "properties of winmail.dat",
        b"From: a@b.fr\nContent-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\0\0",
        b"\x01\x05\x90\x06\0\0\0\0\0\0\0",
        SMALL,
    ),
];

fn letter(shape: &Shape, times: usize) -> Vec<u8> {
    let count = shape.size * times / shape.unit.len();
    let mut raw = shape.start.to_vec();
    raw.extend(shape.unit.repeat(count));
    raw
}

/// CPU time of this thread.
fn ticks() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// CPU time of reading a letter `count` times, the least of three.
fn reading(raw: &[u8], count: u32) -> Duration {
    let once = || {
        let start = ticks();
        for _ in 0..count {
            black_box(parse(raw).is_ok());
        }
        ticks() - start
    };
    (0..3).map(|_| once()).min().unwrap()
}

#[test]
fn sixteen_times_the_letter_takes_sixteen_times_the_time() {
    let mut slow = Vec::new();
    for shape in SHAPES {
        let (small, large) = (letter(shape, 1), letter(shape, 16));
        // As many bytes in each: where time is linear, the same time. Some kernels count in 4 ms.
        let times = [reading(&small, 16), reading(&large, 1)];
        let limit = times[0].max(Duration::from_millis(8)) * 3;
        // Quadratic is sixteen times as long.
        if times[1] > limit {
            slow.push(format!("{}: {:?} and {:?}", shape.name, times[0], times[1]));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

#[test]
fn no_shape_passes_a_limit_before_it_is_measured() {
    for shape in SHAPES {
        let larger = parse(&letter(shape, 16));
        // Only addresses in place of the sender may be missing; none of these touches it.
        assert!(larger.is_ok(), "{}: {larger:?}", shape.name);
    }
}
