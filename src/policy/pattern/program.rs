//! A pattern as a little program over words, and its run.
//!
//! In: the nodes of a pattern, later the words of a clause. Out: the words the pattern covers.
//! Leftmost first, and of two alternatives the earlier one, as regular expressions do it.
//!
//! A run goes back to its last fork when it fails, and never passes a fork at the same word
//! twice: what failed there before fails again. So its cost is bounded by forks times words,
//! whatever the letter says. Programs are small: a card's hundreds of patterns together take less
//! memory than a few compiled regular expressions.

use std::ops::Range;

use super::Node;
use crate::policy::normalise::Page;

/// Steps of one pattern at most; a set within a set within a gap may ask for more.
const STEPS: usize = 20_000;

#[derive(Debug, Clone)]
enum Step {
    Word(Box<str>),
    Prefix(Box<str>),
    Number,
    Any,
    /// Tries the first way; if it fails, the second.
    Fork {
        /// Counts forks, for the marks of a run.
        number: usize,
        first: usize,
        second: usize,
    },
    Jump(usize),
    Done,
}

/// What a pattern was compiled to.
#[derive(Debug, Clone)]
pub(super) struct Program {
    steps: Vec<Step>,
    forks: usize,
}

/// What a run needs and may use again for the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// For each fork and word: it was there and failed.
    failed: Vec<bool>,
    /// Forks to go back to: step and word.
    back: Vec<(usize, usize)>,
}

impl Program {
    /// `None` if it would be too large.
    pub(super) fn compile(nodes: &[Node]) -> Option<Self> {
        let mut program = Self {
            steps: Vec::new(),
            forks: 0,
        };
        program.sequence(nodes)?;
        program.steps.push(Step::Done);
        program.steps.shrink_to_fit();
        Some(program)
    }

    fn sequence(&mut self, nodes: &[Node]) -> Option<()> {
        for node in nodes {
            match node {
                Node::Word(word) => self.steps.push(Step::Word(word.as_str().into())),
                Node::Prefix(word) => self.steps.push(Step::Prefix(word.as_str().into())),
                Node::Number => self.steps.push(Step::Number),
                Node::Gap(most) => self.gap(*most),
                Node::Group(alternatives, optional) => self.group(alternatives, *optional)?,
            }
        }
        (self.steps.len() < STEPS).then_some(())
    }

    /// As few free words as will do.
    fn gap(&mut self, most: usize) {
        let end = self.steps.len() + 2 * most;
        for _ in 0..most {
            let here = self.steps.len();
            self.fork(end, here + 1);
            self.steps.push(Step::Any);
        }
    }

    fn group(&mut self, alternatives: &[Vec<Node>], optional: bool) -> Option<()> {
        let mut ends = Vec::new();
        for (at, alternative) in alternatives.iter().enumerate() {
            let last = at + 1 == alternatives.len() && !optional;
            let fork = self.steps.len();
            if !last {
                self.fork(fork + 1, fork + 1);
            }
            self.sequence(alternative)?;
            if !last {
                ends.push(self.steps.len());
                self.steps.push(Step::Jump(0));
                let next = self.steps.len();
                if let Some(Step::Fork { second, .. }) = self.steps.get_mut(fork) {
                    *second = next;
                }
            }
        }
        let after = self.steps.len();
        for end in ends {
            if let Some(step) = self.steps.get_mut(end) {
                *step = Step::Jump(after);
            }
        }
        Some(())
    }

    fn fork(&mut self, first: usize, second: usize) {
        let number = self.forks;
        self.forks += 1;
        self.steps.push(Step::Fork {
            number,
            first,
            second,
        });
    }

    /// The first occurrence within these words of a page.
    pub(super) fn find(
        &self,
        page: &Page<'_>,
        words: &Range<usize>,
        scratch: &mut Scratch,
    ) -> Option<Range<usize>> {
        scratch.failed.clear();
        scratch.failed.resize(self.forks * (words.len() + 1), false);
        words.clone().find_map(|start| {
            let end = self.run(page, start, words, scratch)?;
            Some(start..end)
        })
    }

    /// Where an occurrence that begins at this word ends.
    fn run(
        &self,
        page: &Page<'_>,
        start: usize,
        words: &Range<usize>,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let (mut step, mut at) = (0, start);
        scratch.back.clear();
        loop {
            let fits = match self.steps.get(step)? {
                Step::Done => return Some(at),
                Step::Jump(to) => {
                    step = *to;
                    continue;
                }
                Step::Fork {
                    number,
                    first,
                    second,
                } => {
                    let mark = number * (words.len() + 1) + (at - words.start);
                    match scratch.failed.get_mut(mark) {
                        Some(failed) if !*failed => {
                            *failed = true;
                            scratch.back.push((*second, at));
                            step = *first;
                        }
                        _ => (step, at) = scratch.back.pop()?,
                    }
                    continue;
                }
                _ if at >= words.end => false,
                Step::Word(word) => page.word(at) == &**word,
                Step::Prefix(head) => page.word(at).starts_with(&**head),
                Step::Number => page.word(at).bytes().all(|byte| byte.is_ascii_digit()),
                Step::Any => true,
            };
            if fits {
                (step, at) = (step + 1, at + 1);
            } else {
                (step, at) = scratch.back.pop()?;
            }
        }
    }
}
