//! The trace of a decision: everything needed to explain it, and to see that it is the same again.
//!
//! Same letter, same tables, same card, same day: same trace, same [`Trace::hash`]. The trace
//! quotes the letter, so it belongs in the store beside it and never in a log.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::answer;
use super::clause::{ClauseId, Judged, Mode, Outcome};
use super::fact::Fact;
use super::level::Level;
use super::normalise::Zone;
use super::signal::Reading;
use crate::registry::Table;
use crate::ticket::priority::Category;

/// Why a verdict was softened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Softened {
    /// The clause; nothing in old traces, if it was the whole letter.
    pub clause: Option<ClauseId>,
    /// From.
    pub from: Outcome,
    /// To.
    pub to: Outcome,
    /// The rule that did it: a safety rule, `cap`, `mode`, `criticality`, `answer`.
    pub by: String,
}

/// One block of one clause, as judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockTrace {
    /// The clause.
    pub clause: ClauseId,
    /// How far it may act.
    pub mode: Mode,
    /// What came out.
    #[serde(flatten)]
    pub judged: Judged,
}

/// What an answer to a clause's question says, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Whose question.
    pub clause: ClauseId,
    /// What the answer says.
    pub reading: answer::Reading,
    /// The words that say so.
    pub quote: Option<String>,
}

/// The whole decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The card's own version.
    pub card: String,
    /// SHA-256 of the card's text.
    pub card_hash: String,
    /// The day all dates were compared with (UTC).
    pub today: Date,
    /// The tables that were there, with the day of their export.
    pub tables: BTreeMap<Table, Option<Date>>,
    /// Words read in each zone.
    pub zones: BTreeMap<Zone, usize>,
    /// Signals with at least one occurrence.
    pub signals: BTreeMap<String, Reading>,
    /// All facts that were looked up, unknown ones without a value.
    pub facts: BTreeMap<String, Fact>,
    /// Safety rules that hold, with what made them.
    pub safety: BTreeMap<String, Vec<String>>,
    /// Every block of every clause.
    pub blocks: Vec<BlockTrace>,
    /// What was softened, and why.
    pub softened: Vec<Softened>,
    /// The answer that the letter was judged with once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
    /// What clauses in shadow mode would have done.
    pub shadow: Vec<(ClauseId, Outcome)>,
    /// The sum of each category.
    pub categories: BTreeMap<Category, i32>,
    /// Why this criticality.
    pub criticality: Level,
    /// Why this mutualisation.
    pub mutualisation: Level,
    /// The outcome.
    pub outcome: Outcome,
}

impl Trace {
    /// SHA-256 of the trace in hexadecimal: equal for equal decisions.
    #[must_use]
    pub fn hash(&self) -> String {
        // All maps are ordered and no field can fail to be written, so the text is canonical.
        let text = serde_json::to_vec(self).unwrap_or_default();
        HEXLOWER.encode(&Sha256::digest(text))
    }
}
