//! The technicians: who they are, what they look after, which letters they write from.
//!
//! In: what the configuration says of each. Out: a [`Team`] in which every handle and every
//! address names one technician. A technician is somebody the site names; nothing in a letter
//! makes one.

use std::collections::BTreeSet;

use crate::policy::Language;
use crate::registry::name::fold;
use crate::ticket::priority::Category;
use crate::token::PersonNumber;

/// One technician.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technician {
    /// The short name, such as `paul`: in orders, in the database and in reply tokens.
    pub handle: String,
    /// The name people read.
    pub name: String,
    /// The addresses they write from, in lower case; the first one gets what we write.
    pub addresses: Vec<String>,
    /// The language of what we write to them.
    pub language: Language,
    /// What they look after; nothing named is everything.
    pub categories: BTreeSet<Category>,
    /// Whether they may grant on-call windows.
    pub approver: bool,
}

impl Technician {
    /// Where our letters to them go.
    #[must_use]
    pub fn address(&self) -> &str {
        self.addresses.first().map_or("", String::as_str)
    }

    /// Whether tickets of a category are theirs to look at.
    #[must_use]
    pub fn looks_after(&self, category: Category) -> bool {
        self.categories.is_empty() || self.categories.contains(&category)
    }
}

/// All technicians, in the order of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Team(Vec<Technician>);

impl Team {
    /// A team in which no two share a handle or an address.
    ///
    /// # Errors
    /// [`TeamError`] names what two share, or what one lacks.
    pub fn new(technicians: Vec<Technician>) -> Result<Self, TeamError> {
        let mut handles = BTreeSet::new();
        let mut addresses = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        for technician in &technicians {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
            let handle = &technician.handle;
            if !(1..=24).contains(&handle.len()) || !handle.chars().all(plain) {
                return Err(TeamError::Handle(handle.clone()));
            }
            if !numbers.insert(PersonNumber::of(handle)) && !handles.contains(handle) {
                return Err(TeamError::Number(handle.clone()));
            }
            if !handles.insert(handle.clone()) {
                return Err(TeamError::Twice(handle.clone()));
            }
            if technician.addresses.is_empty() {
                return Err(TeamError::NoAddress(handle.clone()));
            }
            for address in &technician.addresses {
                if !addresses.insert(address.to_lowercase()) {
                    return Err(TeamError::Shared(handle.clone()));
                }
            }
        }
        Ok(Self(technicians))
    }

    /// Everybody.
    pub fn iter(&self) -> impl Iterator<Item = &Technician> {
        self.0.iter()
    }

    /// Whether there is nobody: the gateway then only takes in and answers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The technician who writes from an address.
    #[must_use]
    pub fn by_address(&self, address: &str) -> Option<&Technician> {
        let key = address.to_lowercase();
        self.iter()
            .find(|technician| technician.addresses.contains(&key))
    }

    /// The technician with this handle.
    #[must_use]
    pub fn by_handle(&self, handle: &str) -> Option<&Technician> {
        self.iter().find(|technician| technician.handle == handle)
    }

    /// The technician an order names: by handle, by address, or by a part of the name that only
    /// one of them has.
    ///
    /// # Errors
    /// [`NotOne`] when nobody or several are meant.
    pub fn named(&self, text: &str) -> Result<&Technician, NotOne> {
        if let Some(found) = self
            .by_handle(&text.to_lowercase())
            .or_else(|| self.by_address(text.trim_matches(['<', '>'])))
        {
            return Ok(found);
        }
        let wanted = fold(text);
        let meant: Vec<&Technician> = self
            .iter()
            .filter(|technician| {
                let name = fold(&technician.name);
                !wanted.is_empty() && (name == wanted || name.split(' ').any(|part| part == wanted))
            })
            .collect();
        match meant.as_slice() {
            [only] => Ok(only),
            _ => Err(NotOne {
                text: text.chars().take(80).collect(),
                several: meant.len() > 1,
                handles: self
                    .iter()
                    .map(|technician| technician.handle.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }

    /// Those who look after a category; everybody where nobody does, for no ticket is nobody's.
    #[must_use]
    pub fn looking_after(&self, category: Category) -> Vec<&Technician> {
        let found: Vec<&Technician> = self
            .iter()
            .filter(|technician| technician.looks_after(category))
            .collect();
        if found.is_empty() {
            self.iter().collect()
        } else {
            found
        }
    }
}

/// What is wrong with a list of technicians.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TeamError {
    /// Not a handle.
    #[error(
        "expected a handle of 1 to 24 lower-case letters, digits, `-`, `_` or `.`, but found `{0}`"
    )]
    Handle(String),
    /// Two have it.
    #[error("two technicians have the handle `{0}`")]
    Twice(String),
    /// Its short number in tokens is another one's: one in millions.
    #[error("the handle `{0}` cannot be told from another one in reply tokens; expected another")]
    Number(String),
    /// Nowhere to write.
    #[error("the technician `{0}` has no address")]
    NoAddress(String),
    /// An address somebody has already.
    #[error("an address of the technician `{0}` is another one's too, or named twice")]
    Shared(String),
}

/// A name that is not one technician's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names {}; the technicians are {handles}", if *several { "several technicians" } else { "nobody" })]
pub struct NotOne {
    /// As written, shortened.
    pub text: String,
    /// Whether several are meant; else nobody is.
    pub several: bool,
    /// The handles there are.
    pub handles: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn technician(handle: &str, name: &str, categories: &[Category]) -> Technician {
        Technician {
            handle: handle.to_owned(),
            name: name.to_owned(),
            addresses: vec![format!("{handle}@univ.example")],
            language: Language::Fr,
            categories: categories.iter().copied().collect(),
            approver: false,
        }
    }

    fn team() -> Team {
        Team::new(vec![
            technician("paul", "Paul Martin", &[Category::Network]),
            technician("anne", "Anne Martin", &[Category::Printing]),
            technician("zoe", "Zoé Léger", &[]),
        ])
        .unwrap()
    }

    #[test]
    fn ok_a_technician_is_named_as_people_do() {
        let team = team();
        for text in [
            "zoe",
            "ZOE",
            "Zoé",
            "zoé léger",
            "Leger",
            "zoe@univ.example",
        ] {
            assert_eq!(team.named(text).unwrap().handle, "zoe", "{text}");
        }
    }

    #[test]
    fn err_a_name_of_nobody_or_of_two_lists_the_team() {
        let team = team();
        assert_eq!(
            team.named("martin").unwrap_err().to_string(),
            "`martin` names several technicians; the technicians are paul, anne, zoe"
        );
        assert!(team.named("").unwrap_err().to_string().contains("nobody"));
    }

    #[test]
    fn ok_no_ticket_is_nobodys() {
        let handles = |category| -> Vec<String> {
            team()
                .looking_after(category)
                .iter()
                .map(|one| one.handle.clone())
                .collect()
        };
        assert_eq!(handles(Category::Network), ["paul", "zoe"]);
        let narrow = Team::new(vec![technician("paul", "Paul", &[Category::Network])]).unwrap();
        assert_eq!(narrow.looking_after(Category::Other).len(), 1);
    }

    #[test]
    fn err_handles_and_addresses_are_ones_own() {
        let paul = || technician("paul", "Paul", &[]);
        let other = Technician {
            handle: "pol".to_owned(),
            ..paul()
        };
        assert_eq!(
            Team::new(vec![paul(), other]),
            Err(TeamError::Shared("pol".to_owned()))
        );
        assert_eq!(
            Team::new(vec![paul(), paul()]),
            Err(TeamError::Twice("paul".to_owned()))
        );
        let odd = Technician {
            handle: "Paul M".to_owned(),
            ..paul()
        };
        assert!(matches!(Team::new(vec![odd]), Err(TeamError::Handle(_))));
    }
}
