//! Whether a letter asks for on-call presence in advance.
//!
//! A sentence has to name on-call presence *and* ask for it, near one another: `nous aurions besoin
//! d'une astreinte`, `could you arrange on-call support`. Who is on call, what the rules are, that
//! somebody did not answer last night, whose turn it is and what is paid for it are other matters;
//! so is an earlier request that is only mentioned. Words that mean other things too (`permanence`,
//! `support`, `présence technique`) count only with an occasion and its days beside them.
//!
//! Strictness is on the side of the ordinary way: a request that is not recognised is a ticket that
//! a person reads; one that is seen where there is none would put questions to somebody in trouble.

use jiff::civil::Date;

use super::form;
use super::free;
use super::lexeme::Lexemes;
use super::period::read::Said;
use super::vocabulary::{
    CUES, ENGLISH_PAPERS, EVENTS, HOW, NO, OWN, PAPERS, PAST, PERSONS, SENT_NOW,
};

/// Words between the noun and what asks for it.
const NEAR: usize = 12;

/// What on-call presence is called, at a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Noun {
    /// It means nothing else.
    Plain,
    /// It means other things too.
    Vague,
}

/// Whether a letter asks for on-call presence.
pub(super) fn is_request(subject: &str, new: &str, today: Date) -> bool {
    let body = Lexemes::of(new);
    let occasion = Occasion::of(subject, new, today);
    let mut named = false;
    for (from, to) in body.sentences() {
        match sentence(&Words::of(&body, from, to), &occasion) {
            Some(true) => return true,
            Some(false) => named = true,
            None => {}
        }
    }
    // A body that names it and does not ask for it says what the subject is about.
    !named && by_subject(subject, new, &occasion)
}

/// What of a letter makes a vague word mean on-call presence.
struct Occasion {
    event: bool,
    days: bool,
}

impl Occasion {
    fn of(subject: &str, new: &str, today: Date) -> Self {
        let text = format!("{subject}\n\n{new}");
        let lexemes = Lexemes::of(&text);
        let said = free::times(&text, today);
        Self {
            event: (0..lexemes.len()).any(|at| lexemes.is_word(at, EVENTS)),
            days: matches!(said, Said::Days(..) | Said::Whole(_) | Said::Odd(_)),
        }
    }

    fn is_whole(&self) -> bool {
        self.event && self.days
    }
}

/// `Demande d'astreinte : …`, or a subject that names it above a form.
fn by_subject(subject: &str, new: &str, occasion: &Occasion) -> bool {
    let lexemes = Lexemes::of(subject);
    let words = Words::of(&lexemes, 0, lexemes.len());
    let plain = (0..words.len()).any(|at| {
        noun(&words, at) == Some(Noun::Plain) && !is_other(&words, at) && !is_denied(&words, at, at)
    });
    if !plain || words.is_question() || is_past(&words, 0, words.len()) || words.any(NO) {
        return false;
    }
    let lines = form::lines(new);
    let asked = words.any(&["demande", "request", "besoin", "need"]) && !words.any(&["ma", "my"]);
    let body = Lexemes::of(new);
    let cue = (0..body.len()).any(|at| body.is_word(at, CUES));
    lines.len() >= 3 || occasion.days && (asked || cue) || asked && occasion.event
}

/// The words of a sentence, and whether it ends as a question.
pub(super) struct Words<'a> {
    pub(super) words: Vec<&'a str>,
    question: bool,
}

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a Lexemes<'_>, from: usize, to: usize) -> Self {
        Self {
            words: (from..to).filter_map(|at| text.word(at)).collect(),
            question: to
                .checked_sub(1)
                .is_some_and(|last| text.is_mark(last, '?')),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn is(&self, at: usize, words: &[&str]) -> bool {
        self.words.get(at).is_some_and(|word| words.contains(word))
    }

    /// Whether the word `back` places before is one of these.
    fn before(&self, at: usize, back: usize, words: &[&str]) -> bool {
        at.checked_sub(back).is_some_and(|at| self.is(at, words))
    }

    pub(super) fn any(&self, words: &[&str]) -> bool {
        (0..self.len()).any(|at| self.is(at, words))
    }

    pub(super) fn any_in(&self, from: usize, to: usize, words: &[&str]) -> bool {
        (from..to.min(self.len())).any(|at| self.is(at, words))
    }

    pub(super) fn is_question(&self) -> bool {
        self.question
    }
}

/// Whether a sentence asks for on-call presence; nothing if it does not name it.
fn sentence(words: &Words<'_>, occasion: &Occasion) -> Option<bool> {
    let mut named = None;
    for at in 0..words.len() {
        let Some(noun) = noun(words, at) else {
            continue;
        };
        if noun == Noun::Vague && !(occasion.is_whole() && is_lasting(words)) {
            continue;
        }
        if noun == Noun::Plain {
            named = Some(false);
        }
        if !is_other(words, at) && is_asked(words, at) {
            return Some(true);
        }
    }
    named
}

/// What stands at a word.
fn noun(words: &Words<'_>, at: usize) -> Option<Noun> {
    let next = |list: &[&str]| words.is(at + 1, list);
    match *words.words.get(at)? {
        "astreinte" | "astreintes" | "oncall" => Some(Noun::Plain),
        "on" if next(&["call"]) => Some(Noun::Plain),
        "permanence" | "permanences" | "standby" => Some(Noun::Vague),
        "stand" if next(&["by"]) => Some(Noun::Vague),
        "presence" | "support" | "assistance" | "soutien" | "accompagnement" | "couverture"
        | "renfort" | "coverage" | "cover" => {
            let technical = [
                "informatique",
                "technique",
                "it",
                "technical",
                "informaticien",
                "technicien",
                "technicienne",
                "technician",
                "computing",
            ];
            words
                .any_in(at.saturating_sub(2), at + 5, &technical)
                .then_some(Noun::Vague)
        }
        "technicien" | "technicienne" | "informaticien" | "technician" => {
            let there = [
                "present",
                "presente",
                "disponible",
                "joignable",
                "available",
                "reachable",
                "sur",
                "on",
            ];
            words.any_in(at + 1, at + 5, &there).then_some(Noun::Vague)
        }
        _ => None,
    }
}

/// For how long, not what for: `pendant le colloque`, `throughout the conference`.
fn is_lasting(words: &Words<'_>) -> bool {
    words.any(&["pendant", "durant", "lors", "during", "throughout", "while"])
        || (0..words.len()).any(|at| {
            words.is(at, &["tout", "toute", "for"])
                && words.any_in(
                    at + 1,
                    at + 4,
                    &["long", "duree", "duration", "entire", "whole"],
                )
        })
}

/// Whether the noun is part of something else: a rota, a number, a person's duty.
fn is_other(words: &Words<'_>, at: usize) -> bool {
    let english = words.is(at, &["on"]) || words.is(at, &["oncall"]);
    if english {
        return is_other_english(words, at);
    }
    if words.before(at, 1, &["d", "de"]) {
        if words.before(at, 2, PAPERS)
            || words.before(at, 4, PAPERS) && words.before(at, 3, &["d", "de"])
        {
            return true;
        }
        if words.before(
            at,
            2,
            &[
                "est", "sont", "etait", "etaient", "suis", "sera", "sommes", "serai", "etre",
            ],
        ) {
            return true;
        }
        if words.before(at, 2, PERSONS) && !words.before(at, 2, &["un"]) {
            return !words.before(at, 3, &["un", "une", "des", "deux", "d", "quelqu"]);
        }
        if words.before(at, 2, &["demande", "demandes"]) {
            let mentioned = words.before(at, 3, OWN);
            return mentioned && !words.any(SENT_NOW);
        }
        return false;
    }
    let governed = [
        "prevoir",
        "organiser",
        "assurer",
        "place",
        "planifier",
        "accorder",
        "prolonger",
        "demander",
    ];
    if words.before(at, 1, &["l", "cette", "cet", "votre", "vos", "la"]) {
        return !words.before(at, 2, &governed);
    }
    words.before(
        at,
        1,
        &[
            "mon", "ma", "mes", "ton", "son", "sa", "leur", "leurs", "les",
        ],
    )
}

fn is_other_english(words: &Words<'_>, at: usize) -> bool {
    let width = if words.is(at, &["oncall"]) { 1 } else { 2 };
    let being = ["is", "are", "was", "were", "am", "s", "re"];
    // `to be there on call`, `somebody on call`
    if words.before(at, 1, &being) || words.before(at, 1, &["been", "being", "i", "he", "she"]) {
        return true;
    }
    if words.is(at + width, ENGLISH_PAPERS) {
        return true;
    }
    if words.is(at + width, PERSONS) {
        return !words.before(at, 1, &["an", "some", "one", "a", "for"]);
    }
    if words.is(at + width, &["request", "requests"]) {
        return words.before(at, 1, &["my", "our", "the", "this", "your"]) && !words.any(SENT_NOW);
    }
    words.before(at, 1, &["the", "my", "your", "his", "her", "their"])
}

/// Whether something asks for the noun, near it, now, and is not denied.
fn is_asked(words: &Words<'_>, at: usize) -> bool {
    let asks_how = (0..words.len()).any(|how| {
        let relative = words.is(how, &["qui", "who", "which"]) && how > 0;
        words.is(how, HOW) && !relative
    });
    if asks_how && !words.any(&["possible", "possibilite", "envisageable"]) {
        return false;
    }
    let from = at.saturating_sub(NEAR);
    (from..(at + 8).min(words.len())).any(|cue| {
        words.is(cue, CUES) && !is_noun_of_another(words, cue, at) && !is_denied(words, cue, at)
    })
}

/// `suite à ma demande`, `following my request`: the cue is a thing, and not done now.
fn is_noun_of_another(words: &Words<'_>, cue: usize, at: usize) -> bool {
    let thing = words.is(
        cue,
        &["demande", "request", "besoin", "need", "needs", "like"],
    );
    let mine = words.before(
        cue,
        1,
        &[
            "ma", "notre", "votre", "cette", "la", "my", "your", "the", "this", "looks",
        ],
    );
    let beside = words.before(cue, 1, &["our"]) && cue < at;
    thing && (mine || beside) && !words.any(SENT_NOW)
}

/// Whether a `no` or a past stands between the cue and the noun, or right before.
fn is_denied(words: &Words<'_>, cue: usize, at: usize) -> bool {
    let (from, to) = (cue.min(at), cue.max(at));
    let from = from.saturating_sub(3);
    let polite = (from..to).any(|no| {
        words.is(no, &["pas", "not"])
            && (words.before(no, 1, &["il", "vous", "ne", "you"]) && words.is_question()
                || words.is(no + 1, &["hesiter", "hesitate"]))
    });
    let denied = words.any_in(from, to, NO);
    let as_before = words.any_in(0, to, &["comme", "as"]);
    denied && !polite || is_past(words, from, to + 4) && !as_before
}

/// Whether words speak of what is over; `l'école d'été` is not.
fn is_past(words: &Words<'_>, from: usize, to: usize) -> bool {
    (from..to.min(words.len())).any(|at| {
        words.is(at, PAST) && !(words.is(at, &["ete"]) && words.before(at, 1, &["d", "cet", "l"]))
    })
}

/// Whether a sentence names on-call presence, for the days beside it.
pub(super) fn names_on_call(text: &Lexemes<'_>, from: usize, to: usize) -> bool {
    let words = Words::of(text, from, to);
    (0..words.len()).any(|at| noun(&words, at) == Some(Noun::Plain))
}
