//! A made institute around one letter: tables in which what the letter names is listed, with
//! cells drawn at random, so that many letters that refuse nothing with real tables refuse here.
//!
//! Drawn from a seed, so that a failure can be seen again.

use std::collections::{BTreeMap, BTreeSet};

use guichet::policy::Card;
use guichet::registry::{Registry, Source, Table};
use jiff::civil::Date;

use crate::policy_letters::Case;

/// The day of every verdict.
pub const TODAY: Date = Date::constant(2026, 11, 23);

/// A row: cells by our column names.
pub type Cells = BTreeMap<&'static str, String>;

/// Numbers in a fixed order (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// The tables, each with the day of its export.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub tables: BTreeMap<Table, (Option<Date>, Vec<Cells>)>,
}

impl World {
    /// Tables in which the sender and the machines of a letter are listed, more often than not.
    pub fn around(case: &Case, dice: &mut Dice) -> Self {
        let mut world = Self::default();
        for table in Table::ALL {
            let exported = Date::constant(2026, 11, 20);
            world.tables.insert(table, (Some(exported), Vec::new()));
        }
        world.people(case, dice);
        world.machines(case, dice);
        world.lifecycle();
        world.names(case, dice);
        world
    }

    fn add(&mut self, table: Table, cells: &[(&'static str, &str)]) {
        let row = cells.iter().filter(|(_, cell)| !cell.is_empty());
        let row = row.map(|(column, cell)| (*column, (*cell).to_owned()));
        self.tables.get_mut(&table).unwrap().1.push(row.collect());
    }

    fn people(&mut self, case: &Case, dice: &mut Dice) {
        self.add(
            Table::People,
            &[("email", "somebody@univ.example"), ("status", "phd")],
        );
        let from = case.from.as_str();
        if dice.below(8) > 0 {
            let status = dice.pick(&[
                "permanent",
                "phd",
                "hosted",
                "visitor",
                "external",
                "intern",
                "",
            ]);
            let until = dice.pick(&["", "", "", "2026-12-31", "2026-01-31"]);
            let language = dice.pick(&["", "fr", "en"]);
            let row = [
                ("email", from),
                ("name", "The Sender"),
                ("status", status),
                ("language", language),
                ("until", until),
            ];
            self.add(Table::People, &row);
        }
        if dice.below(2) == 0 {
            let first = dice.pick(&["2026-10-01", "2026-10-01", "2026-12-01", ""]);
            let until = dice.pick(&["2026-12-18", "2026-12-18", "2027-03-01", ""]);
            let row = [("email", from), ("from", first), ("until", until)];
            self.add(Table::Visitors, &row);
        }
    }

    fn machines(&mut self, case: &Case, dice: &mut Dice) {
        let text = format!("{}\n{}", case.subject, case.text.new);
        let rules = Registry::load(&[], Card::shipped().unwrap().registry_settings()).unwrap();
        let keys: BTreeSet<String> = rules
            .keys()
            .find(&text)
            .into_iter()
            .map(|k| k.written)
            .collect();
        self.add(
            Table::Assets,
            &[
                ("tag", "1999-99999"),
                ("purchase", "it"),
                ("market", "matinfo"),
            ],
        );
        for key in keys {
            self.machine(&key, "", dice);
        }
        if dice.below(3) == 0 {
            self.machine("1998-00001", "The Sender", dice);
        }
    }

    fn machine(&mut self, key: &str, owner: &str, dice: &mut Dice) {
        let (os, release) = dice.pick(&[
            ("windows", "7"),
            ("windows", "xp"),
            ("windows", "10 22H2"),
            ("windows", "11 24H2"),
            ("macos", "13"),
            ("windows", "11 25H2"),
            ("", ""),
        ]);
        // Nobody is enrolled in what the life cycle says there is none of.
        let enrolled: &[&str] = match release {
            "7" | "10 22H2" => &["no", "no", "yes", ""],
            _ => &["no", ""],
        };
        let row = [
            (dice.pick(&["tag", "tag", "hostname", "serial"]), key),
            ("owner", owner),
            (
                "purchase",
                dice.pick(&["unit", "private", "unit", "it", ""]),
            ),
            (
                "market",
                dice.pick(&["none", "none", "other", "matinfo", ""]),
            ),
            ("os", os),
            ("os_release", release),
            ("os_edition", dice.pick(&["Pro", "", "Education"])),
            ("extended_support", dice.pick(enrolled)),
            ("exemption", dice.pick(&["", "", "", "instrument"])),
            (
                "last_seen",
                dice.pick(&["2026-11-18", "2026-11-18", "2026-08-01", ""]),
            ),
        ];
        self.add(Table::Assets, &row);
    }

    fn lifecycle(&mut self) {
        for (product, release, edition, end, extended) in [
            ("windows", "7", "", "2020-01-14", "2023-01-10"),
            ("windows", "xp", "all", "2014-04-08", "none"),
            ("windows", "10 22H2", "", "2025-10-14", "2028-10-10"),
            ("windows", "11 24H2", "Home;Pro", "2026-10-13", "none"),
            ("windows", "11 25H2", "Home;Pro", "2027-10-12", "none"),
            ("macos", "13", "", "2025-09-15", "none"),
        ] {
            let row = [
                ("product", product),
                ("release", release),
                ("edition", edition),
                ("end_of_support", end),
                ("extended_until", extended),
            ];
            self.add(Table::Lifecycle, &row);
        }
    }

    /// Words of the letter as programs and as shared systems.
    fn names(&mut self, case: &Case, dice: &mut Dice) {
        let words: Vec<&str> = case
            .text
            .new
            .split_whitespace()
            .filter(|w| w.len() > 5)
            .collect();
        self.add(
            Table::Software,
            &[("name", "Nothinglikeit"), ("status", "forbidden")],
        );
        self.add(
            Table::SharedSystems,
            &[("name", "nothing-like-it"), ("people", "3")],
        );
        if words.is_empty() {
            return;
        }
        let name = dice.pick(&words);
        let status = dice.pick(&["approved", "tolerated", "forbidden", ""]);
        self.add(Table::Software, &[("name", name), ("status", status)]);
        let name = dice.pick(&words);
        let people = dice.pick(&["1", "12", "60", ""]);
        self.add(Table::SharedSystems, &[("name", name), ("people", people)]);
    }

    /// The tables as the daemon would read them from files.
    pub fn registry(&self) -> Registry {
        let files: Vec<(Table, Option<Date>, String)> = self
            .tables
            .iter()
            .map(|(table, (exported, rows))| (*table, *exported, csv(*table, rows)))
            .collect();
        let sources: Vec<Source<'_>> = files
            .iter()
            .map(|(table, exported, csv)| Source {
                table: *table,
                file: table.as_str(),
                bytes: csv.as_bytes(),
                exported_on: *exported,
                columns: BTreeMap::new(),
                values: BTreeMap::new(),
            })
            .collect();
        Registry::load(&sources, Card::shipped().unwrap().registry_settings()).unwrap()
    }

    /// Every way to know less by one thing: a table, a line, a cell, or the age of a table; with
    /// what was taken away.
    pub fn poorer(&self) -> Vec<(String, Self)> {
        let mut ways = Vec::new();
        for (table, (_, rows)) in &self.tables {
            let name = table.as_str();
            let mut without = self.clone();
            without.tables.remove(table);
            ways.push((format!("without {name}"), without));
            for (age, day) in [
                ("old", Some(Date::constant(2026, 10, 23))),
                ("of no age", None),
            ] {
                let mut aged = self.clone();
                aged.tables.get_mut(table).unwrap().0 = day;
                ways.push((format!("with {name} {age}"), aged));
            }
            for (line, row) in rows.iter().enumerate() {
                let mut without = self.clone();
                without.tables.get_mut(table).unwrap().1.remove(line);
                ways.push((format!("without line {line} of {name}"), without));
                for column in row.keys().filter(|column| !is_statement(column)) {
                    let mut without = self.clone();
                    let rows = &mut without.tables.get_mut(table).unwrap().1;
                    rows[line].remove(column);
                    ways.push((
                        format!("without {column} in line {line} of {name}"),
                        without,
                    ));
                }
            }
        }
        ways
    }
}

/// Cells whose emptiness says something: the key of a line, and "no exemption is recorded".
fn is_statement(column: &str) -> bool {
    ["email", "name", "product", "exemption"].contains(&column)
}

fn csv(table: Table, rows: &[Cells]) -> String {
    let mut csv = table.columns().join(",");
    for row in rows {
        csv.push('\n');
        let cells: Vec<String> = table
            .columns()
            .iter()
            .map(|column| {
                format!(
                    "\"{}\"",
                    row.get(column).map_or("", String::as_str).replace('"', "")
                )
            })
            .collect();
        csv.push_str(&cells.join(","));
    }
    csv
}
