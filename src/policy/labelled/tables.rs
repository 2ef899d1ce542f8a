//! The tables of one labelled letter: what its facts say, written as the tables would write it.
//!
//! Every table is there and fresh, and holds somebody and something else, so that what the facts
//! do not mention is known to be absent and not unknown. Dates are counted from the day of the
//! letter: a label stays true in later years.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde_json::{Value, json};

use super::Circumstances;
use crate::policy::fact::Fact;
use crate::policy::subject;
use crate::registry::{Registry, RegistryError, Settings, Source, Table};

/// Tables as rows, by our column names.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// Their lines; line 1 is the header.
    pub rows: BTreeMap<Table, Vec<BTreeMap<&'static str, String>>>,
    /// The day they were exported.
    pub exported: Option<Date>,
}

/// The people that stand for each level of mutualisation.
const PEOPLE: [&str; 4] = ["1", "2", "20", "100"];

impl Tables {
    /// The tables that say what these facts say about a letter of `from` on `today`.
    #[must_use]
    pub fn of(facts: &Circumstances, from: &str, subject: &str, today: Date) -> Self {
        let mut tables = Self {
            exported: Some(today),
            ..Self::default()
        };
        tables.others(today);
        if facts.sender.known {
            let status = facts.sender.status.as_deref().unwrap_or_default();
            tables.add(
                Table::People,
                &[("email", from), ("status", status), ("name", "The Sender")],
            );
        }
        if facts.visitor.listed {
            let or =
                |given: &Option<String>, days| given.clone().unwrap_or_else(|| day(today, days));
            tables.add(
                Table::Visitors,
                &[
                    ("email", from),
                    ("from", &or(&facts.visitor.from, -90)),
                    ("until", &or(&facts.visitor.end, 30)),
                ],
            );
        }
        if facts.asset.found_by.as_deref() == Some("inventory") {
            tables.asset(facts, today);
        }
        let level = facts.shared_system.mutualisation.map(usize::from);
        if let Some(people) = level.and_then(|level| PEOPLE.get(level.checked_sub(1)?)) {
            let name = facts.shared_system.id.as_deref().unwrap_or("system");
            // The letter speaks of it in its subject, whatever the list calls it.
            let alias = subject::read(subject).bare.replace(';', " ");
            tables.add(
                Table::SharedSystems,
                &[("name", name), ("aliases", &alias), ("people", people)],
            );
        }
        if let (Some(name), Some(status)) = (&facts.software.name, &facts.software.status) {
            tables.add(Table::Software, &[("name", name), ("status", status)]);
        }
        tables
    }

    /// Adds a line.
    pub fn add(&mut self, table: Table, cells: &[(&'static str, &str)]) {
        let row = cells.iter().map(|(c, v)| (*c, (*v).to_owned())).collect();
        self.rows.entry(table).or_default().push(row);
    }

    /// Somebody and something else.
    fn others(&mut self, today: Date) {
        let mut add = |table, cells: &[(&'static str, &str)]| self.add(table, cells);
        add(
            Table::People,
            &[
                ("email", "somebody@univ.example"),
                ("status", "permanent"),
                ("name", "Somebody Else"),
            ],
        );
        let (last_year, next_year) = (day(today, -365), day(today, 365));
        add(
            Table::Visitors,
            &[
                ("email", "guest@visitor.example"),
                ("from", &last_year),
                ("until", &next_year),
            ],
        );
        add(
            Table::Assets,
            &[
                ("tag", "1999-99999"),
                ("purchase", "it"),
                ("market", "matinfo"),
            ],
        );
        add(
            Table::SharedSystems,
            &[("name", "nothing-like-it"), ("people", "3")],
        );
        add(
            Table::Software,
            &[("name", "Nothinglikeit"), ("status", "forbidden")],
        );
        self.lifecycle(today);
    }

    fn lifecycle(&mut self, today: Date) {
        let (last_year, next_year) = (day(today, -365), day(today, 365));
        let yesterday = day(today, -1);
        for (release, edition, end, extended) in [
            ("xp", "", "2014-04-08", "none"),
            ("7", "", "2020-01-14", "2023-01-10"),
            ("10 22H2", "", &last_year, &next_year),
            ("11 24H2", "Home;Pro", &yesterday, "none"),
            ("11 25H2", "Home;Pro", &next_year, "none"),
        ] {
            self.add(
                Table::Lifecycle,
                &[
                    ("product", "windows"),
                    ("release", release),
                    ("edition", edition),
                    ("end_of_support", end),
                    ("extended_until", extended),
                ],
            );
        }
    }

    fn asset(&mut self, facts: &Circumstances, today: Date) {
        let asset = &facts.asset;
        let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
        let (release, extended) = match asset.os_support.as_deref() {
            Some("ended") => ("7 sp1", "no"),
            Some("extended") => ("10 22H2", "yes"),
            Some("ended_grace" | "grace") => ("11 24H2", "no"),
            Some("exempt") => ("xp sp3", "no"),
            _ => ("11 25H2", "no"),
        };
        self.add(
            Table::Assets,
            &[
                ("tag", &text(&asset.id)),
                ("purchase", &text(&asset.purchase)),
                ("market", &text(&asset.market)),
                ("os", "windows"),
                ("os_release", release),
                ("os_edition", "Pro"),
                ("extended_support", extended),
                ("exemption", &text(&asset.tag)),
                (
                    "last_seen",
                    &day(today, if asset.fresh { -5 } else { -3650 }),
                ),
            ],
        );
    }

    /// The tables, read.
    ///
    /// # Errors
    /// When a fact is no word of its table, such as a status nobody knows.
    pub fn registry(&self, settings: &Settings) -> Result<Registry, RegistryError> {
        let files: Vec<(Table, String)> = self
            .rows
            .iter()
            .map(|(table, rows)| (*table, written(*table, rows)))
            .collect();
        let sources: Vec<Source<'_>> = files
            .iter()
            .map(|(table, csv)| Source {
                table: *table,
                file: table.as_str(),
                bytes: csv.as_bytes(),
                exported_on: self.exported,
                columns: BTreeMap::new(),
                values: BTreeMap::new(),
            })
            .collect();
        Registry::load(&sources, settings)
    }
}

/// The facts of a decision, as a labelled letter writes them: what made a refusal is kept.
///
/// Not kept: the only machine of the sender, which never refuses, and the shared system, which
/// sets nothing but the mutualisation.
#[must_use]
pub fn facts(facts: &BTreeMap<String, Fact>) -> Value {
    let fact = |name: &str| facts.get(name);
    let value = |name: &str| fact(name).and_then(|fact| fact.value.as_deref());
    let holds = |name: &str| value(name) == Some("true");
    let cell = |name: &str, column: &str| fact(name).and_then(|fact| fact.cells.get(column));
    let mut kept = json!({
        "sender": {"known": holds("sender.known"), "status": value("sender.status")},
        "mail": {"forwarded": holds("mail.forwarded"), "reply_to_ticket": holds("mail.reply")},
        "oncall": {"active": holds("oncall.active")},
    });
    let mut keep = |name: &str, what: Value| {
        if let Some(kept) = kept.as_object_mut() {
            kept.insert(name.to_owned(), what);
        }
    };
    if holds("visitor.listed") {
        let day = |column| cell("visitor.listed", column);
        keep(
            "visitor",
            json!({"listed": true, "from": day("from"), "end": day("until")}),
        );
    }
    if let Some(number) = fact("asset.strong").and_then(|fact| fact.about.as_deref()) {
        let exempt = value("asset.scope") == Some("exempt");
        keep(
            "asset",
            json!({
                "match": "inventory", "id": number, "fresh": holds("asset.fresh"),
                "purchase": cell("asset.scope", "purchase"),
                "market": cell("asset.scope", "market"),
                "os_support": value("asset.support"),
                "tag": exempt.then_some("recorded"),
            }),
        );
    }
    if let Some((name, status)) = fact("software.status")
        .and_then(|fact| fact.about.as_deref())
        .zip(value("software.status"))
    {
        keep("software", json!({"name": name, "status": status}));
    }
    kept
}

fn written(table: Table, rows: &[BTreeMap<&'static str, String>]) -> String {
    let columns = table.columns();
    let mut csv = columns.join(",");
    for row in rows {
        let cell = |column: &&str| row.get(*column).map_or("", String::as_str);
        let cells = columns.iter().map(cell);
        let cells: Vec<String> = cells
            .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")))
            .collect();
        csv.push('\n');
        csv.push_str(&cells.join(","));
    }
    csv
}

/// So many days after a day, as a table writes it.
fn day(today: Date, days: i32) -> String {
    let span: Span = days.days();
    today.checked_add(span).unwrap_or(today).to_string()
}
