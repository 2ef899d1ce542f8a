//! The words, numbers and marks of a text, each with its place in it.
//!
//! In: text as a person wrote it. Out: [`Lexemes`], folded for comparison (see
//! [`fold_char`]), from which the writer's own words can be cut again. Blanks, no-break ones too,
//! and single line ends only part words; an empty line and the mark of a list are a [`Kind::Break`],
//! which no date, name or sentence goes across. Linear in the text; no more of it is read than
//! [`LIMIT`].

use crate::registry::name::fold_char;

/// Bytes of a letter that are read: a request is a page, what is longer is a programme.
pub(super) const LIMIT: usize = 20_000;
/// Digits of the longest number that means anything here: a year has four.
const DIGITS: usize = 6;

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, folded.
    Word(String),
    /// A number, and how many digits it has.
    Number(u32, usize),
    /// Punctuation; every dash is `-`.
    Mark(char),
    /// The end of a paragraph or of an item.
    Break,
}

/// One of them, with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lexeme {
    kind: Kind,
    from: usize,
    to: usize,
}

/// A text as lexemes.
#[derive(Debug)]
pub(super) struct Lexemes<'a> {
    text: &'a str,
    all: Vec<Lexeme>,
}

impl<'a> Lexemes<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let text = head(text, LIMIT);
        Self {
            text,
            all: read(text),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn kind(&self, at: usize) -> Option<&Kind> {
        self.all.get(at).map(|one| &one.kind)
    }

    /// The folded word at a place.
    pub(super) fn word(&self, at: usize) -> Option<&str> {
        match self.kind(at)? {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The number at a place, if it has no more than so many digits.
    pub(super) fn number(&self, at: usize, digits: usize) -> Option<u32> {
        match self.kind(at)? {
            Kind::Number(number, found) if *found <= digits => Some(*number),
            _ => None,
        }
    }

    pub(super) fn is_mark(&self, at: usize, mark: char) -> bool {
        self.kind(at) == Some(&Kind::Mark(mark))
    }

    pub(super) fn is_word(&self, at: usize, words: &[&str]) -> bool {
        self.word(at).is_some_and(|word| words.contains(&word))
    }

    /// Whether a sentence ends here: a full stop, but not the point of `8.30` or of `M. Dupont`.
    pub(super) fn ends_sentence(&self, at: usize) -> bool {
        match self.kind(at) {
            Some(Kind::Break) => true,
            Some(Kind::Mark('!' | '?' | ';')) => true,
            Some(Kind::Mark('.')) => {
                let short = |letters: usize| {
                    at.checked_sub(1)
                        .and_then(|before| self.word(before))
                        .is_some_and(|word| word.len() <= letters)
                };
                let goes_on = match self.kind(at + 1) {
                    // `8.30`
                    Some(Kind::Number(..)) => true,
                    // `3 déc. au 5 janv.`
                    Some(Kind::Word(_)) => !self.is_capital(at + 1) && short(4),
                    Some(Kind::Mark(_)) => short(4),
                    Some(Kind::Break) | None => false,
                };
                !(short(2) || goes_on)
            }
            _ => false,
        }
    }

    /// The writer's own words from one lexeme up to another, on one line.
    pub(super) fn slice(&self, from: usize, to: usize) -> String {
        let start = self.all.get(from).map(|one| one.from);
        let end = to
            .checked_sub(1)
            .and_then(|last| self.all.get(last))
            .map(|one| one.to);
        let (Some(start), Some(end)) = (start, end) else {
            return String::new();
        };
        let words = self.text.get(start..end).unwrap_or_default();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether the word at a place begins with a capital, as names do.
    pub(super) fn is_capital(&self, at: usize) -> bool {
        let first = self.all.get(at).and_then(|one| self.text.get(one.from..));
        first
            .and_then(|rest| rest.chars().next())
            .is_some_and(char::is_uppercase)
    }

    /// Whether two neighbours stand without a blank between them.
    pub(super) fn touches(&self, at: usize) -> bool {
        match (self.all.get(at), self.all.get(at + 1)) {
            (Some(one), Some(next)) => one.to == next.from,
            _ => false,
        }
    }

    /// The sentences, as ranges of lexemes.
    pub(super) fn sentences(&self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut from = 0;
        for at in 0..self.len() {
            if self.ends_sentence(at) {
                // The mark belongs to it: a question is told by its end.
                found.push((from, at + 1));
                from = at + 1;
            }
        }
        found.push((from, self.len()));
        found.retain(|(from, to)| (*from..*to).any(|at| self.kind(at) != Some(&Kind::Break)));
        found
    }
}

/// The beginning of a text, cut between characters.
pub(super) fn head(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn read(text: &str) -> Vec<Lexeme> {
    let mut all = Vec::new();
    let mut rest = text.char_indices().peekable();
    let mut lines = 0;
    while let Some((from, c)) = rest.next() {
        if c.is_whitespace() {
            lines += usize::from(c == '\n');
            continue;
        }
        let item = lines > 0 && matches!(c, '-' | '*' | '•' | '–');
        if lines > 1 || item {
            push(&mut all, Kind::Break, from, from);
        }
        lines = 0;
        let mut to = from + c.len_utf8();
        let kind = if c.is_ascii_digit() {
            while let Some((at, _)) = rest.next_if(|(_, next)| next.is_ascii_digit()) {
                to = at + 1;
            }
            number(text.get(from..to).unwrap_or_default())
        } else if c.is_alphabetic() {
            let mut word = String::new();
            fold_char(c, &mut word);
            let letter = |c: char| c.is_alphabetic() || matches!(c, '\u{300}'..='\u{36f}');
            while let Some((at, next)) = rest.next_if(|(_, next)| letter(*next)) {
                fold_char(next, &mut word);
                to = at + next.len_utf8();
            }
            Kind::Word(word)
        } else {
            mark(c)
        };
        push(&mut all, kind, from, to);
    }
    all
}

fn push(all: &mut Vec<Lexeme>, kind: Kind, from: usize, to: usize) {
    all.push(Lexeme { kind, from, to });
}

fn number(digits: &str) -> Kind {
    match digits.parse() {
        Ok(value) if digits.len() <= DIGITS => Kind::Number(value, digits.len()),
        _ => Kind::Mark('#'),
    }
}

fn mark(c: char) -> Kind {
    Kind::Mark(match c {
        '‐'..='―' | '−' | '→' => '-',
        '’' | '‘' => '\'',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_words_keep_their_place() {
        let text = "Du jeudi 3 au\nsamedi 5 déc. : l’École d’été, à 8h30.\n\nMerci";
        let all = Lexemes::of(text);
        let at = (0..all.len())
            .find(|at| all.is_word(*at, &["ecole"]))
            .unwrap();
        assert_eq!(all.slice(at, at + 4), "École d’été");
        assert!(all.is_capital(at));
        assert_eq!(all.sentences().len(), 2, "{:?}", all.sentences());
    }

    #[test]
    fn ok_an_item_of_a_list_ends_a_sentence_and_a_wrapped_line_does_not() {
        let all = Lexemes::of("un deux\ntrois\n- quatre\n- cinq");
        assert_eq!(all.sentences().len(), 3);
    }

    #[test]
    fn ok_a_long_letter_is_cut_between_characters() {
        let text = "é".repeat(LIMIT);
        assert!(Lexemes::of(&text).text.len() <= LIMIT);
    }
}
