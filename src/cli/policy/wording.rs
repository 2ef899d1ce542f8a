//! The card's terms in the words of somebody who answers for it, French and English.
//!
//! Every fact with every value it may have, verdicts, modes and categories. The French is what a
//! head of service signs; the English says the same.

mod fact;

use self::fact::fact;
use crate::compose::template::Tongue;
use crate::policy::card::{Bilingual, Card};
use crate::policy::clause::Condition;
use crate::policy::{Mode, Outcome};
use crate::registry::Reading;
use crate::ticket::priority::Category;

/// One of two texts.
pub(super) fn say<'a>(tongue: Tongue, fr: &'a str, en: &'a str) -> &'a str {
    match tongue {
        Tongue::Fr => fr,
        Tongue::En => en,
    }
}

/// The text in a language.
pub(super) fn of(text: &Bilingual, tongue: Tongue) -> &str {
    say(tongue, &text.fr, &text.en)
}

/// What a verdict does.
pub(super) fn outcome(outcome: Outcome, tongue: Tongue) -> &'static str {
    match outcome {
        Outcome::Accept => say(tongue, "ACCEPTER", "ACCEPT"),
        Outcome::Flag => say(
            tongue,
            "ACCEPTER ET SIGNALER au technicien",
            "ACCEPT AND FLAG for the technician",
        ),
        Outcome::Notice => say(tongue, "ACCEPTER AVEC UN AVIS", "ACCEPT WITH A NOTICE"),
        Outcome::Ask => say(
            tongue,
            "ACCEPTER ET POSER UNE QUESTION",
            "ACCEPT AND ASK ONE QUESTION",
        ),
        Outcome::Reject => say(tongue, "REFUSER", "REFUSE"),
    }
}

/// What a clause does by itself.
pub(super) fn mode(mode: Mode, tongue: Tongue) -> &'static str {
    match mode {
        Mode::Shadow => say(
            tongue,
            "observation : tout est accepté, ce que la clause aurait fait est noté",
            "shadow: everything is accepted, what the clause would have done is noted",
        ),
        Mode::Propose => say(
            tongue,
            "proposition : un technicien confirme chaque refus",
            "propose: a technician confirms each refusal",
        ),
        Mode::Auto => say(
            tongue,
            "automatique : la clause agit seule",
            "automatic: the clause acts by itself",
        ),
    }
}

/// The name of a category.
pub(super) fn category(category: Category, tongue: Tongue) -> &'static str {
    match category {
        Category::Printing => say(tongue, "impression", "printing"),
        Category::Network => say(tongue, "réseau", "network"),
        Category::Workstation => say(tongue, "poste de travail", "workstation"),
        Category::Software => say(tongue, "logiciel", "software"),
        Category::Other => say(tongue, "autre", "other"),
    }
}

/// A condition as a sentence without a full stop.
pub(super) fn condition(card: &Card, condition: &Condition, tongue: Tongue) -> String {
    match condition {
        Condition::Signal { id, strict, .. } => {
            let signal = card.signals().iter().find(|signal| signal.id == *id);
            let says = signal.and_then(|signal| signal.says.as_ref());
            let says = says.map_or(id.as_str(), |says| of(says, tongue));
            let plainly = say(tongue, ", sans détour", ", plainly");
            format!("{says}{}", if *strict { plainly } else { "" })
        }
        Condition::Fact { name, values } => fact(card, name, values, tongue),
    }
}

/// How clause "et/ou" is read.
pub(super) fn reading(reading: Reading, tongue: Tongue) -> &'static str {
    match reading {
        Reading::Lenient => say(
            tongue,
            "« et/ou » est lu largement : une machine est prise en charge si le service l'a achetée OU si elle vient du marché ; elle n'est exclue que si l'inventaire dit les deux contraires",
            "“et/ou” is read leniently: a machine is supported if the service bought it OR if it comes from the contract; it is out only if the inventory says the contrary of both",
        ),
        Reading::Strict => say(
            tongue,
            "« et/ou » est lu strictement : une machine est prise en charge seulement si le service l'a achetée ET si elle vient du marché ; il suffit d'un contraire pour l'exclure",
            "“et/ou” is read strictly: a machine is supported only if the service bought it AND if it comes from the contract; one contrary is enough to exclude it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fact::FACTS;

    #[test]
    fn every_fact_with_every_value_has_words_in_both_languages() {
        let card = Card::shipped().unwrap();
        for (name, values) in FACTS {
            for value in values {
                let condition = Condition::Fact {
                    name: name.to_owned(),
                    values: vec![(*value).to_owned()],
                };
                let [fr, en] = Tongue::ALL.map(|tongue| super::condition(card, &condition, tongue));
                assert!(
                    fr.contains(' ') && en.contains(' '),
                    "{name}={value}: {fr} / {en}"
                );
                assert_ne!(fr, en, "{name}={value}");
                assert!(!fr.contains(name) && !fr.contains('_'), "{fr}");
            }
        }
    }

    #[test]
    fn every_signal_and_level_of_the_shipped_card_has_words_in_both_languages() {
        let card = Card::shipped().unwrap();
        let signals = card.signals().iter().map(|s| (s.id.clone(), &s.says));
        let safety = card.safety().iter().map(|s| (s.id.clone(), &s.says));
        let levels = card.levels().iter().map(|l| (l.set.to_string(), &l.says));
        for (id, says) in signals.chain(safety).chain(levels) {
            let says = says.as_ref().unwrap_or_else(|| panic!("{id} says nothing"));
            assert_ne!(says.fr, says.en, "{id}");
        }
    }
}
