//! Evidence: the writer's own words and the lines of the tables, and how a reply says them.
//!
//! A refusal shows all of its evidence, so that it can be contested. Nothing about anybody else
//! is in it: of a machine the purchase and the support are shown, never its owner.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::answer;
use super::fact::Fact;
use super::language::Language;
use crate::registry::Table;

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Evidence {
    /// The writer says so.
    Signal {
        /// The signal of the card, or the safety rule.
        signal: String,
        /// The writer's words, in the writer's spelling.
        quote: String,
    },
    /// A table says so.
    Fact {
        /// The fact, such as `asset.scope`.
        fact: String,
        /// Its value, such as `out`.
        value: String,
        /// The table.
        table: Table,
        /// The line of the table, the header being line 1.
        line: u64,
        /// The day the table was exported.
        date: Date,
        /// The key as the writer wrote it, such as an inventory number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
        /// The cells that decided.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        cells: BTreeMap<String, String>,
    },
}

impl Evidence {
    /// A fact as evidence: only what a table says is.
    #[must_use]
    pub fn of_fact(name: &str, fact: &Fact) -> Option<Self> {
        let place = fact.place?;
        Some(Self::Fact {
            fact: name.to_owned(),
            value: fact.value.clone()?,
            table: place.table,
            line: place.line,
            date: place.date,
            about: fact.about.clone(),
            cells: fact.cells.clone(),
        })
    }

    /// The evidence as one sentence without a full stop, in French unless the language is
    /// English. Nothing for a fact that only supports another one.
    #[must_use]
    pub fn sentence(&self, language: Language) -> Option<String> {
        let english = language == Language::En;
        match self {
            Self::Signal { signal, quote } if signal == answer::SIGNAL => Some(if english {
                format!("you answered: “{quote}”")
            } else {
                format!("vous avez répondu : « {quote} »")
            }),
            Self::Signal { quote, .. } if english => Some(format!("you write: “{quote}”")),
            Self::Signal { quote, .. } => Some(format!("vous écrivez : « {quote} »")),
            Self::Fact {
                fact,
                table,
                line,
                date,
                about,
                cells,
                ..
            } => {
                let says = if english {
                    says_en(fact, cells)?
                } else {
                    says_fr(fact, cells)?
                };
                let what = if english {
                    what_en(*table)
                } else {
                    what_fr(*table)
                };
                let about = about
                    .as_deref()
                    .map_or(String::new(), |key| format!(" {key}"));
                Some(if english {
                    format!("{what}{about} (line {line}, table of {date}): {says}")
                } else {
                    format!("{what}{about} (ligne {line}, table du {date}) : {says}")
                })
            }
        }
    }
}

/// All evidence as sentences, each once, for the "why" paragraph of a refusal.
#[must_use]
pub fn sentences(evidence: &[Evidence], language: Language) -> Vec<String> {
    let mut sentences = Vec::new();
    for sentence in evidence.iter().filter_map(|piece| piece.sentence(language)) {
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

fn what_fr(table: Table) -> &'static str {
    match table {
        Table::People => "annuaire",
        Table::Assets => "inventaire",
        Table::Visitors => "liste des visiteurs",
        Table::Software => "liste des logiciels",
        Table::Lifecycle => "calendrier de fin de support",
        Table::SharedSystems => "liste des systèmes partagés",
    }
}

fn what_en(table: Table) -> &'static str {
    match table {
        Table::People => "directory",
        Table::Assets => "inventory",
        Table::Visitors => "list of visitors",
        Table::Software => "list of software",
        Table::Lifecycle => "end-of-support calendar",
        Table::SharedSystems => "list of shared systems",
    }
}

fn cell<'a>(cells: &'a BTreeMap<String, String>, column: &str) -> &'a str {
    cells.get(column).map_or("?", String::as_str)
}

fn says_fr(fact: &str, cells: &BTreeMap<String, String>) -> Option<String> {
    match fact {
        "asset.scope" | "owned.scope" => {
            let by = match cell(cells, "purchase") {
                "it" => "acheté par le service informatique",
                "unit" => "acheté par l'unité",
                "private" => "acheté à titre privé",
                _ => "acheteur non renseigné",
            };
            let market = match cell(cells, "market") {
                "matinfo" => "marché MATINFO",
                "none" => "hors marché",
                "other" => "autre marché",
                _ => "marché non renseigné",
            };
            Some(format!("{by}, {market}"))
        }
        "asset.support" | "owned.support" => Some(format!(
            "{}, fin de support le {} (calendrier, ligne {}, table du {})",
            cell(cells, "release"),
            cell(cells, "end_of_support"),
            cell(cells, "lifecycle_line"),
            cell(cells, "lifecycle_date"),
        )),
        "visitor.listed" => Some(format!(
            "séjour du {} au {}",
            cell(cells, "from"),
            cell(cells, "until")
        )),
        _ => None,
    }
}

fn says_en(fact: &str, cells: &BTreeMap<String, String>) -> Option<String> {
    match fact {
        "asset.scope" | "owned.scope" => {
            let by = match cell(cells, "purchase") {
                "it" => "bought by the IT service",
                "unit" => "bought by the unit",
                "private" => "bought privately",
                _ => "buyer not recorded",
            };
            let market = match cell(cells, "market") {
                "matinfo" => "under the MATINFO contract",
                "none" => "outside any contract",
                "other" => "under another contract",
                _ => "contract not recorded",
            };
            Some(format!("{by}, {market}"))
        }
        "asset.support" | "owned.support" => Some(format!(
            "{}, support ended on {} (calendar, line {}, table of {})",
            cell(cells, "release"),
            cell(cells, "end_of_support"),
            cell(cells, "lifecycle_line"),
            cell(cells, "lifecycle_date"),
        )),
        "visitor.listed" => Some(format!(
            "stay from {} to {}",
            cell(cells, "from"),
            cell(cells, "until")
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_line_reads_as_a_sentence_in_both_languages() {
        let evidence = Evidence::Fact {
            fact: "asset.scope".to_owned(),
            value: "out".to_owned(),
            table: Table::Assets,
            line: 12,
            date: Date::constant(2026, 11, 20),
            about: Some("2026-00233".to_owned()),
            cells: BTreeMap::from([
                ("purchase".to_owned(), "unit".to_owned()),
                ("market".to_owned(), "none".to_owned()),
            ]),
        };
        assert_eq!(
            evidence.sentence(Language::Unsure).unwrap(),
            "inventaire 2026-00233 (ligne 12, table du 2026-11-20) : acheté par l'unité, hors marché"
        );
        assert_eq!(
            evidence.sentence(Language::En).unwrap(),
            "inventory 2026-00233 (line 12, table of 2026-11-20): bought by the unit, outside any \
             contract"
        );
    }

    #[test]
    fn evidence_is_written_as_two_kinds_of_objects() {
        let said = Evidence::Signal {
            signal: "own-device".to_owned(),
            quote: "mon PC perso".to_owned(),
        };
        let json = serde_json::to_string(&said).unwrap();
        assert_eq!(json, r#"{"signal":"own-device","quote":"mon PC perso"}"#);
        assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), said);
        assert_eq!(
            said.sentence(Language::Fr).unwrap(),
            "vous écrivez : « mon PC perso »"
        );
    }
}
