//! A letter of the service to itself: it leaves, arrives, is recognised, and nothing is done about it.
//!
//! While a daemon runs it is the daemon that takes the letter in, and its journal says what became of
//! it. Without one the letter is looked for in the watched folders, read by a worker, and judged here; if
//! this process may write the store, it then goes the ordinary way, alone: journal, decision, shelf.
//! Otherwise it stays where it is, and the next start files it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::probe::{self, Probe};
use super::{Finding, files};
use crate::cause::chain;
use crate::classify::{Kind, classify};
use crate::config::{self, Config};
use crate::daemon;
use crate::delivery::{Outcome, Outgoing, Transport};
use crate::gateway::Gateway;
use crate::gateway::rules::CurrentRules;
use crate::mailbox::{self, Fetched, Mailbox};
use crate::message::Message;
use crate::reader::Reader;
use crate::store::vitals::Journey;
use crate::store::{Store, View, is_running};

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(400);
/// How far clocks may be apart for a letter still to be looked at.
const APART: SignedDuration = SignedDuration::from_hours(24);
/// Bytes of a letter in which its Message-ID stands.
const HEAD: u32 = 64 * 1024;

/// What came of it.
pub(super) struct Trip {
    pub(super) findings: Vec<Finding>,
    pub(super) arrival: Option<Arrival>,
}

/// The letter as it arrived.
pub(super) struct Arrival {
    pub(super) message: Message,
    /// What the forged finding in it is recognised by.
    pub(super) mark: String,
    /// When it was sent, and when it was found, by this clock.
    pub(super) sent_at: Timestamp,
    pub(super) found_at: Timestamp,
    /// When it came, by the mail server's clock.
    pub(super) received_at: Timestamp,
}

/// Sends the letter and follows it.
pub(super) async fn travel(config: &Config, patience: Duration) -> Trip {
    match follow(config, patience).await {
        Ok(trip) => trip,
        Err(finding) => Trip {
            findings: vec![finding],
            arrival: None,
        },
    }
}

async fn follow(config: &Config, patience: Duration) -> Result<Trip, Finding> {
    let sent_at = Timestamp::now();
    let id = config.classify.authserv_id.as_deref();
    let probe = probe::to_itself(&config.identity, id, sent_at)
        .map_err(|error| lost("it could not be written", &chain(&error)))?;
    send(config, &probe).await?;
    let mut findings = vec![Finding::good(
        "round_trip.sent",
        "the mail server took a letter of the service to itself",
    )];
    let search = Search {
        config,
        probe: &probe,
        since: sent_at.checked_sub(APART).unwrap_or(Timestamp::UNIX_EPOCH),
    };
    let found = search.found(Instant::now() + patience).await?;
    let found_at = Timestamp::now();
    let (raw, received_at) = match found {
        Found::Decided(journey) => {
            findings.push(judged(&journey));
            let view = View::open(&config.store).map_err(|e| lost("the store", &chain(&e)))?;
            let raw = view.raw(journey.letter);
            let raw = raw.map_err(|error| lost("the store", &chain(&error)))?;
            let at = Timestamp::from_second(journey.received_at).unwrap_or(found_at);
            (raw, at)
        }
        Found::Lying(name, mut mailbox, letter) => {
            let (raw, at) = (letter.raw.clone(), letter.received_at);
            findings.extend(search.put_away(&name, &mut mailbox, &letter).await);
            mailbox.close().await;
            (raw, at)
        }
    };
    let message = read(config, &raw).await?;
    if !is_running(&config.store) {
        findings.push(recognised(config, &message));
    }
    Ok(Trip {
        findings,
        arrival: Some(Arrival {
            message,
            mark: probe.mark.clone(),
            sent_at,
            found_at,
            received_at,
        }),
    })
}

fn lost(what: &str, why: &str) -> Finding {
    Finding::fault(
        "round_trip.letter",
        format!("a letter of the service to itself did not come through: {what}: {why}"),
        "what does not work for it works for nobody's letter",
        "see the findings above, and the log of the mail server",
    )
}

async fn send(config: &Config, probe: &Probe) -> Result<(), Finding> {
    let mut transport = Transport::new(config.delivery.clone())
        .map_err(|error| lost("the way out", &chain(&error)))?;
    let letter = Outgoing {
        sender: None,
        recipient: &config.identity.address,
        bytes: &probe.bytes,
    };
    let sent = transport
        .deliver(&letter, async || Ok::<_, std::convert::Infallible>(()))
        .await;
    transport.quit().await;
    let refused = |said: &str| {
        Finding::fault(
            "round_trip.sent",
            format!("the mail server would not take a letter of the service to itself: {said}"),
            "answers go the same way, with the same null sender",
            "see that this user may send as the support address, and with the null sender `<>`",
        )
    };
    match sent {
        Ok(Outcome::Delivered(_)) => Ok(()),
        Ok(Outcome::Deferred { reason, .. } | Outcome::Failed { reason }) => {
            Err(refused(&reason.text))
        }
        Err(never) => match never {},
    }
}

/// Where the letter was found.
enum Found {
    /// A daemon took it in.
    Decided(Journey),
    /// It lies in a watched folder, and nobody works on it.
    Lying(String, Box<Mailbox>, Fetched),
}

struct Search<'a> {
    config: &'a Config,
    probe: &'a Probe,
    since: Timestamp,
}

impl Search<'_> {
    async fn found(&self, until: Instant) -> Result<Found, Finding> {
        let mut seen = BTreeSet::new();
        while Instant::now() < until {
            if let Some(journey) = self.journey()
                && journey.decided
                && (journey.put_away || !is_running(&self.config.store))
            {
                return Ok(Found::Decided(journey));
            }
            if !is_running(&self.config.store)
                && let Some(found) = self.lying(&mut seen).await
            {
                return Ok(found);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(match self.journey() {
            Some(_) => Finding::fault(
                "round_trip.put_away",
                "the letter arrived and was not decided and put away in time",
                "letters pile up in the watched folder",
                "see the log of the service",
            ),
            None => Finding::fault(
                "round_trip.arrived",
                "the letter was taken and did not arrive in a watched folder in time",
                "letters to the support address may go somewhere else",
                "see where mail for the support address is delivered; a slow server may need --wait 5m",
            ),
        })
    }

    fn journey(&self) -> Option<Journey> {
        let view = View::open(&self.config.store).ok()?;
        view.journey(&self.probe.message_id).ok().flatten()
    }

    /// Looks through the watched folders; `seen` are letters that are others.
    async fn lying(&self, seen: &mut BTreeSet<(String, String)>) -> Option<Found> {
        for (name, settings) in &self.config.mailboxes {
            let Ok(mut mailbox) = mailbox::open(settings).await else {
                continue;
            };
            for letter in mailbox.list().await.unwrap_or_default().into_iter().rev() {
                let key = (name.clone(), letter.uid.to_string());
                if letter.received_at < self.since || seen.contains(&key) {
                    continue;
                }
                let head = mailbox.fetch_head(&letter.uid, HEAD).await;
                match head {
                    Ok(Some(head)) if self.is_it(&head.raw) => {
                        let whole = mailbox.fetch(std::slice::from_ref(&letter.uid)).await;
                        let whole = whole.ok()?.pop()?;
                        return Some(Found::Lying(name.clone(), Box::new(mailbox), whole));
                    }
                    Ok(_) => {
                        seen.insert(key);
                    }
                    Err(_) => break,
                }
            }
            mailbox.close().await;
        }
        None
    }

    fn is_it(&self, head: &[u8]) -> bool {
        let id = self.probe.message_id.as_bytes();
        head.windows(id.len()).any(|window| window == id)
    }

    /// Takes the letter the ordinary way, alone, where that is allowed.
    async fn put_away(&self, name: &str, mailbox: &mut Mailbox, letter: &Fetched) -> Vec<Finding> {
        const CHECK: &str = "round_trip.put_away";
        let stays = |why: &str| {
            vec![Finding::skipped(
                CHECK,
                format!("the letter stays in the watched folder until the next start, {why}"),
            )]
        };
        if View::open(&self.config.store).is_err() {
            return stays("because there is no store yet");
        }
        if !files::is_owner(&self.config.store) {
            return stays("because the store belongs to another user");
        }
        let store = match Store::open(&self.config.store, Timestamp::now()) {
            Ok(store) => store,
            Err(error) => return stays(&chain(&error)),
        };
        let rules = match config::rules(self.config) {
            Ok(rules) => CurrentRules::new(rules),
            Err(error) => return stays(&chain(&error)),
        };
        let reader = Arc::new(Reader::new(daemon::readers(self.config)));
        let gateway = Gateway::new(store, reader, rules, Arc::new(Notify::new()));
        let taken = gateway.take_one(name, mailbox, &letter.uid).await;
        gateway.reader.close().await;
        drop(gateway);
        match (taken, self.journey()) {
            (Ok(()), Some(journey)) => vec![judged(&journey)],
            (Ok(()), None) => stays("because it had gone"),
            (Err(error), _) => vec![lost("the watched folder", &chain(&error))],
        }
    }
}

/// What the gateway made of the letter.
fn judged(journey: &Journey) -> Finding {
    const CHECK: &str = "round_trip.judged";
    let wrong = |says: String| {
        Finding::fault(
            CHECK,
            says,
            "a gateway that answers its own letters goes in circles",
            "see `guichet why` for the letter; the mail server may take fields out of letters",
        )
    };
    if let Some(ticket) = journey.ticket {
        wrong(format!("the service's own letter became ticket {ticket}"))
    } else if journey.answers > 0 {
        wrong("the service's own letter was answered".to_owned())
    } else if journey.disposition != "ignored" {
        wrong(format!(
            "the service's own letter was not taken for its own: {}",
            journey.disposition.replace('_', " ")
        ))
    } else if journey.put_away {
        Finding::good(
            CHECK,
            format!(
                "it arrived, was recognised ({}), answered by nobody, and put away",
                journey.rule
            ),
        )
    } else {
        Finding::warning(
            CHECK,
            "it was recognised, and could not be put away",
            "letters that are decided stay in the watched folder",
            "see the findings about the mailbox's folders",
        )
    }
}

async fn read(config: &Config, raw: &[u8]) -> Result<Message, Finding> {
    let reader = Reader::new(daemon::readers(config));
    let read = reader.read(raw).await;
    reader.close().await;
    match read {
        Ok(Ok(message)) => Ok(message),
        Ok(Err(error)) => Err(lost("it cannot be read", &chain(&error))),
        Err(error) => Err(lost("it cannot be read", &chain(&error))),
    }
}

/// Whether the letter as it arrived still shows whose it is.
fn recognised(config: &Config, message: &Message) -> Finding {
    const CHECK: &str = "round_trip.recognised";
    let class = classify(message, &config.classify);
    if class.kind == Kind::OwnLoop && !class.answerable {
        Finding::good(CHECK, "as it arrived, the letter shows that it is ours")
    } else {
        Finding::fault(
            CHECK,
            "as it arrived, the letter no longer shows that it is ours",
            "a gateway that answers its own letters goes in circles",
            "find out which server takes X-Guichet-Loop, Message-ID and From out of it",
        )
    }
}
