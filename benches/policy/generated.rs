//! A site far larger than an institute: its card and its tables, the same at every call.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use guichet::policy::Card;
use guichet::registry::name::fold;
use guichet::registry::{Registry, Table};
use jiff::civil::Date;

use crate::policy_letters::{Case, Sheet, card, load};

pub struct Site {
    /// Every word of all letters, folded.
    words: Vec<String>,
    /// Senders of all letters, so that the tables answer.
    senders: BTreeSet<String>,
}

const PEOPLE: usize = 10_000;
const MACHINES: usize = 20_000;
const PROGRAMS: usize = 5_000;

impl Site {
    pub fn new(cases: &[Case]) -> Self {
        let words: BTreeSet<String> = cases
            .iter()
            .flat_map(|case| case.text.new.split_whitespace())
            .map(fold)
            .filter(|word| word.len() > 2 && word.chars().all(char::is_alphabetic))
            .collect();
        Self {
            words: words.into_iter().collect(),
            senders: cases.iter().map(|case| case.from.clone()).collect(),
        }
    }

    /// One in two is a word somebody wrote.
    fn word(&self, number: usize) -> String {
        if number.is_multiple_of(2) {
            self.words[(number * 7919) % self.words.len()].clone()
        } else {
            format!("zz{}", number % 9_973)
        }
    }

    /// The shipped card with more patterns, in signals of a hundred.
    pub fn card(&self, patterns: usize) -> String {
        let mut more = String::new();
        for number in 0..patterns {
            if number % 100 == 0 {
                write!(more, "\n[[signal]]\nid = \"many-{number}\"\nany = [\n").unwrap();
            }
            let (a, b, c) = (
                self.word(number * 3),
                self.word(number * 3 + 1),
                self.word(number * 5 + 2),
            );
            let pattern = match number % 4 {
                0 => format!("{a} *3 {b}"),
                1 => format!("(mon|ma|my) ({a}|{b}|{c})"),
                2 => format!("({a}|{c}) (de|du|of)? {b}"),
                _ => format!("{b} {a}"),
            };
            writeln!(more, "  \"{pattern} (x{number})?\",").unwrap();
            if number % 100 == 99 || number + 1 == patterns {
                more.push_str("]\n");
            }
        }
        let mut text = Card::shipped_text().to_owned();
        let at = text.find("\n[[signal]]").unwrap();
        text.insert_str(at, &more);
        text
    }

    pub fn registry(&self) -> Registry {
        let mut people = "email,aliases,name,status,team,language,until\n".to_owned();
        for sender in &self.senders {
            writeln!(people, "{sender},,Somebody,permanent,,fr,").unwrap();
        }
        for number in 0..PEOPLE {
            writeln!(people, "p{number}@univ.example,first.last{number}@univ.example,Person {number},permanent,team {},fr,", number % 200).unwrap();
        }
        let mut assets = "tag,serial,hostname,owner,kind,purchase,market,order_number,order_date,os,os_release,os_edition,extended_support,exemption,last_seen\n".to_owned();
        for number in 0..MACHINES {
            writeln!(assets, "20{:02}-{number:05},5CG{number:07},pc-unit-{number},p{}@univ.example,laptop,it,matinfo,BC-{number},2024-03-01,windows,11 25H2,pro,no,,2026-11-20", 10 + number % 16, number % PEOPLE).unwrap();
        }
        let mut software = "name,aliases,platform,status\n".to_owned();
        for number in 0..PROGRAMS {
            let (word, status) = (
                self.word(number),
                ["approved", "tolerated", "forbidden"][number % 3],
            );
            writeln!(
                software,
                "{word} suite {number},{word}{number};{word} pro {number},windows,{status}"
            )
            .unwrap();
        }
        let shipped = |table: Table| {
            let path = format!(
                "{}/deploy/tables/{}.csv",
                env!("CARGO_MANIFEST_DIR"),
                table.as_str()
            );
            std::fs::read(path).unwrap()
        };
        let sheets: Vec<Sheet> = [
            (Table::People, people.into_bytes()),
            (Table::Assets, assets.into_bytes()),
            (Table::Software, software.into_bytes()),
            (Table::Lifecycle, shipped(Table::Lifecycle)),
            (Table::Visitors, shipped(Table::Visitors)),
            (Table::SharedSystems, shipped(Table::SharedSystems)),
        ]
        .into_iter()
        .map(|(table, bytes)| Sheet::read(table, &bytes, Some(Date::constant(2026, 11, 20))))
        .collect();
        load(&sheets, card().registry_settings())
    }
}
