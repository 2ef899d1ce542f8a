//! Facts: what the tables and the letter's circumstances say, each true, false or unknown.
//!
//! In: registry, letter, today. Out: [`Facts`], a closed list of names ([`FACTS`]) the card may
//! ask for. A fact that comes from a table carries the line; `about` is the key as the writer
//! wrote it.
//!
//! A machine is *named for certain* (`asset.strong`) only if every key-like word of the new text
//! and the subject belongs to one and the same line, and the writer wrote one of them now: not a
//! machine whose output is pasted, not the subject of an earlier letter. Two machines, or one word
//! more that might be another machine, leave it unknown. `asset.named` is false only if no word looks like a key: it
//! is a fact about the letter, so no table can change it. The only machine of the sender
//! (`owned.*`) is a weak key and never refuses.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::normalise::{Page, Zone, is_link, is_machine};
use super::{Letter, head, subject};
use crate::registry::assets::{Asset, Market, Purchase, Scope};
use crate::registry::keys::Key;
use crate::registry::{Lookup, Place, Registry, Tri};

/// Every fact a card may name, with the values it may have.
pub const FACTS: [(&str, &[&str]); 16] = [
    ("sender.known", &["true", "false"]),
    (
        "sender.status",
        &[
            "permanent",
            "fixed_term",
            "phd",
            "hosted",
            "emeritus",
            "intern",
            "visitor",
            "external",
            "none",
        ],
    ),
    ("sender.trusted", &["true", "false"]),
    ("sender.technician", &["true", "false"]),
    ("visitor.listed", &["true", "false"]),
    ("asset.named", &["true", "false"]),
    ("asset.strong", &["true", "false"]),
    ("asset.fresh", &["true", "false"]),
    ("asset.scope", &["in", "out", "exempt", "doubtful"]),
    (
        "asset.support",
        &["supported", "extended", "grace", "ended", "exempt"],
    ),
    ("owned.scope", &["in", "out", "exempt", "doubtful"]),
    (
        "owned.support",
        &["supported", "extended", "grace", "ended", "exempt"],
    ),
    (
        "software.status",
        &["approved", "tolerated", "forbidden", "unlisted"],
    ),
    ("mail.forwarded", &["true", "false"]),
    ("mail.reply", &["true", "false"]),
    ("oncall.active", &["true", "false"]),
];

/// One fact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// One of the values of [`FACTS`]; nothing if unknown.
    pub value: Option<String>,
    /// Where a table says so.
    pub place: Option<Place>,
    /// The key as the writer wrote it, such as an inventory number.
    pub about: Option<String>,
    /// The cells that decided, by our column names.
    pub cells: BTreeMap<String, String>,
}

impl Fact {
    fn known(value: &str) -> Self {
        Self {
            value: Some(value.to_owned()),
            ..Self::default()
        }
    }

    fn tri(value: Tri) -> Self {
        match value {
            Tri::Unknown => Self::default(),
            known => Self::known(known.as_str()),
        }
    }

    fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

/// All facts of one letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    all: BTreeMap<&'static str, Fact>,
    /// The sender's name, if a table holds it.
    pub person_name: Option<String>,
    /// The language the people table gives the sender.
    pub person_language: Option<String>,
    /// How many people use the shared system that is named, and where the table says so.
    pub shared: Option<(String, u32, Place)>,
}

impl Facts {
    /// Looks everything up.
    #[must_use]
    pub fn gather(registry: &Registry, letter: &Letter<'_>, page: &Page<'_>, today: Date) -> Self {
        let mut facts = Self::default();
        facts.circumstances(letter);
        facts.sender(registry, letter, today);
        facts.machine(registry, letter, today);
        let words = page.words_in(&[Zone::Subject, Zone::Echo, Zone::New]);
        facts.software(registry, &words, today);
        if let Lookup::Found(system, place) = registry.shared_system(&words, today) {
            facts.shared = system
                .people
                .map(|people| (system.name.clone(), people, place));
        }
        facts
    }

    /// Whether the fact has one of these values.
    #[must_use]
    pub fn is(&self, name: &str, values: &[String]) -> Tri {
        match self.get(name).and_then(|fact| fact.value.as_ref()) {
            None => Tri::Unknown,
            Some(value) => Tri::from(values.contains(value)),
        }
    }

    /// One fact.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.all.get(name)
    }

    /// All facts, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Fact)> {
        self.all.iter().map(|(name, fact)| (*name, fact))
    }

    fn set(&mut self, name: &'static str, fact: Fact) {
        self.all.insert(name, fact);
    }

    fn circumstances(&mut self, letter: &Letter<'_>) {
        let known = |value: bool| Fact::tri(Tri::from(value));
        self.set("mail.forwarded", known(letter.is_forwarded()));
        self.set("mail.reply", known(letter.reply_to_ticket));
        self.set("oncall.active", known(letter.oncall_active));
        self.set("sender.technician", known(letter.technician));
        self.set("sender.trusted", Fact::tri(letter.trusted_sender));
    }

    fn sender(&mut self, registry: &Registry, letter: &Letter<'_>, today: Date) {
        let Some(from) = letter.from else {
            self.set("sender.known", Fact::known("false"));
            return;
        };
        let visit = registry.visitor(from, today);
        let person = registry.person(from, today);
        let known = match (person.tri(), visit.tri()) {
            (Tri::True, _) | (_, Tri::True) => Tri::True,
            (person, _) => person,
        };
        self.set("sender.known", Fact::tri(known));
        match &person {
            Lookup::Found(person, place) => {
                self.person_name.clone_from(&person.name);
                self.person_language.clone_from(&person.language);
                if let Some(status) = person.status_on(today) {
                    self.set("sender.status", Fact::known(status.as_str()).at(*place));
                }
                self.owned(registry, person, today);
            }
            Lookup::Absent => self.set("sender.status", Fact::known("none")),
            Lookup::Unknown(_) => {}
        }
        let mut listed = Fact::tri(visit.tri());
        if let Lookup::Found(visit, place) = visit {
            if self.person_name.is_none() {
                self.person_name.clone_from(&visit.name);
            }
            listed = listed.at(place);
            for (column, day) in [("from", visit.from), ("until", visit.until)] {
                if let Some(day) = day {
                    listed.cells.insert(column.to_owned(), day.to_string());
                }
            }
        }
        self.set("visitor.listed", listed);
    }

    fn owned(
        &mut self,
        registry: &Registry,
        person: &crate::registry::people::Person,
        today: Date,
    ) {
        if let Lookup::Found(asset, place) = registry.only_asset_of(person, today) {
            self.set("owned.scope", scope(registry, asset, place, None));
            self.set(
                "owned.support",
                support(registry, asset, place, None, today),
            );
        }
    }

    fn machine(&mut self, registry: &Registry, letter: &Letter<'_>, today: Date) {
        let keys = keys_in(registry, &[letter.subject, &letter.text.new]);
        self.set("asset.named", Fact::tri(Tri::from(!keys.is_empty())));
        let Some(first) = keys.first() else {
            self.set("asset.strong", Fact::known("false"));
            return;
        };
        let lookups: Vec<_> = keys
            .iter()
            .map(|key| registry.asset_by_key(&key.compact, today))
            .collect();
        let mut found = lookups.iter().filter_map(Lookup::found);
        let Some((asset, place)) = found.next() else {
            return;
        };
        // Every word that may be a key must be a key of this very line.
        let alone = lookups.iter().all(|lookup| {
            lookup
                .found()
                .is_some_and(|(other, _)| other.line == asset.line)
        });
        let about = keys
            .iter()
            .find(|key| asset.keys().any(|own| own == key.compact))
            .unwrap_or(first);
        let about = Some(about.written.clone());
        if alone && !keys_in(registry, &written_now(letter)).is_empty() {
            let mut strong = Fact::known("true").at(place);
            strong.about.clone_from(&about);
            self.set("asset.strong", strong);
        } else if !alone && found.any(|(other, _)| other.line != asset.line) {
            // Several machines: what holds for one need not hold for the one that fails.
            return;
        }
        if let Some(seen) = asset.last_seen {
            let mut fresh = Fact::tri(Tri::from(registry.is_recent(seen, today))).at(place);
            fresh.about.clone_from(&about);
            fresh.cells.insert("last_seen".to_owned(), seen.to_string());
            self.set("asset.fresh", fresh);
        }
        self.set("asset.scope", scope(registry, asset, place, about.clone()));
        // What the agent saw long ago is not what is installed today.
        if asset
            .last_seen
            .is_some_and(|seen| registry.is_recent(seen, today))
        {
            self.set(
                "asset.support",
                support(registry, asset, place, about, today),
            );
        }
    }

    fn software(&mut self, registry: &Registry, words: &[&str], today: Date) {
        let named = registry.software(words, today);
        // One program of unknown status leaves the question open.
        let Some((worst, place)) = named.first() else {
            return;
        };
        if let Some(status) = worst.status {
            let mut fact = Fact::known(status.as_str()).at(*place);
            fact.about = Some(worst.name.clone());
            self.set("software.status", fact);
        }
    }
}

fn scope(registry: &Registry, asset: &Asset, place: Place, about: Option<String>) -> Fact {
    let scope = asset.scope(registry.settings().reading);
    let mut fact = scope.as_str().map_or_else(Fact::default, Fact::known);
    fact.about = about;
    fact.place = Some(place);
    let purchase = asset.purchase.map(|purchase| match purchase {
        Purchase::It => "it",
        Purchase::Unit => "unit",
        Purchase::Private => "private",
    });
    let market = asset.market.map(|market| match market {
        Market::Matinfo => "matinfo",
        Market::Other => "other",
        Market::None => "none",
    });
    for (column, cell) in [("purchase", purchase), ("market", market)] {
        if let Some(cell) = cell {
            fact.cells.insert(column.to_owned(), cell.to_owned());
        }
    }
    if scope == Scope::Exempt {
        fact.cells
            .insert("exemption".to_owned(), "recorded".to_owned());
    }
    fact
}

fn support(
    registry: &Registry,
    asset: &Asset,
    place: Place,
    about: Option<String>,
    today: Date,
) -> Fact {
    let Lookup::Found(support, lifecycle) = registry.lifecycle(asset, today) else {
        return Fact {
            about,
            place: Some(place),
            ..Fact::default()
        };
    };
    let mut fact = Fact::known(support.state.as_str()).at(place);
    fact.about = about;
    if let Some(end) = support.end {
        fact.cells
            .insert("end_of_support".to_owned(), end.to_string());
    }
    let cells = [
        ("release", support.release),
        ("lifecycle_line", lifecycle.line.to_string()),
        ("lifecycle_date", lifecycle.date.to_string()),
    ];
    fact.cells
        .extend(cells.map(|(column, cell)| (column.to_owned(), cell)));
    fact
}

/// The keys in these texts, each once.
fn keys_in(registry: &Registry, texts: &[impl AsRef<str>]) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for text in texts {
        for key in registry.keys().find(&without_links(head(text.as_ref()))) {
            if !keys.iter().any(|known| known.compact == key.compact) {
                keys.push(key);
            }
        }
    }
    keys
}

/// What the writer wrote now: neither lines of a machine nor the subject of an earlier letter.
fn written_now(letter: &Letter<'_>) -> Vec<String> {
    let subject = subject::read(letter.subject);
    let lines = head(&letter.text.new).split_inclusive('\n');
    let own = lines.filter(|line| !is_machine(line.trim())).collect();
    if subject.reply || subject.forwarded {
        vec![own]
    } else {
        vec![letter.subject.to_owned(), own]
    }
}

/// The text without links and addresses, which may hold anything.
fn without_links(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|chunk| {
            if is_link(chunk.trim_end()) {
                "\n"
            } else {
                chunk
            }
        })
        .collect()
}
