//! Everything the service rests on, tried step by step, in the order of a letter's way.
//!
//! In: a configuration file. Out: [`Finding`]s, each with what was found, why it matters and what to
//! do. Nothing is changed: no store is made or migrated, no folder is moved about, and what is sent is
//! one letter to the service itself, which the gateway recognises as its own.
//!
//! The checks, each a file: the configuration, [`files`] and who may read them, [`rules`] (card, tables,
//! templates, hours, technicians, keys), [`names`] in DNS, the [`mailboxes`], [`reading`], the [`storage`],
//! the [`way_out`], the [`round_trip`], and what arrives with it ([`arrival`]).
//!
//! Works while the daemon runs and while it does not. Run it as the store's user: whoever else runs it
//! learns less, and is told so.
//!
//! Not handled: whether mail from outside reaches the mailbox; only a letter from outside can show that.

mod arrival;
pub mod configuration;
mod files;
pub mod finding;
mod mailboxes;
mod names;
pub mod probe;
mod reading;
mod round_trip;
mod rules;
mod storage;
mod way_out;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::Config;
pub use finding::{Finding, Grade};

/// How thorough the look is.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether anything is asked over the network.
    pub network: bool,
    /// Whether a letter is sent to the service itself.
    pub round_trip: bool,
    /// Whom to ask for names, if not the system's resolvers.
    pub resolver: Option<SocketAddr>,
    /// How long the letter may take.
    pub patience: Duration,
}

/// Collects findings, and shows each as it comes.
pub(crate) struct Chart<'a> {
    findings: Vec<Finding>,
    show: &'a mut dyn FnMut(&Finding),
}

impl Chart<'_> {
    fn add(&mut self, finding: Finding) {
        (self.show)(&finding);
        self.findings.push(finding);
    }

    fn add_all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    fn has_fault(&self, room: &str) -> bool {
        self.findings
            .iter()
            .any(|one| one.grade == Grade::Fault && one.check.starts_with(room))
    }
}

/// Looks at everything; gives each finding to `show` as it comes.
pub async fn examine(
    file: &Path,
    options: &Options,
    show: &mut dyn FnMut(&Finding),
) -> Vec<Finding> {
    let mut chart = Chart {
        findings: Vec::new(),
        show,
    };
    let config = match Config::read(file) {
        Ok(config) => config,
        Err(error) => {
            chart.add(configuration::unreadable(&error));
            return chart.findings;
        }
    };
    let now = Timestamp::now();
    chart.add_all(configuration::check(&config));
    chart.add_all(files::check(&config));
    let resolver = names::Resolver::new(options.resolver);
    if options.network {
        chart.add_all(names::check(&config, &resolver).await);
        chart.add_all(mailboxes::check(&config, now).await);
    }
    chart.add_all(reading::check(&config).await);
    chart.add_all(storage::check(&config, now));
    chart.add_all(rules::check(&config, now));
    if options.network {
        chart.add_all(way_out::check(&config, now).await);
        travel(&config, options, &resolver, &mut chart).await;
    } else {
        chart.add(Finding::skipped(
            "network",
            "names, mail servers and the round trip were not looked at",
        ));
    }
    chart.findings
}

async fn travel(
    config: &Config,
    options: &Options,
    resolver: &names::Resolver,
    chart: &mut Chart<'_>,
) {
    if !options.round_trip {
        let why = "no letter was sent to the service itself";
        return chart.add(Finding::skipped("round_trip", why));
    }
    if chart.has_fault("mailbox.") || chart.has_fault("way_out.") {
        let why = "no letter was sent: mailbox or way out have to be mended first";
        return chart.add(Finding::skipped("round_trip", why));
    }
    let trip = round_trip::travel(config, options.patience).await;
    chart.add_all(trip.findings);
    if let Some(arrival) = trip.arrival {
        chart.add_all(arrival::check(config, &arrival));
        chart.add_all(names::check_signature(&arrival.message, resolver).await);
    }
}
