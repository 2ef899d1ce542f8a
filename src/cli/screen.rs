//! Where standard output goes: tables and colours on a terminal, plain lines everywhere else.
//!
//! A list is a table on a terminal, as wide as that is, its long cells cut. Into a file or a pipe it
//! is one row a line, cells between tabs, no head, nothing cut: what `cut`, `awk` and `sort` are made
//! for. What is said beside a list goes to standard error there.
//!
//! Colour is used on a terminal that is not `TERM=dumb`, unless `NO_COLOR` is set
//! (<https://no-color.org>); `CLICOLOR_FORCE=1` wants it everywhere
//! (<https://bixense.com/clicolors>). The width is that of the terminal; `COLUMNS` says another.

use std::io::IsTerminal as _;

use super::table::{WIDTH, fitting, laid_out, line, width};
use super::{Failure, complain, print};

/// Marks in a cell where a colour begins or ends. They have no width, so that they do not disturb
/// the table, and [`line`] takes them out of everything that comes from a letter.
const MARKS: [(Ink, char); 5] = [
    (Ink::Strong, '\u{2061}'),
    (Ink::Faint, '\u{2062}'),
    (Ink::Red, '\u{2063}'),
    (Ink::Yellow, '\u{2064}'),
    (Ink::Green, '\u{206a}'),
];
const PLAIN: char = '\u{206b}';

/// A colour, or what stands for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// What is looked for first.
    Strong,
    /// What is looked for last.
    Faint,
    /// What needs somebody now.
    Red,
    /// What waits.
    Yellow,
    /// What is well.
    Green,
}

impl Ink {
    /// The select-graphic-rendition sequence (ECMA-48 §8.3.117).
    fn sequence(self) -> &'static str {
        match self {
            Self::Strong => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::Red => "\x1b[31m",
            Self::Yellow => "\x1b[33m",
            Self::Green => "\x1b[32m",
        }
    }
}

/// Where standard output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Screen {
    terminal: bool,
    colour: bool,
    width: u16,
}

impl Screen {
    /// Where this process's standard output goes.
    pub(super) fn stdout() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced = std::env::var("CLICOLOR_FORCE").is_ok_and(|value| value != "0");
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        Self {
            terminal,
            colour: !set("NO_COLOR") && (forced || terminal && !dumb),
            width: width(),
        }
    }

    /// A file: words alone.
    pub(super) fn paper() -> Self {
        Self {
            terminal: false,
            colour: false,
            width: WIDTH,
        }
    }

    /// Rows under a head: a table on a terminal, cells between tabs elsewhere. Where the terminal is
    /// too narrow, columns go, those of `spare` first to last; elsewhere none does.
    pub(super) fn list(self, head: &[&str], spare: &[&str], rows: Vec<Vec<String>>) -> String {
        if !self.terminal {
            let lines = rows.into_iter().map(|row| row.join("\t") + "\n");
            return self.inked(&lines.collect::<String>());
        }
        let (head, rows) = fitting(head, spare, rows, usize::from(self.width));
        let strong: Vec<String> = head
            .iter()
            .map(|word| self.ink(Ink::Strong, word))
            .collect();
        self.inked(&laid_out(&head, &strong, rows, self.width, Some(1)))
    }

    /// Says that there is nothing to list; into a pipe nothing is written, which is the same.
    pub(super) fn nothing(self, sentence: &str) -> Result<(), Failure> {
        if self.terminal {
            return print(&format!("{sentence}\n"));
        }
        complain(sentence);
        Ok(())
    }

    /// Says what an admin has to know before anything else: above a table, or beside a pipe.
    pub(super) fn alarm(self, sentence: &str) -> Result<(), Failure> {
        if self.terminal {
            return print(&format!("{}\n", self.inked(&self.ink(Ink::Red, sentence))));
        }
        complain(sentence);
        Ok(())
    }

    /// Says something beside what was asked for: never among the rows of a list.
    pub(super) fn remark(self, sentence: &str) -> Result<(), Failure> {
        if self.terminal {
            return print(&format!(
                "{}\n",
                self.inked(&self.ink(Ink::Faint, sentence))
            ));
        }
        Ok(())
    }

    /// Text of a letter in one line; on a terminal at most `limit` characters of it.
    pub(super) fn cell(self, text: &str, limit: usize) -> String {
        line(text, if self.terminal { limit } else { usize::MAX })
    }

    /// A text in a colour, for a cell or a page.
    pub(super) fn ink(self, ink: Ink, text: &str) -> String {
        let mark = MARKS.iter().find(|(one, _)| *one == ink);
        match mark {
            Some((_, mark)) if self.colour && !text.is_empty() => format!("{mark}{text}{PLAIN}"),
            _ => text.to_owned(),
        }
    }

    /// The marks become what a terminal understands.
    pub(super) fn inked(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match MARKS.iter().find(|(_, mark)| *mark == c) {
                Some((ink, _)) => out.push_str(ink.sequence()),
                None if c == PLAIN => out.push_str("\x1b[0m"),
                None => out.push(c),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::table::paragraph;

    const TERMINAL: Screen = Screen {
        terminal: true,
        colour: true,
        width: 60,
    };

    #[test]
    fn ok_a_subject_cannot_steer_the_terminal() {
        assert_eq!(line("a\x1b[31mb\u{202e}c\nd", 20), "a[31mbc d");
        assert_eq!(line("abcdef", 3), "abc…");
        assert_eq!(paragraph("a\x07\nb"), "a\nb");
        for (_, mark) in MARKS {
            assert_eq!(line(&format!("a{mark}b{PLAIN}"), 20), "ab");
        }
    }

    #[test]
    fn ok_a_list_is_a_table_on_a_terminal_and_tabs_elsewhere() {
        let row = |screen: Screen| {
            vec![
                screen.ink(Ink::Red, "P1"),
                screen.cell("a long\tsubject", 6),
            ]
        };
        let pipe = Screen {
            terminal: false,
            colour: false,
            ..TERMINAL
        };
        let head = ["priority", "subject"];
        let plain = pipe.list(&head, &["priority"], vec![row(pipe)]);
        assert_eq!(plain, "P1\ta long subject\n");
        let shown = TERMINAL.list(&head, &[], vec![row(TERMINAL)]);
        assert!(shown.contains("\x1b[31mP1\x1b[0m"), "{shown:?}");
        assert!(shown.contains("a long…"), "{shown:?}");
        let mut lines = shown.lines();
        assert!(lines.next().unwrap().contains("\x1b[1mpriority\x1b[0m"));
        assert!(lines.next().unwrap().starts_with('─'));
    }

    #[test]
    fn ok_without_colour_nothing_but_text_is_written() {
        let plain = Screen {
            colour: false,
            ..TERMINAL
        };
        let shown = plain.list(&["a"], &[], vec![vec![plain.ink(Ink::Green, "x")]]);
        assert!(!shown.contains('\x1b'), "{shown:?}");
    }
    #[test]
    fn ok_a_narrow_terminal_loses_columns_not_words() {
        let narrow = Screen {
            colour: false,
            width: 44,
            ..TERMINAL
        };
        let head = ["ticket", "requester", "opened", "subject"];
        let rows = || {
            let cells = ["#1", "claire@univ.example", "2026-11-23 10:00", "Copieur"];
            vec![cells.map(str::to_owned).to_vec()]
        };
        let shown = narrow.list(&head, &["opened", "requester"], rows());
        assert!(
            shown.contains("claire@univ.example") && !shown.contains("2026"),
            "{shown}"
        );
        let wide = Screen {
            width: 100,
            ..narrow
        };
        assert!(wide.list(&head, &["opened"], rows()).contains("2026"));
        assert!(
            shown.lines().all(|line| line.chars().count() <= 44),
            "{shown}"
        );
    }
}
