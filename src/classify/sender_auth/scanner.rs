//! The words of a structured header value (RFC 5322 §3.2), cut in one pass.
//!
//! Comments nest and fall out, quoted strings and quoted pairs give their text, also beside bare
//! text (`"a b"@c.d` is one word). A value right behind `=` may hold more of them, as base64 does.
//! Quotes and comments that stay open, and brackets that close nothing, are noted.

/// The words of a structured value: comments fall out, a `;` ends the last one.
pub(super) fn words(value: &str) -> Vec<String> {
    Scanner::new(value)
        .map_while(|token| match token {
            Token::Word(word) => Some(Some(word)),
            Token::Equals => Some(None),
            Token::Semicolon => None,
        })
        .flatten()
        .collect()
}

/// A piece of a structured value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Quotes and quoted pairs undone.
    Word(String),
    /// `=`
    Equals,
    /// `;`
    Semicolon,
}

/// Cuts a value into tokens, every character looked at once.
pub(super) struct Scanner<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    /// The last character was the `=` between key and value: what follows may hold more of them.
    in_value: bool,
    /// A quote or comment stayed open, or one was closed that was not open.
    pub(super) broken: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(value: &'a str) -> Self {
        Self {
            chars: value.chars().peekable(),
            in_value: false,
            broken: false,
        }
    }

    /// Past a comment whose first bracket is behind us (RFC 5322 §3.2.2).
    fn comment(&mut self) {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.chars.next() {
                Some('(') => depth += 1,
                Some(')') => depth -= 1,
                Some('\\') => {
                    self.chars.next();
                }
                Some(_) => {}
                None => {
                    self.broken = true;
                    return;
                }
            }
        }
    }

    /// The text of a quoted string whose first quote is behind us (RFC 5322 §3.2.4).
    fn quoted(&mut self, into: &mut String) {
        loop {
            match self.chars.next() {
                Some('"') => return,
                Some('\\') => into.extend(self.chars.next()),
                Some(c) => into.push(c),
                None => {
                    self.broken = true;
                    return;
                }
            }
        }
    }

    /// A word, quoted pieces included.
    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(&c) = self.chars.peek() {
            if c.is_whitespace() || c == ';' || c == '(' || (c == '=' && !self.in_value) {
                break;
            }
            self.chars.next();
            match c {
                '"' => self.quoted(&mut word),
                ')' => self.broken = true,
                c => word.push(c),
            }
        }
        word
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let first = *self.chars.peek()?;
            match first {
                '(' => {
                    self.chars.next();
                    self.comment();
                }
                ';' => {
                    self.chars.next();
                    self.in_value = false;
                    return Some(Token::Semicolon);
                }
                '=' if !self.in_value => {
                    self.chars.next();
                    self.in_value = true;
                    return Some(Token::Equals);
                }
                c if c.is_whitespace() => {
                    self.chars.next();
                }
                _ => {
                    let word = self.word();
                    self.in_value = false;
                    return Some(Token::Word(word));
                }
            }
            self.in_value = false;
        }
    }
}
