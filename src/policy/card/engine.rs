//! The numbers of the engine, what the tables are asked with, and the priority matrix.

use toml::Spanned;

use super::Engine;
use super::build::Builder;
use super::finding::Problem;
use super::raw::{RawCard, RawEngine};
use crate::registry::{Registry, Settings};
use crate::ticket::priority::Matrix;

impl Builder<'_> {
    pub(super) fn level_of(&mut self, level: &Spanned<u8>, key: &str) -> u8 {
        let value = *level.get_ref();
        if !(1..=4).contains(&value) {
            self.report(&level.span(), key, Problem::Level(value));
        }
        value
    }

    pub(super) fn signal_named(&mut self, id: &Spanned<String>, key: &str) -> Option<usize> {
        let known = self.signals.iter().position(|known| known == id.get_ref());
        if known.is_none() && !self.unread.signals.contains(id.get_ref()) {
            let problem = self.unknown_signal(id.get_ref());
            self.report(&id.span(), key, problem);
        }
        known
    }

    /// With the id that was probably meant: the one that differs in two letters at most.
    pub(super) fn unknown_signal(&self, found: &str) -> Problem {
        let near = self
            .signals
            .iter()
            .map(|id| (distance(id, found), id))
            .min();
        Problem::UnknownSignal {
            found: found.to_owned(),
            near: near.filter(|(far, _)| *far <= 2).map(|(_, id)| id.clone()),
        }
    }

    pub(super) fn engine(&mut self, raw: &RawEngine) -> Option<Engine> {
        let people = *raw.people.get_ref();
        let [two, three, four] = people;
        if !(0 < two && two < three && three < four) {
            let problem = Problem::Thresholds(people);
            self.report(&raw.people.span(), "engine, people", problem);
        }
        let default = &raw.default_criticality;
        let ask_off = &raw.ask_off_at_criticality;
        let mutualisation = &raw.default_mutualisation;
        let ask_off = self.level_of(ask_off, "engine, ask_off_at_criticality");
        let incident = self.level_of(&default.incident, "engine, default_criticality");
        let request = self.level_of(&default.request, "engine, default_criticality");
        let mutualisation = self.level_of(mutualisation, "engine, default_mutualisation");
        let fault_signal = self.signal_named(&raw.fault_signal, "engine, fault_signal");
        let request_signal = self.signal_named(&raw.request_signal, "engine, request_signal");
        Some(Engine {
            ask_off_at_criticality: ask_off,
            incident,
            request,
            mutualisation,
            people,
            fault_signal: fault_signal?,
            request_signal: request_signal?,
        })
    }

    pub(super) fn settings(&mut self, raw: &RawCard) -> Option<Settings> {
        let default = Settings::default();
        let inventory = raw.keys.inventory.as_ref();
        let keys = &raw.keys;
        let engine = raw.engine.as_ref()?;
        let settings = Settings {
            max_age_days: engine.table_max_age_days,
            grace_days: engine.grace_days,
            inventory: inventory.map_or(default.inventory, |list| list.get_ref().clone()),
            placeholders: keys.placeholders.clone().unwrap_or(default.placeholders),
            not_keys: keys.not_keys.clone().unwrap_or(default.not_keys),
            editions_apart: raw
                .scope
                .editions_apart
                .clone()
                .unwrap_or(default.editions_apart),
            reading: raw.scope.reading,
        };
        // Whatever the tables refuse later is refused here, where the line is known.
        if let Err(error) = Registry::load(&[], &settings) {
            let span = inventory.map_or(0..0, Spanned::span);
            self.report(&span, "keys, inventory", Problem::Inventory(error));
        }
        Some(settings)
    }

    pub(super) fn matrix(&mut self, raw: &RawCard) -> Option<Matrix> {
        let spanned = raw.matrix.as_ref()?;
        let rows = spanned.get_ref();
        match Matrix::new([rows.c1, rows.c2, rows.c3, rows.c4]) {
            Ok(matrix) => Some(matrix),
            Err(error) => {
                self.report(&spanned.span(), "matrix", Problem::Matrix(error));
                None
            }
        }
    }
}

/// How many letters must be changed, added or left out to make one word of another.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut next = vec![at + 1];
        for ((pair, last), right) in row.windows(2).zip(&other).zip(1..) {
            let [diagonal, above] = pair else { continue };
            let left = next.last().copied().unwrap_or(right);
            let changed = diagonal + usize::from(*last != letter);
            next.push(changed.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
