//! A card and tables as large as those of a big institute, made from a fixed rule.
//!
//! Half of the made patterns use words that occur in letters ("imprimante", "depuis"), half use
//! words of their own, as the names of instruments and programs do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use guichet::policy::Card;
use guichet::registry::{Registry, Source, Table};
use jiff::civil::Date;

const EXPORTED: Date = Date::constant(2026, 11, 20);
/// Words of everyday letters, for patterns and for names.
const COMMON: [&str; 24] = [
    "imprimante",
    "depuis",
    "reseau",
    "serveur",
    "poste",
    "ecran",
    "compte",
    "session",
    "bureau",
    "labo",
    "portable",
    "logiciel",
    "licence",
    "mise",
    "jour",
    "matin",
    "probleme",
    "erreur",
    "dossier",
    "partage",
    "salle",
    "collegue",
    "install*",
    "connect*",
];

/// The shipped card with signals added until it holds about this many patterns.
pub fn card(patterns: usize) -> Card {
    Card::parse(&card_text(patterns), "made.toml").unwrap()
}

pub fn card_text(patterns: usize) -> String {
    let shipped = Card::shipped().unwrap().patterns();
    let mut more = String::new();
    for number in 0..patterns.saturating_sub(shipped) {
        if number % 20 == 0 {
            let end = if number == 0 { "" } else { "]\n" };
            writeln!(more, "{end}\n[[signal]]\nid = \"made-{number}\"\nany = [").unwrap();
        }
        let common = COMMON[number % COMMON.len()];
        let own = word(number);
        match number % 4 {
            0 => writeln!(more, "  \"(mon|ma|mes) *2 {common} {own}\","),
            1 => writeln!(more, "  \"{own} *3 (ne|n) *1 {common}\","),
            2 => writeln!(more, "  \"{common} *4 ({own}|{own}s) (plus)?\","),
            _ => writeln!(more, "  \"(le|la|l|un|une) {own}* (de|du|des) {common}\","),
        }
        .unwrap();
    }
    if !more.is_empty() {
        more.push_str("]\n");
    }
    let mut text = Card::shipped_text().to_owned();
    text.insert_str(text.find("\n[[signal]]").unwrap(), &more);
    text
}

/// A word nobody else uses, pronounceable and without a digit.
fn word(mut number: usize) -> String {
    let mut word = String::new();
    for _ in 0..4 {
        word.push(char::from(b"bcdfglmnprstvz"[number % 14]));
        number /= 14;
        word.push(char::from(b"aeiou"[number % 5]));
        number /= 5;
    }
    word
}

/// The tables of a large institute, as files.
pub fn table_files() -> Vec<(Table, Vec<u8>)> {
    let mut files = example_files();
    for (table, bytes) in &mut files {
        match table {
            Table::People => people(bytes),
            Table::Assets => assets(bytes),
            Table::Software => software(bytes),
            _ => {}
        }
    }
    files
}

fn people(into: &mut Vec<u8>) {
    let mut text = String::from("email,aliases,name,status,team,language,until\n");
    for number in 0..10_000 {
        let name = word(number);
        writeln!(
            text,
            "{name}.{number}@univ.example,{name}@labo.univ.example,Prénom {name} {number},permanent,,fr,"
        )
        .unwrap();
    }
    // Senders of the letters are among them, so that what is theirs is looked up.
    for post in super::letters::all() {
        if let Some(from) = post
            .from
            .filter(|from| from.contains('@') && !text.contains(from))
        {
            writeln!(text, "{from},,The Sender,permanent,,,").unwrap();
        }
    }
    *into = text.into_bytes();
}

fn assets(into: &mut Vec<u8>) {
    let mut text = String::from(
        "tag,serial,hostname,owner,purchase,market,os,os_release,os_edition,extended_support,exemption,last_seen\n",
    );
    for number in 0..20_000 {
        writeln!(
            text,
            "2030-{number:05},SN{number:07}X,pc-{}-{number},Prénom {} {},it,matinfo,windows,11 25H2,Pro,no,,2026-11-18",
            word(number % 70),
            word(number % 10_000),
            number % 10_000,
        )
        .unwrap();
    }
    *into = text.into_bytes();
}

fn software(into: &mut Vec<u8>) {
    let mut text = String::from("name,aliases,platform,status\n");
    for number in 0..5_000 {
        let name = word(number + 7);
        writeln!(text, "{name} studio {number},{name};{name} pro,,tolerated").unwrap();
    }
    *into = text.into_bytes();
}

fn example_files() -> Vec<(Table, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/tables");
    Table::ALL
        .iter()
        .map(|table| {
            let file = folder.join(format!("{}.csv", table.as_str()));
            (*table, std::fs::read(file).unwrap())
        })
        .collect()
}

pub fn load(files: &[(Table, Vec<u8>)]) -> Registry {
    let sources: Vec<Source<'_>> = files
        .iter()
        .map(|(table, bytes)| Source {
            table: *table,
            file: table.as_str(),
            bytes,
            exported_on: Some(EXPORTED),
            columns: BTreeMap::new(),
            values: BTreeMap::new(),
        })
        .collect();
    Registry::load(&sources, Card::shipped().unwrap().registry_settings()).unwrap()
}

pub fn example_tables() -> Registry {
    load(&example_files())
}

pub fn tables() -> Registry {
    load(&table_files())
}
