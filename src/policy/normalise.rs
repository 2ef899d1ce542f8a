//! A letter's words as they are compared, each with its place in the letter.
//!
//! In: the sections of a letter (subject, new text, forwarded text). Out: a [`Page`]: one string
//! of folded words for the patterns, and for every word the bytes of the letter it came from, so
//! that evidence is shown in the writer's own spelling.
//!
//! Folding: NFKC, lower case, accents stripped, elisions split (`n'est` → `n est`). Each word is
//! written as ` word `, so that patterns need no look-around. Clauses end at `. ! ? ;`, a blank
//! line, a list item and a turn of speech ("mais", "however"); they are parted by `\n`, and no
//! pattern reaches across one. A single line break is a blank: letters are hard-wrapped. Links
//! and addresses become one word `_`, so that nothing in them is read.
//!
//! No stemming: `personnel`, `personnels` and `personnelle` differ in meaning.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::registry::name::fold_char;

/// Which part of a letter a word stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// The subject, written for this letter.
    Subject,
    /// The subject of an earlier letter (`Re:`, `TR:`): counts for category and levels only.
    Echo,
    /// What the sender wrote now.
    New,
    /// A line a machine wrote (paths, stack traces): counts for the category only.
    Machine,
    /// Another person speaks: may classify, never refuse.
    Forwarded,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its bytes in [`Page::text`], without the blanks around.
    text: Range<usize>,
    /// Its bytes in the section.
    source: Range<usize>,
    /// Its section.
    section: usize,
    /// Whether it stands between quotation marks.
    pub reported: bool,
}

/// A stretch of words that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its words.
    pub words: Range<usize>,
    /// Its bytes in [`Page::text`].
    pub text: Range<usize>,
    /// Where it stands.
    pub zone: Zone,
}

/// A letter, normalised; see the module page.
#[derive(Debug, Clone, Default)]
pub struct Page<'a> {
    sections: Vec<&'a str>,
    text: String,
    words: Vec<Word>,
    clauses: Vec<Clause>,
}

impl<'a> Page<'a> {
    /// Normalises the sections in order. `turns` are the words, folded, before which a new
    /// clause begins.
    #[must_use]
    pub fn new(sections: &[(Zone, &'a str)], turns: &[String]) -> Self {
        let mut page = Self::default();
        for (zone, text) in sections {
            let section = page.sections.len();
            page.sections.push(text);
            let mut writer = Writer {
                page: &mut page,
                turns,
                section,
                zone: *zone,
                reported: false,
            };
            writer.section(text);
        }
        page
    }

    /// The clauses in order.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The words of a clause as the patterns see them.
    #[must_use]
    pub fn clause_text(&self, clause: &Clause) -> &str {
        self.text.get(clause.text.clone()).unwrap_or_default()
    }

    /// One word, folded.
    #[must_use]
    pub fn word(&self, at: usize) -> &str {
        self.words
            .get(at)
            .and_then(|word| self.text.get(word.text.clone()))
            .unwrap_or_default()
    }

    /// Whether the word stands between quotation marks.
    #[must_use]
    pub fn is_reported(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.reported)
    }

    /// All words of these zones, folded.
    #[must_use]
    pub fn words_in(&self, zones: &[Zone]) -> Vec<&str> {
        self.clauses
            .iter()
            .filter(|clause| zones.contains(&clause.zone))
            .flat_map(|clause| clause.words.clone())
            .map(|at| self.word(at))
            .collect()
    }

    /// These words in the writer's own spelling, in one line.
    #[must_use]
    pub fn quote(&self, words: &Range<usize>) -> String {
        let Some((from, to)) = self.source(words) else {
            return String::new();
        };
        let section = self.words.get(words.start).map_or(0, |word| word.section);
        let text = self
            .sections
            .get(section)
            .and_then(|text| text.get(from..to));
        text.unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The bytes of the section these words come from.
    #[must_use]
    pub fn source(&self, words: &Range<usize>) -> Option<(usize, usize)> {
        let first = self.words.get(words.start)?;
        let last = self.words.get(words.end.checked_sub(1)?)?;
        Some((first.source.start, last.source.end))
    }
}

/// What one chunk between blanks holds, character by character.
struct Writer<'p, 'a> {
    page: &'p mut Page<'a>,
    turns: &'p [String],
    section: usize,
    zone: Zone,
    reported: bool,
}

impl Writer<'_, '_> {
    fn section(&mut self, text: &str) {
        self.begin_clause();
        let mut at = 0;
        let mut may_list = true;
        let home = self.zone;
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim();
            let item = is_item(trimmed) && may_list;
            let machine = home == Zone::New && is_machine(trimmed);
            let zone = if machine { Zone::Machine } else { home };
            if trimmed.is_empty() {
                // Quotation marks that nobody closed end with the paragraph.
                self.reported = false;
            }
            if trimmed.is_empty() || item || zone != self.zone {
                self.zone = zone;
                self.begin_clause();
            }
            // A wrapped line may begin with a dash; a list item follows a finished line.
            may_list =
                trimmed.is_empty() || item || trimmed.ends_with(['.', ':', ';', '!', '?', ',']);
            self.line(line, at);
            at += line.len();
        }
        self.zone = home;
    }

    fn line(&mut self, line: &str, offset: usize) {
        let mut at = 0;
        for chunk in line.split_inclusive(char::is_whitespace) {
            let bare = chunk.trim_end();
            if is_link(bare) {
                let from = offset + at;
                self.push("_", from..from + bare.len());
                if bare.ends_with(['.', '!', '?', ';']) {
                    self.begin_clause();
                }
            } else {
                self.chunk(bare, offset + at);
            }
            at += chunk.len();
        }
    }

    fn chunk(&mut self, chunk: &str, offset: usize) {
        let mut word = String::new();
        let mut start = 0;
        let mut end = 0;
        let mut chars = chunk.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let digit_before = word.ends_with(|c: char| c.is_ascii_digit());
            let inner = c == '.' && digit_before && next.is_some_and(|n| n.is_ascii_digit());
            let before = word.len();
            if c.is_alphanumeric() {
                fold_char(c, &mut word);
            } else if inner {
                word.push('.');
            }
            let grew = word.len() > before;
            if grew && before == 0 {
                start = at;
            }
            let mark = !grew && !c.is_ascii() && is_mark(c);
            if grew || (mark && before > 0) {
                end = at + c.len_utf8();
            } else if !mark {
                self.push(&word, offset + start..offset + end);
                word.clear();
                self.punctuation(c, next);
            }
        }
        self.push(&word, offset + start..offset + end);
    }

    fn punctuation(&mut self, c: char, next: Option<char>) {
        match c {
            '«' | '“' => self.reported = true,
            '»' | '”' => self.reported = false,
            '"' => self.reported = !self.reported,
            '.' if next.is_none_or(|n| !n.is_alphanumeric()) => self.begin_clause(),
            '!' | '?' | ';' | '…' | '•' => self.begin_clause(),
            _ => {}
        }
    }

    fn push(&mut self, folded: &str, source: Range<usize>) {
        // A folded word may hold blanks (½ → "1 2"): they stay one word, without the blank.
        let word: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
        if word.is_empty() {
            return;
        }
        self.page.text.push(' ');
        let start = self.page.text.len();
        self.page.text.push_str(&word);
        let end = self.page.text.len();
        self.page.text.push(' ');
        self.page.words.push(Word {
            text: start..end,
            source,
            section: self.section,
            reported: self.reported,
        });
        let count = self.page.words.len();
        if let Some(clause) = self.page.clauses.last_mut() {
            clause.words.end = count;
            clause.text.end = end + 1;
        }
        self.turn();
    }

    /// If the clause now ends in a turn of speech, that turn begins the next clause.
    fn turn(&mut self) {
        let Some(clause) = self.page.clauses.last() else {
            return;
        };
        let text = self.page.clause_text(clause);
        let found = self.turns.iter().find_map(|turn| {
            // Words stand between two blanks each; this runs for every word of every letter.
            let mut head = text;
            for word in turn.rsplit(' ') {
                head = head
                    .strip_suffix(' ')?
                    .strip_suffix(word)?
                    .strip_suffix(' ')?;
            }
            (!head.is_empty()).then(|| (head.len(), turn.split(' ').count()))
        });
        let Some((head, words)) = found else { return };
        let (zone, first) = (clause.zone, clause.words.end - words);
        let cut = clause.text.start + head;
        let rest: String = self.page.text.split_off(cut);
        self.page.text.push('\n');
        self.page.text.push_str(&rest);
        for word in self.page.words.iter_mut().skip(first) {
            word.text = word.text.start + 1..word.text.end + 1;
        }
        let (all, end) = (self.page.words.len(), self.page.text.len());
        if let Some(clause) = self.page.clauses.last_mut() {
            clause.words.end = first;
            clause.text.end = cut;
        }
        self.page.clauses.push(Clause {
            words: first..all,
            text: cut + 1..end,
            zone,
        });
    }

    fn begin_clause(&mut self) {
        let zone = self.zone;
        let words = self.page.words.len();
        match self.page.clauses.last_mut() {
            Some(last) if last.words.is_empty() => last.zone = zone,
            _ => {
                if !self.page.text.is_empty() {
                    self.page.text.push('\n');
                }
                let text = self.page.text.len();
                self.page.clauses.push(Clause {
                    words: words..words,
                    text: text..text,
                    zone,
                });
            }
        }
    }
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) || c == '\u{ad}' || c == '\u{200b}'
}

/// `- wifi`, `* wifi`, `1) wifi`.
fn is_item(line: &str) -> bool {
    let mut chars = line.chars();
    match chars.next() {
        Some('-' | '*' | '–' | '—' | '•' | '·') => chars.next() == Some(' '),
        Some(c) if c.is_ascii_digit() => {
            let rest = chars
                .as_str()
                .trim_start_matches(|c: char| c.is_ascii_digit());
            rest.starts_with(") ") || rest.starts_with(". ")
        }
        _ => false,
    }
}

/// An address, a link or a path: nothing in it is the writer's word.
pub(super) fn is_link(chunk: &str) -> bool {
    let at = chunk.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.starts_with('.')
    });
    at || chunk.contains("://")
        || chunk.starts_with("www.")
        || chunk.contains(":\\")
        || chunk.contains("\\\\")
        || (chunk.starts_with('/') && chunk.matches('/').count() >= 2)
}

/// A line that a program wrote and the sender pasted.
pub(super) fn is_machine(line: &str) -> bool {
    const SIGNS: [&str; 11] = [
        "traceback (most recent",
        "exception in thread",
        "segmentation fault",
        "requires windows",
        "requires macos",
        "requires ubuntu",
        "command not found",
        "no such file or directory",
        "errno",
        "error code:",
        "code d'erreur :",
    ];
    let lower = line.to_lowercase();
    SIGNS.iter().any(|sign| lower.contains(sign))
        || (lower.contains("0x")
            && lower
                .split("0x")
                .skip(1)
                .any(|hex| hex.chars().take_while(char::is_ascii_hexdigit).count() >= 6))
        || line.starts_with("File \"")
        || line.starts_with("at ")
            && line.ends_with(')')
            && line.contains('(')
            && line.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns() -> Vec<String> {
        ["mais", "par contre", "however"]
            .map(str::to_owned)
            .to_vec()
    }

    fn clauses(text: &str) -> Vec<String> {
        let turns = turns();
        let page = Page::new(&[(Zone::New, text)], &turns);
        page.clauses()
            .iter()
            .map(|c| {
                page.clause_text(c)
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect()
    }

    #[test]
    fn elisions_are_split_and_accents_stripped() {
        assert_eq!(
            clauses("L’écran n'est PAS allumé"),
            ["l ecran n est pas allume"]
        );
        assert_eq!(
            clauses("e\u{301}cran sous Windows 8.1."),
            ["ecran sous windows 8.1", ""]
        );
    }

    #[test]
    fn clauses_end_at_stops_blank_lines_items_and_turns() {
        assert_eq!(
            clauses("ça marche chez moi mais pas au labo. Merci\n\nLuc"),
            ["ca marche chez moi", "mais pas au labo", "merci", "luc"]
        );
        assert_eq!(
            clauses("deux choses :\n- le wifi\n- le vpn"),
            ["deux choses", "le wifi", "le vpn"]
        );
        assert_eq!(
            clauses("le poste par\ncontre va bien"),
            ["le poste", "par contre va bien"]
        );
    }

    #[test]
    fn a_wrapped_line_goes_on() {
        assert_eq!(clauses("ce n'est pas\n- mon PC"), ["ce n est pas mon pc"]);
    }

    #[test]
    fn links_and_addresses_are_one_word_that_says_nothing() {
        assert_eq!(
            clauses("voir https://mon.pc.perso.example/prive et luc.perso@mail.example merci"),
            ["voir _ et _ merci"]
        );
    }

    #[test]
    fn a_quote_is_the_writers_own_spelling() {
        let turns = turns();
        let page = Page::new(
            &[(Zone::New, "Oui, mais mon\nORDINATEUR   Péŕso, voilà")],
            &turns,
        );
        assert_eq!(page.quote(&(2..5)), "mon ORDINATEUR Péŕso");
        assert_eq!(page.word(4), "perso");
        let from = (0..5).find(|at| page.word(*at) == "ordinateur").unwrap();
        let words = from..from + 2;
        assert_eq!(page.quote(&words), "ORDINATEUR Péŕso");
    }

    #[test]
    fn lines_of_a_machine_are_marked() {
        let turns = turns();
        let text = "le programme dit :\nThis program requires Windows 7 or later\nque faire ?";
        let page = Page::new(&[(Zone::New, text)], &turns);
        let zones: Vec<Zone> = page.clauses().iter().map(|c| c.zone).collect();
        assert_eq!(zones, [Zone::New, Zone::Machine, Zone::New, Zone::New]);
    }
}
