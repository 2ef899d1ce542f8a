//! `assets.csv`: the inventory, found by inventory number, serial number or host name.
//!
//! The purchase route is read here: *in scope*, *out of scope*, exempt, doubtful or unknown
//! ([`Scope`]). Under the lenient reading a machine is out only if the table says both that it
//! was not bought by the IT service and that there was no contract; an empty cell leaves it
//! doubtful at most.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::sheet::{RegistryError, Row, Sheet, Source};
use super::{Line, Reading, keys, name};

/// Our column names.
pub const COLUMNS: [&str; 15] = [
    "tag",
    "serial",
    "hostname",
    "owner",
    "kind",
    "purchase",
    "market",
    "order_number",
    "order_date",
    "os",
    "os_release",
    "os_edition",
    "extended_support",
    "exemption",
    "last_seen",
];

/// How the cells of `market` begin that name the contract; generations follow (`matinfo 6`).
pub const CONTRACTS: &[&str] = &["matinfo"];

/// The cells of `market` that say that there was none.
pub const NO_CONTRACT: &[&str] = &["none", "aucun", "sans", "hors marche"];

/// Words an `exemption` is usually recorded with; any other counts as well.
pub const EXEMPTIONS: &[&str] = &["instrument", "transfer", "donation"];

/// Who bought a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purchase {
    /// The IT service.
    It,
    /// The unit itself.
    Unit,
    /// A person.
    Private,
}

/// Under which contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Market {
    /// The universities' shared contract.
    Matinfo,
    /// Another one.
    Other,
    /// None, and the table says so.
    None,
}

/// What the table says about an exemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exemption {
    /// There is no such column.
    Unknown,
    /// The cell is empty: none is recorded.
    None,
    /// `instrument`, `transfer`, `donation` or the site's own word.
    Recorded(String),
}

/// Whether the service supports a machine, by its purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// It does.
    In,
    /// It does not, and the table says so in full.
    Out,
    /// An exemption is recorded.
    Exempt,
    /// The table shows the first half of a refusal and leaves the second open.
    Doubtful,
    /// Not known.
    Unknown,
}

impl Scope {
    /// The word used in cards and JSON; nothing if unknown.
    #[must_use]
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::In => Some("in"),
            Self::Out => Some("out"),
            Self::Exempt => Some("exempt"),
            Self::Doubtful => Some("doubtful"),
            Self::Unknown => None,
        }
    }
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The line of the table.
    pub line: u64,
    /// Inventory number, as the table writes it.
    pub tag: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Host name.
    pub hostname: Option<String>,
    /// Name or address of its user.
    pub owner: Option<String>,
    /// What it is.
    pub kind: Option<String>,
    /// Who bought it.
    pub purchase: Option<Purchase>,
    /// Under which contract.
    pub market: Option<Market>,
    /// The order.
    pub order_number: Option<String>,
    /// Its day.
    pub order_date: Option<Date>,
    /// System, such as `windows`.
    pub os: Option<String>,
    /// Its release, such as `11 24H2`.
    pub os_release: Option<String>,
    /// Its edition, such as `Pro`.
    pub os_edition: Option<String>,
    /// Whether the machine is enrolled in extended support.
    pub extended_support: Option<bool>,
    /// Whether it is exempt.
    pub exemption: Exemption,
    /// Last contact of the inventory agent. The word `export` in the table is the day of the
    /// export, for inventories that list only machines in contact.
    pub last_seen: Option<Date>,
}

impl Asset {
    fn read(row: &Row<'_>, exemptions: bool) -> Result<Self, RegistryError> {
        let purchase = [
            ("it", Purchase::It),
            ("unit", Purchase::Unit),
            ("private", Purchase::Private),
        ];
        let yes_no = [
            ("yes", true),
            ("no", false),
            ("oui", true),
            ("non", false),
            ("true", true),
            ("false", false),
        ];
        let exemption = match row.text("exemption") {
            Some(word) => Exemption::Recorded(word),
            None if exemptions => Exemption::None,
            None => Exemption::Unknown,
        };
        Ok(Self {
            line: row.line,
            tag: row.text("tag"),
            serial: row.text("serial"),
            hostname: row.text("hostname"),
            owner: row.text("owner"),
            kind: row.text("kind"),
            purchase: row.word("purchase", &purchase, "it, unit, private, or nothing")?,
            market: row.cell("market").map(market),
            order_number: row.text("order_number"),
            order_date: row.date("order_date")?,
            os: row.text("os"),
            os_release: row.text("os_release"),
            os_edition: row.text("os_edition"),
            extended_support: row.word("extended_support", &yes_no, "yes, no, or nothing")?,
            exemption,
            last_seen: match row.cell("last_seen").map(name::fold).as_deref() {
                Some("export") => row.exported_on(),
                _ => row
                    .date("last_seen")
                    .map_err(|_| row.error("last_seen", "a date, export, or nothing"))?,
            },
        })
    }

    /// Inventory number, serial number and host name, as they are compared.
    pub fn keys(&self) -> impl Iterator<Item = String> + '_ {
        [&self.tag, &self.serial, &self.hostname]
            .into_iter()
            .flatten()
            .map(|key| name::compact(key))
            .filter(|key| !key.is_empty())
    }

    /// Whether the service supports this machine, by its purchase.
    #[must_use]
    pub fn scope(&self, reading: Reading) -> Scope {
        use Market::Matinfo;
        use Purchase::It;
        if matches!(self.exemption, Exemption::Recorded(_)) {
            return Scope::Exempt;
        }
        let by_it = self.purchase.map(|purchase| purchase == It);
        let by_contract = self.market.map(|market| market == Matinfo);
        let without_contract = self.market == Some(Market::None);
        let scope = match reading {
            Reading::Lenient => match (by_it, by_contract) {
                (Some(true), _) | (_, Some(true)) => Scope::In,
                (Some(false), _) if without_contract => Scope::Out,
                (Some(false), _) => Scope::Doubtful,
                (None, _) => Scope::Unknown,
            },
            Reading::Strict => match (by_it, by_contract) {
                (Some(true), Some(true)) => Scope::In,
                (Some(false), _) => Scope::Out,
                _ if without_contract => Scope::Out,
                _ => Scope::Unknown,
            },
        };
        // Without the column an exemption cannot be ruled out.
        if scope == Scope::Out && self.exemption == Exemption::Unknown {
            Scope::Doubtful
        } else {
            scope
        }
    }
}

impl Line for Asset {
    fn line(&self) -> u64 {
        self.line
    }
}

/// `matinfo5` and `MATINFO 6` are generations of the same contract.
fn market(cell: &str) -> Market {
    let folded = name::fold(cell);
    if CONTRACTS.iter().any(|name| folded.starts_with(name)) {
        Market::Matinfo
    } else if NO_CONTRACT.contains(&folded.as_str()) {
        Market::None
    } else {
        Market::Other
    }
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    rows: Vec<Asset>,
    by_key: BTreeMap<String, Vec<usize>>,
    /// What stands in `owner`, as an address and as a name.
    by_owner: BTreeMap<String, Vec<usize>>,
}

impl Assets {
    pub(super) fn read(source: &Source<'_>) -> Result<Self, RegistryError> {
        let sheet = Sheet::read(source, "tag")?;
        let mut assets = Self::default();
        for row in sheet.rows() {
            let asset = Asset::read(&row, sheet.has("exemption"))?;
            for key in asset.keys().filter(|key| !keys::is_blank_key(key)) {
                let lines = assets.by_key.entry(key).or_default();
                if !lines.contains(&assets.rows.len()) {
                    lines.push(assets.rows.len());
                }
            }
            if let Some(owner) = &asset.owner {
                for call in BTreeSet::from([address(owner), name::person(owner)]) {
                    assets
                        .by_owner
                        .entry(call)
                        .or_default()
                        .push(assets.rows.len());
                }
            }
            assets.rows.push(asset);
        }
        Ok(assets)
    }

    pub(super) fn with_key(&self, key: &str) -> Vec<&Asset> {
        self.by_key
            .get(&name::compact(key))
            .into_iter()
            .flatten()
            .filter_map(|row| self.rows.get(*row))
            .collect()
    }

    /// The machines whose owner is given by one of these addresses or logins.
    pub(super) fn owned_by_address(&self, addresses: &[String]) -> Vec<&Asset> {
        self.owned_by(addresses.iter().map(|own| address(own)))
    }

    /// The machines whose owner is given by this name.
    pub(super) fn owned_by_name(&self, name: &str) -> Vec<&Asset> {
        self.owned_by(std::iter::once(name::person(name)))
    }

    fn owned_by(&self, calls: impl Iterator<Item = String>) -> Vec<&Asset> {
        let rows: BTreeSet<usize> = calls
            .filter_map(|call| self.by_owner.get(&call))
            .flatten()
            .copied()
            .collect();
        rows.iter().filter_map(|row| self.rows.get(*row)).collect()
    }
}

/// An address or a login as it is compared.
fn address(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(purchase: Option<Purchase>, market: Option<Market>) -> Asset {
        Asset {
            line: 2,
            tag: Some("2026-00001".to_owned()),
            serial: None,
            hostname: None,
            owner: None,
            kind: None,
            purchase,
            market,
            order_number: None,
            order_date: None,
            os: None,
            os_release: None,
            os_edition: None,
            extended_support: None,
            exemption: Exemption::None,
            last_seen: None,
        }
    }

    #[test]
    fn the_lenient_reading_needs_both_halves_to_put_a_machine_out() {
        let scope = |p, m| asset(p, m).scope(Reading::Lenient);
        assert_eq!(scope(Some(Purchase::Unit), Some(Market::None)), Scope::Out);
        assert_eq!(
            scope(Some(Purchase::Private), Some(Market::None)),
            Scope::Out
        );
        assert_eq!(scope(Some(Purchase::It), Some(Market::None)), Scope::In);
        assert_eq!(
            scope(Some(Purchase::Unit), Some(Market::Matinfo)),
            Scope::In
        );
        assert_eq!(scope(Some(Purchase::Unit), None), Scope::Doubtful);
        assert_eq!(
            scope(Some(Purchase::Unit), Some(Market::Other)),
            Scope::Doubtful
        );
        assert_eq!(scope(None, Some(Market::None)), Scope::Unknown);
    }

    #[test]
    fn the_strict_reading_needs_one_half() {
        let scope = |p, m| asset(p, m).scope(Reading::Strict);
        assert_eq!(scope(Some(Purchase::Unit), None), Scope::Out);
        assert_eq!(scope(Some(Purchase::It), Some(Market::None)), Scope::Out);
        assert_eq!(scope(Some(Purchase::It), Some(Market::Matinfo)), Scope::In);
        assert_eq!(scope(Some(Purchase::It), None), Scope::Unknown);
    }

    #[test]
    fn an_exemption_wins_and_a_missing_column_leaves_doubt() {
        let mut machine = asset(Some(Purchase::Unit), Some(Market::None));
        machine.exemption = Exemption::Recorded("instrument".to_owned());
        assert_eq!(machine.scope(Reading::Lenient), Scope::Exempt);
        machine.exemption = Exemption::Unknown;
        assert_eq!(machine.scope(Reading::Lenient), Scope::Doubtful);
    }
}
