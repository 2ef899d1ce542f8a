//! The loop that looks at the house every few seconds and tells admins what is wrong.
//!
//! Each look is compared with the ledger of alarms. What begins or ends is a line of the log; what the
//! ledger lets through is told by mail to the configured addresses, through the outbox like every
//! letter. When mail itself is the trouble, or nobody is configured, the configured command is
//! started instead, without a shell, with the alarm as one JSON object on its standard input; it has
//! a minute. Changes that could not be kept are kept with the next look.
//!
//! A restart raises and ends nothing by itself: what lasted before is taken for lasting until it is
//! seen to be over.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::{Notify, watch};

use super::Monitor;
use super::report::Raised;
use crate::alarm::ledger::{Change, Ledger, Word};
use crate::alarm::{Alarm, Cause, Level, Vitals};
use crate::cause::chain;
use crate::decide::{Cause as Because, Occurrence};
use crate::gateway::occurrence;
use crate::gateway::rules::Rules;
use crate::notice::{Bulletin, House, Kind, Recipient};
use crate::store::alarms::{Noted, Way};
use crate::store::occur::Effects;
use crate::verbosity;

/// The longest pause between two looks.
const TICK: Duration = Duration::from_secs(15);
/// How long the command may take.
const COMMAND: Duration = Duration::from_secs(60);
/// Changes that wait to be kept, at most: a store that fails for weeks fills no memory.
const UNKEPT: usize = 1_000;

impl Monitor {
    /// Looks, tells and keeps until `stop` says so; rings `outbox` when letters were added, and gives
    /// a line about the state to `says`.
    pub async fn watch(
        &self,
        outbox: Arc<Notify>,
        says: impl Fn(&str),
        mut stop: watch::Receiver<bool>,
    ) {
        let silent = self.settings.limits.mailbox_silent;
        // Three looks within the shortest limit, so that an alarm is not late by a pause.
        let tick = Duration::try_from(silent / 3).map_or(TICK, |third| third.min(TICK));
        let mut ledger = self.remembered().await;
        let mut unkept = Vec::new();
        while !*stop.borrow() {
            let vitals = self.vitals().await;
            verbosity::expire(vitals.now);
            let alarms = self.alarms(&vitals);
            says(&line(&vitals, &alarms));
            let changes = ledger.weigh(vitals.now, &alarms, self.settings.budget);
            for change in changes {
                logged(&change, vitals.now);
                let way = self.way(&change, &ledger);
                if let (Way::Command, Some(word)) = (way, change.tell) {
                    let (told, command) = (spoken(&change.alarm, word, vitals.now), self.command());
                    tokio::spawn(async move { run(&command, told).await });
                }
                if unkept.len() < UNKEPT {
                    unkept.push((change, way));
                }
            }
            self.keep(&mut unkept, vitals.now, &outbox).await;
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(tick) => {}
            }
        }
    }

    /// The ledger of the process before, and what it knew of mailboxes and the mail server.
    async fn remembered(&self) -> Ledger {
        let ledger = match self.store.ledger(self.clock.now()).await {
            Ok(ledger) => ledger,
            Err(error) => {
                tracing::error!(error = %chain(&error), "what admins were told is not known; some of it may be told again");
                Ledger::default()
            }
        };
        for open in ledger.open.values() {
            match &open.alarm.cause {
                Cause::MailboxSilent(name) => {
                    self.telemetry.was_read(name, open.alarm.since);
                }
                Cause::OutboxStuck => self.telemetry.server(true, open.alarm.since),
                _ => {}
            }
        }
        ledger
    }

    fn way(&self, change: &Change, ledger: &Ledger) -> Way {
        let (to, command) = (&self.settings.to, &self.settings.command);
        let stopped = change.alarm.cause.stops_mail() || ledger.open.keys().any(Cause::stops_mail);
        match change.tell {
            None => Way::Log,
            Some(_) if !command.is_empty() && (stopped || to.is_empty()) => Way::Command,
            Some(_) if !to.is_empty() => Way::Mail,
            Some(_) => Way::Log,
        }
    }

    fn command(&self) -> Vec<String> {
        self.settings.command.clone()
    }

    /// Keeps what changed, with the letters that tell it; what could not be kept stays in `unkept`.
    async fn keep(&self, unkept: &mut Vec<(Change, Way)>, now: Timestamp, outbox: &Notify) {
        if unkept.is_empty() {
            return;
        }
        let rules = self.rules.get();
        let noted = unkept
            .iter()
            .map(|(change, way)| Noted {
                change: change.clone(),
                way: *way,
                letters: change
                    .tell
                    .filter(|_| *way == Way::Mail)
                    .map(|word| self.letters(change, word, &rules, now)),
            })
            .collect();
        let budget = Arc::new(rules.budget());
        match self.store.note_alarms(budget, now, noted).await {
            Ok(letters) => {
                unkept.clear();
                if letters > 0 {
                    outbox.notify_one();
                }
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "alarms could not be kept yet");
            }
        }
    }

    /// One letter to each admin.
    fn letters(&self, change: &Change, word: Word, rules: &Rules, now: Timestamp) -> Effects {
        let bulletin = |address: &String| {
            let technician = rules.decide.team.by_address(address);
            Bulletin {
                kind: Kind::Alert,
                to: Recipient {
                    name: technician.map_or_else(String::new, |one| one.name.clone()),
                    email: address.clone(),
                },
                language: technician.map_or(self.settings.language, |one| one.language),
                about: House::Alarm {
                    alarm: change.alarm.clone(),
                    word,
                },
            }
        };
        let mark = format!("{}:{}:{now}", change.alarm.cause.id(), word.as_str());
        let occurrence = Occurrence {
            cause: Because::due(None, "alarm", mark),
            ticket: None,
            reason: change.alarm.says(now),
            changes: Vec::new(),
            notices: Vec::new(),
            bulletins: self.settings.to.iter().map(bulletin).collect(),
        };
        let mut random = [0; 8];
        if let Err(error) = getrandom::fill(&mut random) {
            tracing::warn!(%error, "the system gave no random bytes");
        }
        occurrence::effects(occurrence, rules, now, random)
    }
}

fn logged(change: &Change, now: Timestamp) {
    let (cause, of) = (change.alarm.cause.name(), change.alarm.cause.of());
    let says = change.alarm.says(now);
    match (change.happened, change.alarm.cause.level()) {
        (Some(Word::Ended), _) => tracing::info!(cause, of, "an alarm is over"),
        (Some(_), Level::Critical) => tracing::error!(cause, of, "alarm: {says}"),
        (Some(_), _) => tracing::warn!(cause, of, "alarm: {says}"),
        (None, _) => tracing::info!(cause, of, "an alarm that lasts is told"),
    }
}

/// What the command gets.
fn spoken(alarm: &Alarm, word: Word, now: Timestamp) -> String {
    let raised = Raised::new(alarm, now);
    json!({
        "word": word.as_str(),
        "cause": raised.cause,
        "of": raised.of,
        "level": raised.level,
        "since": raised.since,
        "says": raised.says,
        "remedy": raised.remedy,
    })
    .to_string()
}

async fn run(command: &[String], told: String) {
    let Some((program, arguments)) = command.split_first() else {
        return;
    };
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            tracing::error!(%error, "the alert command could not be started");
            return;
        }
    };
    let ended = tokio::time::timeout(COMMAND, async {
        if let Some(mut input) = child.stdin.take() {
            // A command that reads nothing closes the pipe.
            let _ = input.write_all(format!("{told}\n").as_bytes()).await;
        }
        child.wait().await
    })
    .await;
    match ended {
        Ok(Ok(status)) if status.success() => {}
        Ok(Ok(status)) => tracing::error!(%status, "the alert command failed"),
        Ok(Err(error)) => tracing::error!(%error, "the alert command failed"),
        Err(_) => tracing::error!(
            seconds = COMMAND.as_secs(),
            "the alert command did not end in time and was killed"
        ),
    }
}

/// The state in one line, for systemd.
fn line(vitals: &Vitals, alarms: &[Alarm]) -> String {
    let waiting: u64 = vitals
        .queues
        .iter()
        .flat_map(|queues| queues.outbox.values())
        .sum();
    let open = vitals
        .mailboxes
        .iter()
        .filter(|mailbox| mailbox.open_since.is_some())
        .count();
    let state = format!(
        "{open} of {} mailboxes open, {waiting} letters in the outbox",
        vitals.mailboxes.len()
    );
    match alarms {
        [] => state,
        [first, rest @ ..] => format!(
            "{state}; {}: {}{}",
            first.cause.level().as_str(),
            first.says(vitals.now),
            if rest.is_empty() {
                String::new()
            } else {
                format!(" (and {} more)", rest.len())
            }
        ),
    }
}
