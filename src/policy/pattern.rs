//! The pattern language of the service card, and the one pass that runs all of it.
//!
//! ```text
//! word        this word, folded as letters are: case, accents and apostrophes do not matter
//! word*       any word that begins so
//! #           any number
//! (a|b c)     one of these
//! (a)?        this or nothing
//! {name}      one of the words of the set `name`
//! *3          up to three free words
//! ```
//!
//! A pattern becomes a small program over words (`program`), run in bounded time.
//! There is no look-around: negation, quotation and exceptions belong to the engine.
//!
//! Cost: each pattern names words of which one must be there (its *anchors*). One pass over the
//! letter's words finds the few patterns whose anchor occurs in a clause, and only those run,
//! there. Thousands of patterns cost what the few that may match cost.

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use self::program::{Program, Scratch};
use super::normalise::{Page, Zone};
use crate::registry::name::fold;

/// The word sets of a card, folded.
pub type Sets = BTreeMap<String, Vec<String>>;

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It would match everywhere.
    #[error("expected a pattern that needs at least one word, but `{0}` matches the empty text")]
    Empty(String),
    /// A gap has nothing on one side.
    #[error("expected words on both sides of the gap in `{0}`")]
    OpenGap(String),
    /// A bracket without its partner, or an empty alternative.
    #[error("expected every bracket of `{0}` to be closed and every alternative to hold a word")]
    Brackets(String),
    /// A set that the card does not hold.
    #[error("expected a known set of words in `{pattern}`, but found `{{{set}}}`")]
    UnknownSet {
        /// The pattern.
        pattern: String,
        /// The set.
        set: String,
    },
    /// A character that means nothing here.
    #[error(
        "expected words, (a|b), (a)?, word*, #, *n or {{set}} in `{pattern}`, but found `{found}`"
    )]
    Character {
        /// The pattern.
        pattern: String,
        /// The character.
        found: String,
    },
    /// The program would be too large.
    #[error("expected a smaller pattern than `{0}`")]
    TooLarge(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Word(String),
    Prefix(String),
    Number,
    Gap(usize),
    Group(Vec<Vec<Node>>, bool),
}

/// A word of which a pattern needs one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Anchor {
    Exact(String),
    Prefix(String),
}

impl Anchor {
    fn len(&self) -> usize {
        let (Self::Exact(word) | Self::Prefix(word)) = self;
        word.len()
    }
}

/// One pattern, ready to run.
#[derive(Debug, Clone)]
pub struct Pattern {
    program: Program,
    anchors: BTreeSet<Anchor>,
    /// Every word the pattern names.
    words: BTreeSet<String>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// See [`PatternError`].
    pub fn compile(pattern: &str, sets: &Sets) -> Result<Self, PatternError> {
        let nodes = Reader::new(pattern, sets).read()?;
        let edge = |node: Option<&Node>| matches!(node, Some(Node::Gap(_)));
        if edge(nodes.first()) || edge(nodes.last()) {
            return Err(PatternError::OpenGap(pattern.to_owned()));
        }
        let anchors = anchors(&nodes).ok_or_else(|| PatternError::Empty(pattern.to_owned()))?;
        let program =
            Program::compile(&nodes).ok_or_else(|| PatternError::TooLarge(pattern.to_owned()))?;
        let mut words = BTreeSet::new();
        collect_words(&nodes, &mut words);
        Ok(Self {
            program,
            anchors,
            words,
        })
    }

    /// Whether the pattern itself names this folded word.
    #[must_use]
    pub fn names(&self, word: &str) -> bool {
        self.words.contains(word)
    }
}

/// One occurrence of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which pattern, by its number in [`Patterns`].
    pub pattern: usize,
    /// Which clause of the page.
    pub clause: usize,
    /// The words it covers.
    pub words: Range<usize>,
    /// Where it stands.
    pub zone: Zone,
}

/// All patterns of a card.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    all: Vec<Pattern>,
    exact: BTreeMap<String, Vec<usize>>,
    prefix: BTreeMap<String, Vec<usize>>,
}

impl Patterns {
    /// Adds a pattern and says its number.
    pub fn add(&mut self, pattern: Pattern) -> usize {
        let number = self.all.len();
        for anchor in &pattern.anchors {
            let (index, word) = match anchor {
                Anchor::Exact(word) => (&mut self.exact, word),
                Anchor::Prefix(word) => (&mut self.prefix, word),
            };
            index.entry(word.clone()).or_default().push(number);
        }
        self.all.push(pattern);
        number
    }

    /// How many patterns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// One pattern.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<&Pattern> {
        self.all.get(number)
    }

    /// Every occurrence of every pattern, clause by clause, in the order of the patterns.
    #[must_use]
    pub fn find(&self, page: &Page<'_>) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut scratch = Scratch::default();
        for (number, clause) in page.clauses().iter().enumerate() {
            for pattern in self.candidates(page, clause.words.clone()) {
                let Some(compiled) = self.all.get(pattern) else {
                    continue;
                };
                let mut rest = clause.words.clone();
                while let Some(words) = compiled.program.find(page, &rest, &mut scratch) {
                    rest.start = words.end;
                    hits.push(Hit {
                        pattern,
                        clause: number,
                        words,
                        zone: clause.zone,
                    });
                }
            }
        }
        hits
    }

    fn candidates(&self, page: &Page<'_>, words: Range<usize>) -> BTreeSet<usize> {
        let mut candidates = BTreeSet::new();
        for at in words {
            let word = page.word(at);
            if let Some(patterns) = self.exact.get(word) {
                candidates.extend(patterns);
            }
            for (end, c) in word.char_indices() {
                let head = word.get(..end + c.len_utf8()).unwrap_or_default();
                if let Some(patterns) = self.prefix.get(head) {
                    candidates.extend(patterns);
                }
            }
        }
        candidates
    }
}

/// The anchors of a sequence: of all its parts that must be there, the rarest, that is the one
/// whose shortest word is longest.
fn anchors(nodes: &[Node]) -> Option<BTreeSet<Anchor>> {
    nodes
        .iter()
        .filter_map(|node| match node {
            Node::Word(word) => Some(BTreeSet::from([Anchor::Exact(word.clone())])),
            Node::Prefix(word) => Some(BTreeSet::from([Anchor::Prefix(word.clone())])),
            Node::Group(alternatives, false) => {
                let mut all = BTreeSet::new();
                for alternative in alternatives {
                    all.extend(anchors(alternative)?);
                }
                Some(all)
            }
            Node::Number | Node::Gap(_) | Node::Group(_, true) => None,
        })
        .max_by_key(|anchors| anchors.iter().map(Anchor::len).min())
}

fn collect_words(nodes: &[Node], into: &mut BTreeSet<String>) {
    for node in nodes {
        match node {
            Node::Word(word) => {
                into.insert(word.clone());
            }
            Node::Group(alternatives, _) => {
                for alternative in alternatives {
                    collect_words(alternative, into);
                }
            }
            Node::Prefix(_) | Node::Number | Node::Gap(_) => {}
        }
    }
}

/// The longest gap; more is no longer one thought.
const LONGEST_GAP: usize = 12;

struct Reader<'a> {
    pattern: &'a str,
    sets: &'a Sets,
    chars: std::iter::Peekable<std::str::Chars<'a>>,
}

impl<'a> Reader<'a> {
    fn new(pattern: &'a str, sets: &'a Sets) -> Self {
        Self {
            pattern,
            sets,
            chars: pattern.chars().peekable(),
        }
    }

    fn read(mut self) -> Result<Vec<Node>, PatternError> {
        let nodes = self.sequence()?;
        match self.chars.peek() {
            None => Ok(nodes),
            Some(_) => Err(self.brackets()),
        }
    }

    fn sequence(&mut self) -> Result<Vec<Node>, PatternError> {
        let mut nodes = Vec::new();
        while let Some(c) = self.chars.peek().copied() {
            match c {
                ')' | '|' => break,
                '(' => nodes.push(self.group()?),
                '{' => nodes.push(self.set()?),
                '*' => nodes.push(self.gap()?),
                '#' => {
                    self.chars.next();
                    nodes.push(Node::Number);
                }
                _ if c.is_whitespace() || is_joint(c) => {
                    self.chars.next();
                }
                _ if c.is_alphanumeric() || is_accent(c) => self.words(&mut nodes),
                _ => return Err(self.character(c)),
            }
        }
        Ok(nodes)
    }

    fn group(&mut self) -> Result<Node, PatternError> {
        self.chars.next();
        let mut alternatives = Vec::new();
        loop {
            let alternative = self.sequence()?;
            if alternative.is_empty() {
                return Err(self.brackets());
            }
            alternatives.push(alternative);
            match self.chars.next() {
                Some('|') => {}
                Some(')') => break,
                _ => return Err(self.brackets()),
            }
        }
        let optional = self.chars.next_if_eq(&'?').is_some();
        Ok(Node::Group(alternatives, optional))
    }

    fn set(&mut self) -> Result<Node, PatternError> {
        self.chars.next();
        let mut name = String::new();
        loop {
            match self.chars.next() {
                Some('}') => break,
                Some(c) => name.push(c),
                None => return Err(self.brackets()),
            }
        }
        let words = self
            .sets
            .get(&name)
            .ok_or_else(|| PatternError::UnknownSet {
                pattern: self.pattern.to_owned(),
                set: name,
            })?;
        let sequence = |entry: &String| -> Vec<Node> {
            let words = entry.split(' ').filter(|word| !word.is_empty());
            words.map(|word| Node::Word(word.to_owned())).collect()
        };
        // Longest first: the first alternative that fits is the one that is shown.
        let mut alternatives: Vec<Vec<Node>> = words.iter().map(sequence).collect();
        alternatives.sort_by_key(|words| std::cmp::Reverse(words.len()));
        let optional = self.chars.next_if_eq(&'?').is_some();
        Ok(Node::Group(alternatives, optional))
    }

    fn gap(&mut self) -> Result<Node, PatternError> {
        self.chars.next();
        let mut digits = String::new();
        while let Some(digit) = self.chars.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        match digits.parse() {
            Ok(most) if (1..=LONGEST_GAP).contains(&most) => Ok(Node::Gap(most)),
            _ => Err(self.character('*')),
        }
    }

    fn words(&mut self, nodes: &mut Vec<Node>) {
        let mut word = String::new();
        while let Some(c) = self
            .chars
            .next_if(|c| c.is_alphanumeric() || is_accent(*c) || *c == '.')
        {
            word.push(c);
        }
        let mut folded: Vec<String> = fold(&word).split(' ').map(str::to_owned).collect();
        // `imprim*`, but not `imprim *2`: the star of a prefix stands right behind its word and
        // is not followed by a number.
        let mut ahead = self.chars.clone();
        let star = ahead.next() == Some('*') && !ahead.next().is_some_and(|c| c.is_ascii_digit());
        if star {
            self.chars.next();
            if let Some(last) = folded.pop() {
                nodes.extend(folded.into_iter().map(Node::Word));
                nodes.push(Node::Prefix(last));
            }
        } else {
            nodes.extend(folded.into_iter().map(Node::Word));
        }
    }

    fn brackets(&self) -> PatternError {
        PatternError::Brackets(self.pattern.to_owned())
    }

    fn character(&self, found: char) -> PatternError {
        PatternError::Character {
            pattern: self.pattern.to_owned(),
            found: found.to_string(),
        }
    }
}

/// Characters that part words in a letter, too.
fn is_joint(c: char) -> bool {
    matches!(c, '\'' | '’' | '-' | ',' | '/')
}

fn is_accent(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets() -> Sets {
        BTreeMap::from([(
            "device".to_owned(),
            vec!["pc".to_owned(), "pc portable".to_owned()],
        )])
    }

    fn quotes(pattern: &str, text: &str) -> Vec<String> {
        let mut patterns = Patterns::default();
        patterns.add(Pattern::compile(pattern, &sets()).unwrap());
        let page = Page::new(&[(Zone::New, text)], &[]);
        let hits = patterns.find(&page);
        hits.iter().map(|hit| page.quote(&hit.words)).collect()
    }

    #[test]
    fn words_match_without_accents_case_or_apostrophes() {
        assert_eq!(
            quotes("n'est pas à moi", "Il N’EST pas A MOI."),
            ["N’EST pas A MOI"]
        );
        assert!(quotes("marche", "un marchepied").is_empty());
    }

    #[test]
    fn groups_sets_gaps_prefixes_and_numbers() {
        assert_eq!(
            quotes("(mon|ma) {device} perso", "mon PC portable perso"),
            ["mon PC portable perso"]
        );
        assert_eq!(
            quotes("mon (vieux)? pc", "mon pc, mon vieux pc"),
            ["mon pc", "mon vieux pc"]
        );
        assert_eq!(
            quotes("saisi *2 code", "saisi mon beau code, saisi a b c code"),
            ["saisi mon beau code"]
        );
        assert_eq!(
            quotes("imprim*", "l'imprimante imprime"),
            ["imprimante", "imprime"]
        );
        assert_eq!(
            quotes("les # postes", "les 15 postes, les postes"),
            ["les 15 postes"]
        );
    }

    #[test]
    fn a_way_that_fails_is_left_for_the_next() {
        assert_eq!(
            quotes(
                "mon {device} (tout)? neuf",
                "mon pc portable neuf, mon pc tout neuf"
            ),
            ["mon pc portable neuf", "mon pc tout neuf"]
        );
        assert_eq!(
            quotes("(a|a b) *2 (c|d e)? f", "a b x y f, a b x d e f, a f"),
            ["a b x y f", "a b x d e f", "a f"]
        );
        assert_eq!(quotes("a *3 b", "a a b b"), ["a a b"]);
        let hostile = "a ".repeat(400);
        assert!(quotes("a *12 a *12 a *12 a *12 a *12 z", &hostile).is_empty());
    }

    #[test]
    fn no_pattern_reaches_across_a_clause() {
        assert!(quotes("mon *3 pc", "mon ami. Le pc").is_empty());
    }

    #[test]
    fn occurrences_that_touch_are_all_found() {
        assert_eq!(quotes("pc", "pc pc pc").len(), 3);
    }

    #[test]
    fn broken_patterns_are_named() {
        let error = |pattern: &str| Pattern::compile(pattern, &sets()).unwrap_err().to_string();
        assert_eq!(
            error("(a)? (b)?"),
            "expected a pattern that needs at least one word, but `(a)? (b)?` matches the empty text"
        );
        assert_eq!(
            error(""),
            "expected a pattern that needs at least one word, but `` matches the empty text"
        );
        assert_eq!(
            error("*2 pc"),
            "expected words on both sides of the gap in `*2 pc`"
        );
        assert_eq!(
            error("(a|b"),
            "expected every bracket of `(a|b` to be closed and every alternative to hold a word"
        );
        assert_eq!(
            error("mon {divice}"),
            "expected a known set of words in `mon {divice}`, but found `{divice}`"
        );
        assert_eq!(
            error("[0-9]+"),
            "expected words, (a|b), (a)?, word*, #, *n or {set} in `[0-9]+`, but found `[`"
        );
        assert!(error("a)").contains("bracket"));
        assert!(error("a *99 b").contains("`*`"));
        assert!(error("a (b|) c").contains("alternative"));
    }
}
