//! What an answer means to do, apart from what it says: take a request back, move it, give a number.
//!
//! Taking back is read strictly. `La session de samedi est annulée`, `si le congrès est annulé` and a
//! question take nothing back; what is read wrongly all the same is told to its author at once.

use super::lexeme::Lexemes;
use super::recognise::Words;

/// Whether an answer takes a request back.
pub(super) fn is_withdrawal(new: &str) -> bool {
    let text = Lexemes::of(new);
    text.sentences()
        .into_iter()
        .any(|(from, to)| takes_back(&Words::of(&text, from, to)))
}

fn takes_back(words: &Words<'_>) -> bool {
    const DOUBT: &[&str] = &[
        "si",
        "if",
        "sauf",
        "except",
        "maintenu",
        "maintenue",
        "maintenons",
        "seulement",
        "only",
        "peut",
        "might",
        "may",
        "pas",
        "not",
        "risque",
        "cas",
        "but",
        "mais",
        "jamais",
        "never",
        "unless",
        "partiellement",
    ];
    const OBJECTS: &[&str] = &[
        "demande",
        "astreinte",
        "request",
        "call",
        "permanence",
        "reservation",
        "congres",
        "colloque",
        "conference",
        "experience",
        "evenement",
        "event",
        "campagne",
        "experiment",
    ];
    if words.is_question() {
        return false;
    }
    let doubtful = words.any(DOUBT);
    let cancels = (0..words.len()).any(|at| {
        let cancels = words.words.get(at).is_some_and(|word| {
            ["annul", "cancel", "withdraw", "retir", "renonc", "abandon"]
                .iter()
                .any(|stem| word.starts_with(stem))
                && !word.starts_with("annulation")
                && !word.starts_with("cancellation")
        });
        cancels && words.any_in(at.saturating_sub(8), at + 8, OBJECTS)
    });
    let needless = (0..words.len()).any(|at| {
        let no_more = words.is(at, &["plus"])
            && words.is(at + 1, &["besoin", "necessaire", "utile"])
            || words.is(at, &["longer"])
                && words.is(at + 1, &["need", "needed", "necessary", "required"]);
        no_more && !words.any(&["wifi", "reseau", "network"])
    });
    // `nous n'en avons plus besoin` says no by itself.
    cancels && !doubtful || needless && !words.any(&["si", "if", "sauf", "except", "mais", "but"])
}

/// Whether an answer speaks of other times than before.
pub(super) fn says_other_times(new: &str) -> bool {
    const STEMS: &[&str] = &[
        "report",
        "decal",
        "chang",
        "modif",
        "finalement",
        "plutot",
        "avanc",
        "prolong",
        "nouvel",
        "nouveau",
        "mov",
        "postpon",
        "instead",
        "shift",
        "extend",
        "correct",
    ];
    let text = Lexemes::of(new);
    (0..text.len()).any(|at| {
        text.word(at)
            .is_some_and(|word| STEMS.iter().any(|stem| word.starts_with(stem)))
    })
}

/// Whether a sentence before a number says that it is the writer's own.
pub(super) fn is_own_number(sentence: &str) -> bool {
    let text = Lexemes::of(sentence);
    let words = Words::of(&text, 0, text.len());
    words.any(&["joindre", "joignable", "suis", "reach", "reachable"])
        && words.any(&["me", "je", "i", "m"])
        || (0..words.len()).any(|at| {
            words.is(at, &["mon", "my"])
                && words.any_in(
                    at + 1,
                    at + 3,
                    &[
                        "portable",
                        "mobile",
                        "numero",
                        "number",
                        "telephone",
                        "phone",
                        "cell",
                    ],
                )
        })
}

/// Whether a text says that there is no second contact.
pub(super) fn has_no_second(text: &Lexemes<'_>) -> bool {
    text.sentences().into_iter().any(|(from, to)| {
        let words = Words::of(text, from, to);
        (0..words.len()).any(|at| {
            let second = words.is(at, &["second", "deuxieme", "autre", "other"])
                && words.is(at + 1, &["contact"]);
            second && words.any_in(at.saturating_sub(4), at, &["pas", "aucun", "no", "sans"])
        })
    })
}
