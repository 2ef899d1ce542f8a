//! A machine's system as inventories write it: `Microsoft Windows 10 Professionnel`.
//!
//! In: system and release of an inventory line, folded. Out: the names under which a life cycle may
//! list them, and the edition, if the name holds it. Words that are neither maker nor edition stay:
//! what is not understood matches nothing, and is unknown.

use super::super::name::fold;

/// A system without what inventories add to its name.
pub(super) struct System {
    /// The names under which a life cycle may list it, folded.
    pub(super) names: Vec<String>,
    /// The edition, if the name holds it.
    pub(super) edition: Option<String>,
}

impl System {
    pub(super) fn new(full: &str) -> Self {
        let mut edition = Vec::new();
        let mut plain = Vec::new();
        for word in full.split(' ') {
            if EDITIONS.contains(&word) {
                edition.push(word);
            } else if !MAKERS.contains(&word) {
                plain.push(word);
            }
        }
        let plain = plain.join(" ");
        // A service pack is no release of its own: `windows 7 sp1` is also looked up as `windows 7`.
        let without_pack = plain
            .rsplit_once(' ')
            .filter(|(_, last)| {
                let pack = last.strip_prefix("sp");
                pack.is_some_and(|number| number.parse::<u8>().is_ok())
            })
            .map(|(rest, _)| rest.to_owned());
        let edition = (!edition.is_empty()).then(|| fold_edition(&edition.join(" ")));
        let names = [Some(plain.clone()), without_pack];
        Self {
            names: names.into_iter().flatten().collect(),
            edition,
        }
    }
}

/// Words of a system's name that name its maker.
const MAKERS: [&str; 2] = ["microsoft", "apple"];

/// Words of a system's name that name its edition.
const EDITIONS: [&str; 11] = [
    "pro",
    "professionnel",
    "professional",
    "entreprise",
    "enterprise",
    "famille",
    "home",
    "education",
    "iot",
    "ltsc",
    "ltsb",
];

/// `Professionnel`, `Professional` and `Pro` are one edition, `Entreprise` and `Enterprise` too.
pub(super) fn fold_edition(edition: &str) -> String {
    fold(edition)
        .split(' ')
        .map(|word| match word {
            "professionnel" | "professional" => "pro",
            "entreprise" => "enterprise",
            "famille" => "home",
            other => other,
        })
        .collect::<Vec<_>>()
        .join(" ")
}
