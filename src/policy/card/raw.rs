//! The service card exactly as its TOML is written.
//!
//! Only shapes are checked here, entry by entry in [`super::form`]; whatever needs to know another
//! part of the card is checked in [`super::build`]. Every value a message may have to point at is
//! `Spanned`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::policy::clause::{Mode, Outcome};
use crate::policy::level::Axis;
use crate::registry::Reading;
use crate::ticket::priority::Priority;

pub type Texts = Vec<Spanned<String>>;

/// All sections; what a card must have is there unless it could not be read.
#[derive(Debug, Default)]
pub struct RawCard {
    pub schema: Option<Spanned<u32>>,
    pub meta: Option<RawMeta>,
    pub engine: Option<RawEngine>,
    pub keys: RawKeys,
    pub scope: RawScope,
    pub polarity: Option<RawPolarity>,
    pub language: Option<RawLanguage>,
    pub set: BTreeMap<Spanned<String>, Texts>,
    pub safety: Vec<RawSafety>,
    pub signal: Vec<RawSignal>,
    pub clause: Vec<RawClause>,
    pub category: Vec<RawCategory>,
    pub level: Vec<RawLevel>,
    pub matrix: Option<Spanned<RawMatrix>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMeta {
    pub service: String,
    pub version: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawEngine {
    pub ask_off_at_criticality: Spanned<u8>,
    pub table_max_age_days: u32,
    pub grace_days: u32,
    pub default_criticality: RawDefault,
    pub default_mutualisation: Spanned<u8>,
    pub people: Spanned<[u32; 3]>,
    pub fault_signal: Spanned<String>,
    pub request_signal: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawDefault {
    pub incident: Spanned<u8>,
    pub request: Spanned<u8>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawKeys {
    pub inventory: Option<Spanned<Vec<String>>>,
    pub placeholders: Option<Vec<String>>,
    pub not_keys: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawScope {
    #[serde(default)]
    pub reading: Reading,
    pub editions_apart: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPolarity {
    pub negation: Texts,
    pub pseudo: Texts,
    pub hypothesis: Texts,
    pub after: Texts,
    pub bridge: Texts,
    pub turns: Texts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLanguage {
    pub fr: Texts,
    pub en: Texts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSafety {
    pub id: Spanned<String>,
    /// A comment for whoever edits the card.
    pub why: Option<String>,
    /// What it means, for whoever reads the card.
    pub says: Option<RawBilingual>,
    #[serde(default)]
    pub any: Texts,
    #[serde(default)]
    pub except: Texts,
    #[serde(default)]
    pub hints: Texts,
    #[serde(default)]
    pub facts: Texts,
    #[serde(default)]
    pub needs: Texts,
    #[serde(default)]
    pub flag: bool,
    pub criticality: Option<Spanned<u8>>,
    pub category: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSignal {
    pub id: Spanned<String>,
    /// A comment for whoever edits the card.
    pub why: Option<String>,
    /// What it means, for whoever reads the card.
    pub says: Option<RawBilingual>,
    pub any: Texts,
    #[serde(default)]
    pub except: Texts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBilingual {
    pub fr: Spanned<String>,
    pub en: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawClause {
    pub id: Spanned<String>,
    pub name: RawBilingual,
    pub text_fr: Spanned<String>,
    pub gloss_en: Spanned<String>,
    #[serde(default)]
    pub elsewhere: Vec<RawBilingual>,
    pub question: Option<Spanned<RawBilingual>>,
    #[serde(default)]
    pub admits: Texts,
    #[serde(default)]
    pub denies: Texts,
    #[serde(default)]
    pub accept_on: Texts,
    pub cap: Spanned<Outcome>,
    pub mode: Mode,
    /// [`super::form`] takes them out and reads each by itself.
    #[serde(default)]
    pub when: Vec<RawBlock>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBlock {
    pub verdict: Spanned<Outcome>,
    #[serde(default)]
    pub all: Texts,
    #[serde(default)]
    pub any: Texts,
    #[serde(default)]
    pub unless: Texts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Incident,
    Request,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCategory {
    pub id: Spanned<String>,
    pub kind: Kind,
    pub min: i32,
    #[serde(default)]
    pub terms: BTreeMap<Spanned<String>, i32>,
    #[serde(default)]
    pub except: Texts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLevel {
    pub axis: Axis,
    pub set: Spanned<u8>,
    /// What it means, for whoever reads the card.
    pub says: Option<RawBilingual>,
    pub any: Texts,
    #[serde(default)]
    pub except: Texts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMatrix {
    pub c4: [Priority; 4],
    pub c3: [Priority; 4],
    pub c2: [Priority; 4],
    pub c1: [Priority; 4],
}
