//! Orders put to the ticket, and what came of them told.
//!
//! In: the lines and words that the arguments stand for. They are tried inside the transaction, on
//! the ticket as it stands there; what they do is committed with its letters, or nothing is.

use std::collections::BTreeSet;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Whose;
use crate::cause::chain;
use crate::cli::screen::{Ink, Screen};
use crate::cli::table::line;
use crate::cli::{Failure, actor, complain, json as as_line, print};
use crate::command::{Orders, parse_lines};
use crate::compose::fate_in_english;
use crate::config::Config;
use crate::daemon;
use crate::decide::{Cause, Fates, Occurrence, Order, OrderRefused, Scene, order};
use crate::gateway::occurrence::effects;
use crate::gateway::random;
use crate::gateway::rules::Rules;
use crate::key_file::KeyFile;
use crate::notice::Fate;
use crate::policy::Language;
use crate::store::occur::Target;
use crate::store::{Desk, View};
use crate::team::Technician;
use crate::ticket::TicketNumber;

/// What an order came to.
type Outcome = Result<(Occurrence, Fates), OrderRefused>;

impl Whose {
    /// Tries the lines with their words, does them, and says so.
    pub(super) fn order(
        &self,
        config: &Config,
        lines: &[String],
        words: &str,
    ) -> Result<ExitCode, Failure> {
        let now = Timestamp::now();
        let today = config.decide.zone.to_datetime(now).date();
        let actor = self.actor(config)?;
        let orders = match parse_lines(lines, words, today) {
            Ok(orders) => orders,
            Err(mistakes) => return self.tell(Err(OrderRefused::from(mistakes))),
        };
        let rules = self.rules(config)?;
        let outcome = self.perform(config, &rules, &actor, &orders, now)?;
        self.tell(outcome)
    }

    fn perform(
        &self,
        config: &Config,
        rules: &Rules,
        actor: &Technician,
        orders: &Orders,
        now: Timestamp,
    ) -> Result<Outcome, Failure> {
        // A ticket that went up in another one is not that one: its people may be others.
        let line = View::open(&config.store)?.ticket(self.ticket)?.line;
        if let Some(other) = line.merged_into {
            let number = self.ticket;
            let why = format!(
                "ticket {number} went up in ticket {other}: expected an order for that one"
            );
            return Err(Failure::new(1, why));
        }
        let ordered = Order {
            actor,
            orders,
            now,
            settings: &rules.decide,
            card: &rules.card,
            registry: &rules.registry,
            calendar: rules.calendar.as_ref(),
        };
        let target = Target {
            ticket: TicketNumber(self.ticket),
            named: orders.merged(),
        };
        let random = random();
        let mut outcome = None;
        let decide = |scene: &Scene| {
            let found = order(&ordered, scene, Cause::order(random));
            let happens = match &found {
                Ok((occurrence, _)) if !self.dry_run => Some(occurrence.clone()),
                _ => None,
            };
            outcome = Some(found);
            happens.map(|occurrence| effects(occurrence, rules, now, random))
        };
        Desk::open(&config.store)?.occur(target, &rules.budget(), now, decide)?;
        // The store asks, or fails.
        outcome.ok_or_else(|| Failure::new(70, "the order was not decided"))
    }

    /// Whoever orders: a technician, or a name in the history.
    fn actor(&self, config: &Config) -> Result<Technician, Failure> {
        if let Some(name) = &self.whose {
            let found = config.decide.team.named(name);
            return found.cloned().map_err(|not_one| Failure::new(64, not_one));
        }
        Ok(Technician {
            handle: actor::admin(),
            name: config.identity.service.clone(),
            addresses: Vec::new(),
            language: Language::En,
            categories: BTreeSet::new(),
            approver: false,
        })
    }

    fn rules(&self, config: &Config) -> Result<Rules, Failure> {
        let mut config = config.clone();
        if let Some(file) = &self.keys {
            config.token_keys = KeyFile::Own(file.clone());
        }
        let mut rules = daemon::rules(&config)?;
        rules.authority = daemon::authority(&config)?;
        Ok(rules)
    }

    fn tell(&self, outcome: Outcome) -> Result<ExitCode, Failure> {
        let (occurrence, fates) = match outcome {
            Ok(done) => done,
            Err(refused) => return self.refused(&refused),
        };
        if self.json {
            let notices = occurrence.notices.iter();
            let notices = notices.map(|notice| json!({"kind": notice.kind, "to": notice.to.email}));
            print(&as_line(&json!({
                "ticket": self.ticket,
                "done": !self.dry_run,
                "lines": lines_of(&fates),
                "notices": notices.collect::<Vec<_>>(),
            }))?)?;
        } else {
            print(&self.done(&occurrence, &fates))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Nothing is done, and why: each line with what stands in its way.
    fn refused(&self, refused: &OrderRefused) -> Result<ExitCode, Failure> {
        let fates = match refused {
            OrderRefused::Lines(fates) => fates.as_slice(),
            _ => &[],
        };
        if self.json {
            print(&as_line(&json!({
                "ticket": self.ticket,
                "done": false,
                "why": chain(refused),
                "lines": lines_of(fates),
            }))?)?;
        }
        let mut said = chain(refused);
        for (text, fate) in fates {
            said.push_str(&format!(
                "\n  {}: {}",
                line(text, 80),
                fate_in_english(fate)
            ));
        }
        complain(&said);
        Ok(ExitCode::from(1))
    }

    fn done(&self, occurrence: &Occurrence, fates: &Fates) -> String {
        let screen = Screen::stdout();
        let mut out = format!(
            "Ticket #{}{}\n",
            self.ticket,
            if self.dry_run {
                ": nothing is done, this would be"
            } else {
                ""
            }
        );
        for (text, fate) in fates {
            out.push_str(&format!(
                "  {}  {}\n",
                screen.ink(Ink::Strong, &line(text, 60)),
                fate_in_english(fate)
            ));
        }
        for notice in &occurrence.notices {
            out.push_str(&format!(
                "  to {}: {}\n",
                line(&notice.to.email, 120),
                notice.kind.name().replace('_', " ")
            ));
        }
        if occurrence.notices.is_empty() {
            out.push_str("  nobody is written to\n");
        }
        screen.inked(&out)
    }
}

fn lines_of(fates: &[(String, Fate)]) -> Vec<Value> {
    fates
        .iter()
        .map(|(line, fate)| {
            let done = matches!(fate, Fate::Done(_));
            json!({"line": line, "done": done, "outcome": fate_in_english(fate)})
        })
        .collect()
}
