//! `guichet person export|forget`: what is kept of one person, and its erasure (GDPR art. 15, 17).
//!
//! A person is all the addresses that the people table gives them. Of other people an export says
//! nothing: their addresses and names are replaced, a technician is "a technician". Both commands
//! work beside a running daemon.

mod export;
mod forget;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, read_config};
use crate::config::{self, Config};
use crate::registry::Registry;
use crate::store::View;
use crate::store::person::{Identity, Involvement};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Everything that is kept of somebody, in a folder: to read, and as JSON
    Export {
        /// One of their addresses
        address: String,
        /// The folder to write to, which must not exist yet; without it the JSON alone is printed
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Take somebody out of everything that is kept
    Forget {
        /// One of their addresses
        address: String,
        /// Change nothing: say what would be removed
        #[arg(long)]
        dry_run: bool,
        /// Also close their tickets that have not ended
        #[arg(long)]
        force: bool,
        /// Why, for the log of what was removed; it must not name them
        #[arg(long, required_unless_present = "dry_run", default_value = "")]
        why: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

/// A person as site and store know them.
struct Known {
    config: Config,
    registry: Registry,
    view: View,
    person: Identity,
    involved: Involvement,
}

pub(super) fn person(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Export { address, out } => export::export(&find(file, address)?, out.as_deref()),
        Command::Forget {
            address,
            dry_run,
            force,
            why,
            json,
        } => forget::forget(
            &find(file, address)?,
            &forget::Order {
                dry_run: *dry_run,
                force: *force,
                why,
                json: *json,
            },
        ),
    }
}

fn find(file: &Path, address: &str) -> Result<Known, Failure> {
    let config = read_config(file)?;
    let address = address.trim().to_lowercase();
    if !address.contains('@') || address.contains(char::is_whitespace) {
        return Err(Failure::new(
            64,
            format!("expected one mail address, but found `{address}`"),
        ));
    }
    if config.classify.own_addresses.contains(&address) {
        return Err(Failure::new(
            64,
            format!("expected the address of a person, but `{address}` is the service's own"),
        ));
    }
    if let Some(one) = config.decide.team.by_address(&address) {
        let handle = &one.handle;
        return Err(Failure::new(
            64,
            format!(
                "expected the address of a requester, but it is that of the technician `{handle}`, \
                 whose work is the service's own record: take them out of the configuration first"
            ),
        ));
    }
    let registry = config::rules(&config)
        .map_err(|error| Failure::new(78, error))?
        .registry;
    let view = View::open(&config.store)?;
    let mut person = Identity {
        addresses: BTreeSet::from([address.clone()]),
        names: BTreeSet::new(),
    };
    if let Some(line) = registry.bearer(&address) {
        person.addresses.extend(line.emails.iter().cloned());
        person.names.extend(line.name.clone());
    }
    person.names.extend(view.names_of(&person)?);
    let involved = view.involvement(&person)?;
    Ok(Known {
        config,
        registry,
        view,
        person,
        involved,
    })
}
