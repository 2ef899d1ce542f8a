//! The few words of an answer that depend on a value: areas, levels, why it is closed.
//!
//! They are code and not template text because they are a closed list with a word for each value;
//! the compiler sees that none is missing in either language.

use super::template::Tongue;
use crate::calendar::{Closed, english, french};
use crate::ticket::priority::Category;

/// What a category is called.
pub(super) fn category(category: Category, tongue: Tongue) -> &'static str {
    match (category, tongue) {
        (Category::Printing, Tongue::Fr) => "impression",
        (Category::Printing, Tongue::En) => "printing",
        (Category::Network, Tongue::Fr) => "réseau",
        (Category::Network, Tongue::En) => "network",
        (Category::Workstation, Tongue::Fr) => "poste de travail",
        (Category::Workstation, Tongue::En) => "workstation",
        (Category::Software, Tongue::Fr) => "logiciel",
        (Category::Software, Tongue::En) => "software",
        (Category::Other, Tongue::Fr) => "autre",
        (Category::Other, Tongue::En) => "other",
    }
}

/// When it opens again, with the weekday; nothing if nobody knows.
pub(super) fn opening(closed: &Closed, tongue: Tongue) -> Option<String> {
    closed.until.map(|until| match tongue {
        Tongue::Fr => french::moment(until),
        Tongue::En => english::moment(until),
    })
}

/// Why it is closed.
pub(super) fn closed(closed: &Closed, tongue: Tongue) -> String {
    match tongue {
        Tongue::Fr => french::reasons(&closed.reasons),
        Tongue::En => english::reasons(&closed.reasons),
    }
}

/// How bad it is, for the person it happens to.
pub(super) fn criticality(level: u8, tongue: Tongue) -> &'static str {
    match (level, tongue) {
        (4, Tongue::Fr) => "activité arrêtée ou échéance immédiate",
        (4, Tongue::En) => "work stopped, or a deadline at once",
        (3, Tongue::Fr) => "blocage sans autre solution",
        (3, Tongue::En) => "blocked, no way around",
        (2, Tongue::Fr) => "gêne, le travail reste possible",
        (2, Tongue::En) => "hindered, work goes on",
        (_, Tongue::Fr) => "question ou demande sans urgence",
        (_, Tongue::En) => "a question, or no hurry",
    }
}

/// How many people share what does not work.
pub(super) fn mutualisation(level: u8, tongue: Tongue) -> &'static str {
    match (level, tongue) {
        (4, Tongue::Fr) => "tout l'institut",
        (4, Tongue::En) => "the whole institute",
        (3, Tongue::Fr) => "une salle, un étage ou plusieurs équipes",
        (3, Tongue::En) => "a room, a floor or several teams",
        (2, Tongue::Fr) => "une équipe",
        (2, Tongue::En) => "a team",
        (_, Tongue::Fr) => "une personne",
        (_, Tongue::En) => "one person",
    }
}
