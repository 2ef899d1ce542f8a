//! What decisions rest on: the card, the tables and their age, the templates, the hours and the coming
//! season, the technicians, the keys.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Finding;
use crate::calendar::Calendar;
use crate::cause::chain;
use crate::config::{self, Config, LoadError};
use crate::gateway::rules::Rules;
use crate::policy::clause::Mode;
use crate::token::KeyState;

/// Days after which a key should be replaced.
const KEY_DAYS: i64 = 366;

/// What decisions rest on.
pub(super) fn check(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    match config::rules(config) {
        Err(error) => found.push(broken(&error)),
        Ok(rules) => {
            found.push(card(&rules));
            found.push(Finding::good("rules.templates", "every template renders"));
            found.extend(tables(config, &rules, now));
            found.extend(hours(rules.calendar.as_ref(), now));
        }
    }
    found.push(technicians(config));
    found.extend(keys(config, now));
    found
}

fn broken(error: &LoadError) -> Finding {
    let check = match error {
        LoadError::Card(_) => "rules.card",
        LoadError::Table(_) => "rules.tables",
        LoadError::Template(_) | LoadError::Sample(_) => "rules.templates",
        LoadError::Calendar { .. } | LoadError::Closures(_) => "rules.hours",
        _ => "rules.files",
    };
    Finding::fault(
        check,
        chain(error),
        "guichet does not start with it; a running one keeps what it read before",
        "mend the place that is named, and try `guichet config check`",
    )
}

fn card(rules: &Rules) -> Finding {
    let modes: Vec<String> = [Mode::Shadow, Mode::Propose, Mode::Auto]
        .into_iter()
        .filter_map(|mode| {
            let of = rules.card.clauses().iter().filter(|one| one.mode == mode);
            let ids: Vec<&str> = of.map(|one| one.id.as_str()).collect();
            (!ids.is_empty()).then(|| format!("{} {}", mode.as_str(), ids.join(" ")))
        })
        .collect();
    Finding::good(
        "rules.card",
        format!("card {}: {}", rules.card.version(), modes.join("; ")),
    )
}

fn tables(config: &Config, rules: &Rules, now: Timestamp) -> Vec<Finding> {
    const CHECK: &str = "rules.tables";
    if config.tables.is_empty() {
        return vec![Finding::warning(
            CHECK,
            "there is no look-up table",
            "what nobody knows never refuses a letter: most refusals need a table",
            "name at least `[tables.people]` and `[tables.assets]`, see deploy/tables",
        )];
    }
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    let limit = i64::from(rules.registry.settings().max_age_days);
    let dates = rules.registry.dates();
    let mut found: Vec<Finding> = dates
        .into_iter()
        .filter_map(|(table, date)| old(table.as_str(), date, today, limit))
        .collect();
    if found.is_empty() {
        found.push(Finding::good(CHECK, "every table is young enough to count"));
    }
    found
}

fn old(table: &str, date: Option<Date>, today: Date, limit: i64) -> Option<Finding> {
    let warn = |says: String| {
        Some(Finding::warning(
            "rules.tables",
            says,
            "it counts as unknown, and nothing is refused on it",
            "export it anew, best every night; the limit is `table_max_age_days` in the card",
        ))
    };
    let Some(date) = date else {
        return warn(format!("nobody knows how old the table `{table}` is"));
    };
    let age = today
        .since(date)
        .map_or(0, |span| i64::from(span.get_days()));
    if age > limit {
        warn(format!(
            "the table `{table}` is {age} days old, of at most {limit}"
        ))
    } else if age < -1 {
        warn(format!(
            "the table `{table}` is dated {date}, in the future"
        ))
    } else {
        None
    }
}

fn hours(calendar: Option<&Calendar>, now: Timestamp) -> Vec<Finding> {
    const CHECK: &str = "rules.hours";
    let Some(calendar) = calendar else {
        return vec![Finding::fault(
            CHECK,
            "nobody told when somebody is there",
            "guichet does not start without opening hours",
            "add the section `[hours]`; `guichet hours` draws what it comes to",
        )];
    };
    let mut found: Vec<Finding> = calendar
        .missing_season(now)
        .into_iter()
        .map(|season| {
            Finding::warning(
                "rules.season",
                format!(
                    "no closure is entered for the coming season `{}`",
                    season.id()
                ),
                "people who write then are told that somebody reads it",
                "enter it in `[[hours.closures]]`, or take the season out of `expected_closures`",
            )
        })
        .collect();
    match calendar.next_opening(now) {
        Some(at) => found.push(Finding::good(
            CHECK,
            if calendar.is_open(now) {
                "somebody is there now".to_owned()
            } else {
                format!("somebody is there again on {}", calendar.local(at))
            },
        )),
        None => found.push(Finding::fault(
            CHECK,
            "nobody is ever there again",
            "people are told that nobody reads their letters",
            "see `guichet hours`",
        )),
    }
    found
}

fn technicians(config: &Config) -> Finding {
    const CHECK: &str = "rules.technicians";
    let team = &config.decide.team;
    if team.is_empty() {
        return Finding::warning(
            CHECK,
            "there are no technicians",
            "nobody is told of a new ticket; tickets are read on the command line alone",
            "name them in `[[technician]]`",
        );
    }
    let count = team.iter().count();
    if team.iter().any(|one| one.approver) {
        Finding::good(
            CHECK,
            format!("{count} technicians, one of them at least grants on-call windows"),
        )
    } else {
        Finding::warning(
            CHECK,
            format!("{count} technicians, and none grants on-call windows"),
            "requests for help outside the hours are decided by nobody",
            "set `approver = true` for whoever may",
        )
    }
}

fn keys(config: &Config, now: Timestamp) -> Option<Finding> {
    const CHECK: &str = "rules.keys";
    // What is wrong with the file is told with the files.
    let keys = config.token_keys.load().ok()?;
    let signing = keys
        .summary(now)
        .find(|key| matches!(key.state, KeyState::Signs))?;
    let days = now.duration_since(signing.created).as_hours() / 24;
    Some(if days < KEY_DAYS {
        Finding::good(CHECK, format!("the signing key is {days} days old"))
    } else {
        Finding::warning(
            CHECK,
            format!("the signing key is {days} days old"),
            "the longer a key is used, the more a copy of it is worth",
            "guichet keys rotate, then restart the service; old letters stay good for a while",
        )
    })
}
