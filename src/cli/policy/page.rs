//! Text for reading: wrapped paragraphs, points and headings, as wide as a page.

use std::fmt::Write as _;

/// The widest a line of prose gets, in characters: longer ones are hard to follow.
const PAGE: usize = 80;

/// A page that is being written.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// A page as wide as the terminal says, between 40 and [`PAGE`] characters.
    pub(super) fn new() -> Self {
        let columns = std::env::var("COLUMNS").ok();
        let columns = columns.and_then(|columns| columns.parse::<usize>().ok());
        Self {
            text: String::new(),
            width: columns.unwrap_or(PAGE).clamp(40, PAGE),
        }
    }

    /// The text.
    pub(super) fn finished(self) -> String {
        self.text
    }

    /// A heading, underlined over the whole page.
    pub(super) fn heading(&mut self, words: &str) {
        self.text.push('\n');
        self.rule('═');
        self.wrapped("", "", words);
        self.rule('─');
    }

    /// A blank line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A paragraph, `first` before its first line and as much room before the others.
    pub(super) fn paragraph(&mut self, first: &str, words: &str) {
        let rest = " ".repeat(first.chars().count());
        self.wrapped(first, &rest, words);
    }

    /// Lines as they are, each after the same room.
    pub(super) fn verbatim(&mut self, room: &str, lines: &str) {
        for line in lines.lines() {
            let _ = writeln!(self.text, "{}", format!("{room}{line}").trim_end());
        }
    }

    fn rule(&mut self, mark: char) {
        let line: String = std::iter::repeat_n(mark, self.width).collect();
        let _ = writeln!(self.text, "{line}");
    }

    fn wrapped(&mut self, first: &str, rest: &str, words: &str) {
        let mut line = first.to_owned();
        let mut begun = false;
        for word in glued(words) {
            let room = line.chars().count() + usize::from(begun) + word.chars().count();
            if begun && room > self.width {
                let _ = writeln!(self.text, "{}", line.trim_end());
                rest.clone_into(&mut line);
                begun = false;
            }
            if begun {
                line.push(' ');
            }
            line.push_str(&word);
            begun = true;
        }
        let _ = writeln!(self.text, "{}", line.trim_end());
    }
}

/// Words with the French marks that never begin or end a line: « a, a », a :, a ;, a ?.
fn glued(words: &str) -> Vec<String> {
    let mut glued: Vec<String> = Vec::new();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let opens = |last: &String| last.ends_with('«');
        let closes = word.starts_with([':', ';', '?', '!', '»']);
        match glued.last_mut() {
            Some(last) if closes || opens(last) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => glued.push(word.to_owned()),
        }
    }
    glued
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_before_the_edge_and_never_before_a_french_mark() {
        let mut page = Page {
            text: String::new(),
            width: 20,
        };
        page.paragraph("  • ", "l'auteur dit « mon PC » : le sien");
        assert_eq!(
            page.finished(),
            "  • l'auteur dit\n    « mon PC » : le\n    sien\n"
        );
    }
}
