//! The configuration itself: what it leaves out that a service should not be without.

use super::Finding;
use crate::cause::chain;
use crate::config::{Config, ConfigError};

/// A file that cannot be used: nothing else can be looked at.
#[must_use]
pub fn unreadable(error: &ConfigError) -> Finding {
    Finding::fault(
        "configuration.file",
        chain(error),
        "without its configuration guichet does not start, and nothing else can be looked at",
        "mend the line that is named; deploy/guichet.toml explains every key",
    )
}

/// What a good file leaves out.
pub(super) fn check(config: &Config) -> Vec<Finding> {
    let mut found = vec![Finding::good(
        "configuration.file",
        format!("`{}` is good", config.file.display()),
    )];
    found.push(border(config));
    found.push(alerts(config));
    found
}

fn border(config: &Config) -> Finding {
    const CHECK: &str = "configuration.authserv_id";
    match &config.classify.authserv_id {
        Some(id) => Finding::good(CHECK, format!("the findings of `{id}` are believed")),
        None if config.decide.team.is_empty() => Finding::warning(
            CHECK,
            "no border server is believed",
            "who writes cannot be told from who pretends to: strangers are answered, and a forged sender gets its answer to the wrong person",
            "set `authserv_id` to the first word of the Authentication-Results field in a letter from outside",
        ),
        None => Finding::warning(
            CHECK,
            "no border server is believed, and technicians work by mail",
            "an order is obeyed for a reply to a notification and a sender's address alone: whoever gets hold of a notification can act in its reader's name",
            "set `authserv_id` to the first word of the Authentication-Results field in a letter from outside",
        ),
    }
}

fn alerts(config: &Config) -> Finding {
    const CHECK: &str = "configuration.alert";
    let (to, command) = (
        config.monitor.to.is_empty(),
        config.monitor.command.is_empty(),
    );
    match (to, command) {
        (true, true) => Finding::warning(
            CHECK,
            "nobody is told when something stops working",
            "a mailbox that is not read, or answers that do not leave, are found out by the people who wait",
            "name addresses in `[alert] to`, and a program for when mail itself is the trouble in `command`",
        ),
        (false, true) => Finding::good(
            CHECK,
            "alarms are told by mail; without `[alert] command` those about mail itself wait for the mail server",
        ),
        (true, false) => Finding::good(CHECK, "alarms are told by a program"),
        (false, false) => Finding::good(CHECK, "alarms are told by mail, or by a program"),
    }
}
