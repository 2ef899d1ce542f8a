//! Answers to a clause's question, and to a refusal that offers a remedy.
//!
//! In: the card, the clause that asked, what the writer answered. Out: a [`Reading`], and with it
//! the letter judged once more ([`rejudge`]).
//!
//! | the answer | what follows |
//! |---|---|
//! | admits | the clause's question becomes a refusal without reserve, unless an exception is said, a safety cue holds, a machine is named, or work is stopped now: then a flag |
//! | denies | the clause neither refuses nor asks any more |
//! | takes the offer | the clause is met: the letter is accepted |
//! | is unclear | a flag for a technician |
//!
//! A machine that the answer names counts as one the letter names, and what the inventory says of
//! it decides as ever. Nothing is asked a second time, whatever comes out. A cap holds: a clause
//! that may only give notice refuses by no answer.
//!
//! Quoted text and signature of the answer are cut first: our own question is not the answer. To
//! admit takes one plain statement and no denial; any mention denies. "Oui" or "non" alone counts
//! only for clauses whose card says so, because not every question is one of yes or no.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::card::{Card, Clause};
use super::clause::ClauseId;
use super::judge;
use super::normalise::{Page, Zone};
use super::signal::{self, Mention, Polarity};
use super::trace::Answered;
use super::{Letter, Verdict, day, head};
use crate::message::Text;
use crate::registry::Registry;

/// The signal that the words of an answer are evidence under.
pub(super) const SIGNAL: &str = "answer";

/// What an answer says about its clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The clause does cover the letter.
    Admits,
    /// It does not.
    Denies,
    /// The remedy that the refusal offers is taken.
    AcceptsOffer,
    /// Neither, or both.
    Unclear,
}

impl std::fmt::Display for Reading {
    /// What the answer does, as the end of a sentence.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Admits => "admits",
            Self::Denies => "denies",
            Self::AcceptsOffer => "takes the offer",
            Self::Unclear => "is unclear",
        })
    }
}

/// What an answer says about a clause of the card; unclear if the card has no such clause.
#[must_use]
pub fn read(card: &Card, clause: &ClauseId, answer: &str) -> Reading {
    words_of(card, clause, &new_words(answer)).reading
}

/// Judges a letter once more, with the answer to the question of a clause. `original` is the
/// letter the question was about, in its own circumstances: the answer is no reply to a ticket
/// here. Pure, as [`super::judge()`] is.
#[must_use]
pub fn rejudge(
    card: &Card,
    registry: &Registry,
    original: &Letter<'_>,
    clause: &ClauseId,
    answer_text: &str,
    now: Timestamp,
) -> Verdict {
    let answer = new_words(answer_text);
    let answered = words_of(card, clause, &answer);
    let text = Text {
        new: format!("{}\n\n{answer}", original.text.new),
        ..original.text.clone()
    };
    let both = Letter {
        text: &text,
        ..*original
    };
    judge::judge(card, registry, &both, Some(&answered), day(now))
}

/// Without what is quoted, signed or passed on.
fn new_words(answer: &str) -> String {
    Text::of_plain(answer, false).new
}

fn words_of(card: &Card, clause: &ClauseId, answer: &str) -> Answered {
    let found = card.clause(clause).map(|clause| said(card, clause, answer));
    let (reading, quote) = found.unwrap_or((Reading::Unclear, None));
    Answered {
        clause: clause.clone(),
        reading,
        quote,
    }
}

fn said(card: &Card, clause: &Clause, answer: &str) -> (Reading, Option<String>) {
    let page = Page::new(&[(Zone::New, head(answer))], &card.turns);
    let reader = signal::Reader::new(&page, &card.patterns, &card.polarity);
    let [admits, denies, offer] = [
        &clause.answers.admits,
        &clause.answers.denies,
        &clause.answers.accept_on,
    ]
    .map(|patterns| reader.read(patterns, &(0..0), &[Zone::New]).mentions);
    let plain = |mention: &&Mention| mention.polarity == Polarity::Affirmed;
    let negated = |mention: &&Mention| mention.polarity == Polarity::Negated;
    let quote = |mention: &Mention| Some(mention.quote.clone());
    if let Some(taken) = offer.first()
        && offer.iter().all(|mention| plain(&mention))
    {
        return (Reading::AcceptsOffer, quote(taken));
    }
    // "Il ne m'appartient pas": who denies what would admit denies, and no more than that.
    let denied = denies.iter().find(|mention| !negated(mention));
    // In "non, c'est pour moi" the "non" is the answer, and denies nothing of what follows it.
    let answers_before = |mention: &Mention| {
        let mut all = admits.iter().filter(plain);
        all.any(|other| other.words.end == mention.words.start)
    };
    let denied = denied.or(admits
        .iter()
        .find(|mention| negated(mention) && !answers_before(mention)));
    let taken_back = |mention: &Mention| {
        let mut all = denies.iter();
        all.any(|denial| signal::overlap(&denial.words, &mention.words))
    };
    let admitted = admits
        .iter()
        .find(|mention| plain(mention) && !taken_back(mention));
    match (admitted, denied) {
        (Some(admitted), None) => (Reading::Admits, quote(admitted)),
        (None, Some(denied)) => (Reading::Denies, quote(denied)),
        (Some(words), Some(_)) => (Reading::Unclear, quote(words)),
        (None, None) => (Reading::Unclear, None),
    }
}
