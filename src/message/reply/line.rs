//! Lines, each judged by itself and by the few below it, once.
//!
//! The walk over the zones looks ahead again and again; what it asks there is answered here, so
//! that a letter of nothing but closing words and delimiters takes no longer than any other.

use super::mark::{self, Attribution};
use super::signature;

/// Bytes of a line that are looked at; no mark is longer.
pub(super) const HEAD: usize = 400;

/// One line of a body.
pub(super) struct Line<'a> {
    /// As it stands, without its line end.
    pub(super) text: &'a str,
    /// What it begins.
    pub(super) sign: Sign,
    /// It has words only found at the end of a letter: "Cordialement".
    pub(super) closing: bool,
    /// A phone or program added it.
    pub(super) footer: bool,
    /// It begins a legal notice.
    pub(super) notice: bool,
    /// It begins a gateway's warning about a sender from outside.
    pub(super) banner: bool,
    /// It names a mailing list and how to leave it.
    pub(super) list: bool,
    /// It begins a postscript.
    pub(super) postscript: bool,
    /// It is longer than the lines of a signature are.
    pub(super) wide: bool,
}

/// What a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing: the sender's own words, or a signature.
    None,
    /// It is quoted itself.
    Quote,
    /// A forwarded letter.
    Forward,
    /// An unmarked quotation: a rule with words, or a header block.
    Original,
    /// A quotation, which it introduces.
    Attribution(Attribution),
}

impl Line<'_> {
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// A line of two or more strokes, or the dot that Gmail's trackers leave.
    pub(super) fn is_drawn(&self) -> bool {
        let text = self.text.trim();
        let strokes = |c: char| matches!(c, '-' | '_' | '=' | '*' | '#' | '~' | '+' | '—');
        text == "\u{1427}" || text.len() >= 2 && text.chars().all(strokes)
    }
}

/// The lines of a body with all that can be said of each.
pub(super) fn judge(body: &str) -> Vec<Line<'_>> {
    let texts: Vec<&str> = body.lines().collect();
    let heads: Vec<String> = texts.iter().map(|text| folded(text)).collect();
    texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let ahead = heads.get(at..).unwrap_or_default();
            let head = ahead.first().map_or("", String::as_str);
            let sign = sign(text, head, ahead);
            let own = sign == Sign::None && !head.trim().is_empty();
            Line {
                text,
                sign,
                closing: own && signature::has_closing_words(head),
                footer: own && signature::has_footer_words(head),
                notice: own && signature::has_notice_words(head),
                banner: own && signature::has_banner_words(head),
                list: own && signature::has_list_words(head),
                postscript: own && signature::has_postscript_words(head),
                wide: text.trim().chars().nth(signature::WIDTH).is_some(),
            }
        })
        .collect()
}

fn sign(text: &str, head: &str, ahead: &[String]) -> Sign {
    if mark::is_quote(text) {
        Sign::Quote
    } else if mark::is_forward(head) {
        Sign::Forward
    } else if mark::is_original(head) || mark::header_block(ahead) {
        Sign::Original
    } else {
        mark::attribution(ahead).map_or(Sign::None, Sign::Attribution)
    }
}

/// The beginning of a line in lower case, with plain apostrophes and blanks.
pub(super) fn folded(line: &str) -> String {
    let head = line.get(..line.floor_char_boundary(HEAD)).unwrap_or(line);
    head.chars()
        .map(|c| match c {
            '’' => '\'',
            '：' => ':',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .flat_map(char::to_lowercase)
        .collect()
}
