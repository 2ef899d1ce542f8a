//! The page that is written: it holds back line ends and blanks until there is something to show.

/// What stands for a horizontal rule; Outlook writes the same in plain text before it quotes.
const RULE: &str = "________________________________";

/// Quote marks before a line; deeper quotes get no more.
const QUOTES: usize = 20;

/// Text under construction.
#[derive(Default)]
pub(super) struct Page {
    out: String,
    /// Line ends due before the next character.
    breaks: u8,
    /// A blank is due before the next character of this line.
    blank: bool,
    /// Cell borders that are due: more than one where cells are empty.
    borders: u8,
    /// The current row already shows something.
    in_row: bool,
    /// Blocks at the start of a cell break no line.
    cell_start: bool,
    /// Depth of quoting now, and on the last written line.
    depth: usize,
    written_depth: usize,
    /// What stands before the next character: a bullet.
    bullet: Option<String>,
}

impl Page {
    /// Bytes written so far.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Writes one character; outside `pre`, white space collapses.
    pub(super) fn char(&mut self, c: char, pre: bool) {
        match c {
            '\n' if pre => self.line_break(),
            '\u{200B}' | '\u{FEFF}' | '\u{AD}' | '\u{34F}' => {}
            c if c.is_ascii_whitespace() && !pre => self.blank = true,
            c => {
                self.start();
                self.out.push(c);
            }
        }
    }

    /// Everything that is due before a character.
    fn start(&mut self) {
        let fresh = self.out.is_empty() || self.breaks > 0;
        if self.breaks > 0 && !self.out.is_empty() {
            let shared = self.depth.min(self.written_depth);
            self.out.push('\n');
            for _ in 1..self.breaks {
                self.quote_marks(shared);
                self.out.push('\n');
            }
        }
        if fresh {
            self.quote_marks(self.depth);
            self.written_depth = self.depth;
            if let Some(bullet) = self.bullet.take() {
                self.out.push_str(&bullet);
            }
        } else if self.borders > 0 {
            self.out.push_str(&" |".repeat(usize::from(self.borders)));
            self.out.push(' ');
        } else if self.blank {
            self.out.push(' ');
        }
        self.breaks = 0;
        self.blank = false;
        self.borders = 0;
        self.cell_start = false;
        self.in_row = true;
    }

    fn quote_marks(&mut self, depth: usize) {
        for _ in 0..depth.min(QUOTES) {
            self.out.push_str("> ");
        }
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            self.char(c, false);
        }
    }

    /// `<br>`: two of them leave an empty line.
    pub(super) fn line_break(&mut self) {
        self.breaks = self.breaks.saturating_add(1).min(3);
        self.blank = false;
        self.borders = 0;
    }

    /// A block begins or ends here, with `lines` line ends around it.
    pub(super) fn block(&mut self, lines: u8) {
        if !self.cell_start {
            // A paragraph that opens a list item stands beside its bullet.
            let lines = if self.bullet.is_some() { 1 } else { lines };
            self.breaks = self.breaks.max(lines);
            self.blank = false;
            self.borders = 0;
        }
    }

    pub(super) fn rule(&mut self) {
        self.block(1);
        self.text(RULE);
        self.block(1);
    }

    /// Changes the depth of quoting.
    pub(super) fn quote(&mut self, by: isize) {
        self.cell_start = false;
        self.block(1);
        self.depth = self.depth.saturating_add_signed(by);
    }

    /// A bullet before the next character.
    pub(super) fn mark(&mut self, indent: usize, mark: String) {
        self.bullet = Some(format!("{}{mark}", "  ".repeat(indent)));
    }

    pub(super) fn row(&mut self) {
        self.block(1);
        self.in_row = false;
    }

    pub(super) fn cell(&mut self) {
        if self.in_row {
            self.breaks = 0;
            self.blank = false;
            self.borders = self.borders.saturating_add(1).min(20);
            self.cell_start = true;
        }
    }

    pub(super) fn end_table(&mut self) {
        self.cell_start = false;
        self.block(1);
        self.in_row = false;
    }

    /// A mark before a signature, unless the letter has one there already (RFC 3676 §4.3).
    pub(super) fn signature(&mut self) {
        if self.depth > 0 || self.out.is_empty() {
            return;
        }
        let last = self.out.rsplit('\n').next().unwrap_or_default();
        if last.trim() != "--" {
            self.block(1);
            self.text("--");
        }
        self.block(1);
    }

    /// The end of a link whose text began at `from`: its target, if that says more.
    pub(super) fn link(&mut self, target: &str, from: usize) {
        let shown = self.out.get(from..).unwrap_or_default();
        if shown.trim().is_empty() || bare(shown) == bare(target) {
            return;
        }
        self.out.push_str(" <");
        self.out.push_str(target);
        self.out.push('>');
    }

    /// The text: no blanks at line ends, at most two empty lines in a row.
    pub(super) fn finish(self) -> String {
        let mut out = String::with_capacity(self.out.len());
        let mut empty = 0;
        for line in self.out.lines() {
            let line = line.trim_end();
            empty = if line.is_empty() { empty + 1 } else { 0 };
            if empty > 2 || out.is_empty() && line.is_empty() {
                continue;
            }
            if !out.is_empty() {
                out.push('\n');
            }
            out.extend(line.chars().map(|c| match c {
                '\u{A0}' | '\u{202F}' => ' ',
                c => c,
            }));
        }
        out.truncate(out.trim_end().len());
        out
    }
}

/// An address without what people leave out when they type it.
fn bare(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let text = text
        .split_once("://")
        .map_or(text.as_str(), |(_, rest)| rest);
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let text = text.strip_prefix("www.").unwrap_or(text);
    text.trim_end_matches('/')
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect()
}
