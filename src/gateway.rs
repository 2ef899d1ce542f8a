//! The way of a letter, in order: journal, read, classify, judge, decide, settle.
//!
//! The only place that knows the order, and it holds no question about content. What it is given
//! is the store, the readers, the rules of the moment and a mailbox; what it leaves is rows.
//!
//! A letter is read by a worker process. A letter that ends its worker is started again, alone
//! and beside the others, and held after the third start. A letter whose earlier start ended the
//! whole process (the count says so) is read alone, so that it cannot take others with it.

pub mod rules;
pub mod sweep;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::classify::{Class, classify};
use crate::compose::notice_letter::{self, OutboundMessage};
use crate::crash;
use crate::decide::thread::{self, Query};
use crate::decide::{self, Context, Decision, Facts, Held};
use crate::message::{Message, Unreadable, limits};
use crate::policy::{self, Verdict};
use crate::reader::{ReadFailure, Reader};
use crate::store::journal::{LetterId, Unfinished};
use crate::store::settle::{Effects, Ready, Settled};
use crate::store::{Store, StoreError};

use rules::{CurrentRules, Rules};

/// Letters that are read and settled together.
pub const BATCH: usize = 64;
/// How long a batch waits for its slowest letter before it goes on without it.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a letter waits when the system starts no process.
const NO_WORKER: Duration = Duration::from_secs(1);

/// What every mailbox's loop shares.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// What is remembered.
    pub store: Store,
    /// Who reads.
    pub reader: Arc<Reader>,
    /// By which rules; replaced as a whole on reload.
    pub rules: CurrentRules,
    /// Rung when rows were added to the outbox.
    pub outbox: Arc<Notify>,
}

/// A letter that was read, or not, and everything known of it before its decision.
#[derive(Debug)]
struct Considered {
    received_at: Timestamp,
    considered: Result<(Class, Box<Verdict>), Held>,
    /// For Message-IDs of what is written.
    random: [u8; 8],
}

/// One letter after its reading.
type Outcome = Result<Ready<Considered>, Failed>;

/// Why a letter was not read.
#[derive(Debug)]
enum Failed {
    /// It cost its worker, so they say: it is started again, or held.
    Worker(Unfinished, String),
    /// The readers are closed: it waits in the journal for the next process.
    Closed(LetterId),
}

impl Gateway {
    /// Decides about every letter that the journal holds undecided: what a process that died left.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn resume(&self) -> Result<usize, StoreError> {
        let mut after = LetterId(0);
        let mut count = 0;
        loop {
            let letters = self.store.unfinished(after, 16).await?;
            let Some(last) = letters.last() else {
                return Ok(count);
            };
            after = last.id;
            count += letters.len();
            self.process(letters).await?;
        }
    }

    /// Takes journalled letters to their disposition. On return each is decided, or is being
    /// started again in the background, or is still in the journal because of the error.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn process(&self, letters: Vec<Unfinished>) -> Result<Vec<Settled>, StoreError> {
        let (alone, together): (Vec<_>, Vec<_>) =
            letters.into_iter().partition(|letter| letter.attempts > 0);
        let mut settled = Vec::with_capacity(together.len() + alone.len());
        let mut together = together.into_iter();
        loop {
            let batch: Vec<_> = together.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            settled.extend(self.process_batch(batch).await?);
        }
        for letter in alone {
            settled.extend(self.process_batch(vec![letter]).await?);
        }
        Ok(settled)
    }

    async fn process_batch(&self, batch: Vec<Unfinished>) -> Result<Vec<Settled>, StoreError> {
        let rules = self.rules.get();
        let (poison, batch): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|letter| letter.attempts >= limits::STARTS);
        let mut ready: Vec<_> = poison
            .into_iter()
            .map(|letter| held(&letter, "the process ended in it".to_owned()))
            .collect();
        self.store
            .begin(batch.iter().map(|letter| letter.id).collect())
            .await?;
        crash::point("C4");
        let mut reading = JoinSet::new();
        for letter in batch {
            let (gateway, rules) = (self.clone(), Arc::clone(&rules));
            reading.spawn(async move { gateway.read(letter, &rules).await });
        }
        let mut again = Vec::new();
        while let Ok(Some(outcome)) = tokio::time::timeout(PATIENCE, reading.join_next()).await {
            match outcome {
                Ok(Ok(letter)) => ready.push(letter),
                Ok(Err(Failed::Worker(letter, last))) => again.push((letter, last)),
                Ok(Err(Failed::Closed(id))) => left(id),
                Err(error) => tracing::error!(%error, "a letter's task ended; it stays journalled"),
            }
        }
        if !reading.is_empty() || !again.is_empty() {
            let (gateway, rules) = (self.clone(), Arc::clone(&rules));
            tokio::spawn(async move { gateway.stragglers(reading, again, rules).await });
        }
        self.settle(ready, rules).await
    }

    /// Letters that take their time, or ended their worker: each goes on alone.
    async fn stragglers(
        &self,
        mut reading: JoinSet<Outcome>,
        mut again: Vec<(Unfinished, String)>,
        rules: Arc<Rules>,
    ) {
        loop {
            while let Some((mut letter, last)) = again.pop() {
                letter.attempts += 1;
                if letter.attempts >= limits::STARTS {
                    self.settle_late(held(&letter, last), &rules).await;
                    continue;
                }
                if let Err(error) = self.store.begin(vec![letter.id]).await {
                    tracing::error!(letter = %letter.id, %error, "a letter's start could not be counted; it stays journalled");
                    continue;
                }
                let (gateway, rules) = (self.clone(), Arc::clone(&rules));
                reading.spawn(async move { gateway.read(letter, &rules).await });
            }
            match reading.join_next().await {
                None => return,
                Some(Ok(Ok(letter))) => self.settle_late(letter, &rules).await,
                Some(Ok(Err(Failed::Worker(letter, last)))) => again.push((letter, last)),
                Some(Ok(Err(Failed::Closed(id)))) => left(id),
                Some(Err(error)) => {
                    tracing::error!(%error, "a letter's task ended; it stays journalled");
                }
            }
        }
    }

    async fn settle_late(&self, letter: Ready<Considered>, rules: &Arc<Rules>) {
        let id = letter.id;
        if let Err(error) = self.settle(vec![letter], Arc::clone(rules)).await {
            tracing::error!(letter = %id, %error, "a letter could not be settled; it stays journalled");
        }
    }

    /// Has a worker read the letter. That none can be started is the system's trouble and not the
    /// letter's, so that it is waited out and never counted.
    async fn read_bytes(
        &self,
        letter: &Unfinished,
    ) -> Result<Result<Message, Unreadable>, ReadFailure> {
        loop {
            match self.reader.read(&letter.raw).await {
                Err(ReadFailure::CannotStart(error)) => {
                    tracing::error!(letter = %letter.id, %error, "no worker can be started; the letter waits");
                    tokio::time::sleep(NO_WORKER).await;
                }
                read => return read,
            }
        }
    }

    async fn read(&self, letter: Unfinished, rules: &Rules) -> Outcome {
        let read = if letter.size > limits::LETTER {
            Ok(Err(Unreadable::TooLarge {
                size: letter.size,
                limit: limits::LETTER,
            }))
        } else {
            self.read_bytes(&letter).await
        };
        let message = match read {
            Err(ReadFailure::Closed) => return Err(Failed::Closed(letter.id)),
            Err(failure) => {
                tracing::warn!(letter = %letter.id, start = letter.attempts + 1, %failure, "reading a letter cost its worker");
                return Err(Failed::Worker(letter, failure.to_string()));
            }
            Ok(Err(unreadable)) => {
                return Ok(Ready {
                    id: letter.id,
                    message: None,
                    query: Query::default(),
                    rest: Considered {
                        received_at: letter.received_at,
                        considered: Err(Held::Unreadable(unreadable)),
                        random: random(),
                    },
                });
            }
            Ok(Ok(message)) => message,
        };
        let class = classify(&message, &rules.classify);
        let query = thread::query(&message, &rules.decide.tag);
        let verdict = policy::judge(
            &rules.card,
            &rules.registry,
            &rules.policy_letter(&message),
            Timestamp::now(),
        );
        crash::point("C5");
        Ok(Ready {
            id: letter.id,
            message: Some(Box::new(message)),
            query,
            rest: Considered {
                received_at: letter.received_at,
                considered: Ok((class, Box::new(verdict))),
                random: random(),
            },
        })
    }

    async fn settle(
        &self,
        mut ready: Vec<Ready<Considered>>,
        rules: Arc<Rules>,
    ) -> Result<Vec<Settled>, StoreError> {
        if ready.is_empty() {
            return Ok(Vec::new());
        }
        ready.sort_by_key(|letter| letter.id);
        let now = Timestamp::now();
        let settled = self
            .store
            .settle(
                ready,
                now,
                Arc::new(
                    move |letter: &Ready<Considered>, context: Option<&Context>| {
                        effects(letter, context, &rules, now)
                    },
                ),
            )
            .await?;
        crash::point("C6");
        if settled.iter().any(|letter| letter.queued > 0) {
            self.outbox.notify_one();
        }
        for letter in &settled {
            report(letter);
        }
        Ok(settled)
    }
}

fn left(id: LetterId) {
    tracing::info!(letter = %id, "a letter stays journalled for the next start");
}

fn held(letter: &Unfinished, last: String) -> Ready<Considered> {
    Ready {
        id: letter.id,
        message: None,
        query: Query::default(),
        rest: Considered {
            received_at: letter.received_at,
            considered: Err(Held::Poison {
                starts: letter.attempts,
                last,
            }),
            random: random(),
        },
    }
}

/// The final line of a letter.
fn report(letter: &Settled) {
    let decision = &letter.decision;
    tracing::info!(
        letter = %letter.id,
        disposition = decision.disposition.as_str(),
        ticket = decision.ticket.map(|ticket| ticket.0),
        rule = decision.rule.as_deref(),
        answer = decision.answer.as_str(),
        "letter decided"
    );
}

fn effects(
    letter: &Ready<Considered>,
    context: Option<&Context>,
    rules: &Rules,
    now: Timestamp,
) -> Effects {
    let rest = &letter.rest;
    let (Some(message), Some(context), Ok((class, verdict))) =
        (letter.message.as_deref(), context, &rest.considered)
    else {
        let why = rest.considered.as_ref().err();
        let decision = why.map_or_else(
            || decide::hold(&Held::Unreadable(Unreadable::Shapeless)),
            decide::hold,
        );
        return explained(decision, Vec::new(), None);
    };
    let decision = decide::decide(&Facts {
        now,
        received_at: rest.received_at,
        message,
        class,
        verdict,
        context,
        settings: &rules.decide,
    });
    let (decision, outbound) = write(decision, rules, now, rest.random);
    explained(decision, outbound, Some((message, class, verdict)))
}

/// Writes what the decision says. What cannot be written is withheld, never lost: the ticket stays.
fn write(
    decision: Decision,
    rules: &Rules,
    now: Timestamp,
    random: [u8; 8],
) -> (Decision, Vec<OutboundMessage>) {
    let written: Result<Vec<_>, _> = decision
        .notices
        .iter()
        .map(|notice| notice_letter::write(notice, rules.desk(), now, random))
        .collect();
    match written {
        Ok(outbound) => (decision, outbound),
        Err(error) => {
            tracing::warn!(ticket = decision.ticket.map(|ticket| ticket.0), %error, "an answer could not be written");
            let why = format!("the answer could not be written: {error}");
            (decide::untold(decision, why), Vec::new())
        }
    }
}

fn explained(
    decision: Decision,
    outbound: Vec<OutboundMessage>,
    found: Option<(&Message, &Class, &Verdict)>,
) -> Effects {
    let trace = json!({
        "disposition": decision.disposition,
        "reason": decision.reason,
        "rule": decision.rule,
        "ticket": decision.ticket,
        "answer": decision.answer.as_str(),
        "answer_reason": decision.answer.reason(),
        "notices": decision.notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(),
        "kind": found.map(|(_, class, _)| class.kind),
        "defects": found.map(|(message, _, _)| &message.defects),
        "verdict": found.map(|(_, _, verdict)| verdict),
    });
    Effects {
        decision,
        outbound,
        trace: trace.to_string(),
    }
}

/// A handle for Message-IDs, no secret. If the system gives no randomness the letter's own
/// Message-ID stays unique by the ticket's number.
fn random() -> [u8; 8] {
    let mut bytes = [0; 8];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::warn!(%error, "the system gave no random bytes");
    }
    bytes
}
