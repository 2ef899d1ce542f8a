//! The way of a letter, in order: journal, read, classify, judge, decide, settle.
//!
//! The only place that knows the order, and it holds no question about content. What it is given
//! is the store, the readers, the rules of the moment and a mailbox; what it leaves is rows.
//!
//! A letter is read by a worker process. A letter that ends its worker is started again, alone
//! and beside the others, and held after the third start. A letter whose earlier start ended the
//! whole process (the count says so) is read alone, so that it cannot take others with it.

mod effects;
pub mod expectation;
pub mod flight;
pub mod looks;
pub mod lost;
pub mod occurrence;
pub mod on_call;
pub mod reconcile;
mod review;
pub mod rules;
pub mod sweep;
pub mod withheld;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::cause::chain;
use crate::classify::{Class, classify};
use crate::clock::Clock;
use crate::compose::mime::Enclosed;
use crate::crash;
use crate::decide::review::Review;
use crate::decide::{Change, Context, Held, Imported, Query, Reading};
use crate::message::{Message, Unreadable, limits};
use crate::policy::{self, Verdict};
use crate::reader::{ReadFailure, Reader};
use crate::store::journal::{LetterId, Unfinished};
use crate::store::settle::{Ready, Settled};
use crate::store::{Store, StoreError};
use crate::telemetry::Telemetry;

use effects::{Tables, effects};
use expectation::Expectations;
use flight::{Flight, Flights};
use looks::Looks;
use rules::{CurrentRules, Rules};
use withheld::Withheld;

/// Letters that are read and settled together.
pub const BATCH: usize = 64;
/// How long a batch waits for its slowest letter before it goes on without it.
const PATIENCE: Duration = Duration::from_millis(500);
/// Letters under way beyond which a batch waits for its slowest letter all the same: what goes on
/// in the background is held in memory.
const UNDER_WAY: usize = 2 * BATCH;
/// How long a letter waits when the system starts no worker.
const NO_WORKER: Duration = Duration::from_secs(1);
/// The exit code of a worker that could not confine itself: the system's trouble, not the letter's.
const NOT_CONFINED: i32 = 71;

/// What every mailbox's loop shares.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// What is remembered.
    pub store: Store,
    /// Who reads.
    pub reader: Arc<Reader>,
    /// By which rules; replaced as a whole on reload.
    pub rules: CurrentRules,
    /// What time it is.
    pub clock: Clock,
    /// What is counted.
    pub telemetry: Telemetry,
    /// Rung when rows were added to the outbox.
    pub outbox: Arc<Notify>,
    /// Rung when letters on a shelf belong on another.
    pub shelves: Arc<Notify>,
    /// How soon persons answered.
    pub expectations: Expectations,
    /// When each mailbox was last looked through.
    pub looks: Looks,
    /// Letters under way, so that none is begun twice.
    flights: Flights,
    /// Letters that could not be fetched.
    withheld: Withheld,
    /// Letters on the shelf of the held ones that could not be fetched.
    unfetched: Withheld,
    /// Set when no new letter may be begun.
    stopping: Arc<AtomicBool>,
    /// Second and third starts, one at a time: the other workers are for letters that behave.
    retries: Arc<Semaphore>,
}

/// A letter that was read, or not, and everything known of it before its decision.
#[derive(Debug)]
struct Considered {
    received_at: Timestamp,
    rescan: bool,
    considered: Result<(Class, Box<Verdict>, Box<Reading>), Held>,
    /// What an admin said about it when it was held.
    review: Option<Review>,
    /// It was taken in from a file, and nobody is written to.
    imported: Option<Imported>,
    /// The files in it that may be passed on.
    enclosed: Vec<Enclosed>,
    /// For Message-IDs of what is written.
    random: [u8; 8],
    /// When its reading ended.
    read_at: Instant,
    /// Ends when the letter is settled, or could not be.
    _flight: Flight,
}

/// A letter that ended its reader, and how.
#[derive(Debug)]
struct Failed {
    letter: Unfinished,
    last: String,
    flight: Flight,
}

/// Why a letter was not read.
#[derive(Debug)]
enum Unread {
    /// It cost its worker: it is started again, or held.
    Failed(Box<Failed>),
    /// The readers are closed: it waits in the journal for the next process.
    Closed(LetterId),
}

/// One letter after its reading.
type Outcome = Result<Ready<Considered>, Unread>;

impl Gateway {
    /// A gateway that has nothing under way.
    #[must_use]
    pub fn new(
        store: Store,
        reader: Arc<Reader>,
        rules: CurrentRules,
        outbox: Arc<Notify>,
    ) -> Self {
        Self {
            store,
            reader,
            rules,
            clock: Clock::system(),
            telemetry: Telemetry::default(),
            outbox,
            shelves: Arc::default(),
            expectations: Expectations::default(),
            looks: Looks::default(),
            flights: Flights::default(),
            withheld: Withheld::default(),
            unfetched: Withheld::default(),
            stopping: Arc::new(AtomicBool::new(false)),
            retries: Arc::new(Semaphore::new(1)),
        }
    }

    /// From now on no new letter is begun.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Decides about every letter that the journal holds undecided and that is not under way: what
    /// a process that died left, or what a full disk interrupted.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn resume(&self) -> Result<usize, StoreError> {
        let mut after = LetterId(0);
        let mut count = 0;
        loop {
            let letters = self.store.unfinished(after, 16).await?;
            let Some(last) = letters.last().filter(|_| !self.is_stopping()) else {
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
            if batch.is_empty() || self.is_stopping() {
                break;
            }
            settled.extend(self.process_batch(batch).await?);
        }
        for letter in alone {
            if self.is_stopping() {
                break;
            }
            settled.extend(self.process_batch(vec![letter]).await?);
        }
        Ok(settled)
    }

    async fn process_batch(&self, batch: Vec<Unfinished>) -> Result<Vec<Settled>, StoreError> {
        let rules = self.rules.get();
        let (poison, batch): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .filter_map(|letter| Some((self.flights.begin(letter.id)?, letter)))
            .partition(|(_, letter)| {
                // A letter that is to be discarded is not read.
                matches!(letter.review, Some(Review::Discard { .. }))
                    || letter.attempts >= limits::STARTS && !self.flights.was_read(letter.id)
            });
        let mut ready: Vec<_> = poison
            .into_iter()
            .map(|(flight, letter)| held(&letter, "the process ended in it".to_owned(), flight))
            .collect();
        // A letter that was read before, and could not be settled, is no suspect.
        let counted = batch.iter().map(|(_, letter)| letter.id);
        let counted = counted.filter(|id| !self.flights.was_read(*id)).collect();
        self.store.begin(counted).await?;
        crash::point("C4");
        let mut reading = JoinSet::new();
        for (flight, letter) in batch {
            let (gateway, rules) = (self.clone(), Arc::clone(&rules));
            reading.spawn(async move { gateway.read(letter, flight, &rules).await });
        }
        let mut again = Vec::new();
        loop {
            let next = match tokio::time::timeout(PATIENCE, reading.join_next()).await {
                Ok(next) => next,
                Err(_) if self.flights.count() > UNDER_WAY => reading.join_next().await,
                Err(_) => break,
            };
            match next {
                None => break,
                Some(Ok(Ok(letter))) => ready.push(letter),
                Some(Ok(Err(Unread::Failed(failed)))) => again.push(*failed),
                Some(Ok(Err(Unread::Closed(id)))) => left(id),
                Some(Err(error)) => {
                    tracing::error!(%error, "a letter's task ended; it stays journalled");
                }
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
        mut again: Vec<Failed>,
        rules: Arc<Rules>,
    ) {
        loop {
            while let Some(Failed {
                mut letter,
                last,
                flight,
            }) = again.pop()
            {
                letter.attempts += 1;
                if letter.attempts >= limits::STARTS {
                    self.settle_late(held(&letter, last, flight), &rules).await;
                    continue;
                }
                if let Err(error) = self.store.begin(vec![letter.id]).await {
                    tracing::error!(letter = %letter.id, error = %chain(&error), "a letter's start could not be counted; it stays journalled");
                    continue;
                }
                let (gateway, rules) = (self.clone(), Arc::clone(&rules));
                reading.spawn(async move { gateway.read(letter, flight, &rules).await });
            }
            match reading.join_next().await {
                None => return,
                Some(Ok(Ok(letter))) => self.settle_late(letter, &rules).await,
                Some(Ok(Err(Unread::Failed(failed)))) => again.push(*failed),
                Some(Ok(Err(Unread::Closed(id)))) => left(id),
                Some(Err(error)) => {
                    tracing::error!(%error, "a letter's task ended; it stays journalled");
                }
            }
        }
    }

    /// Has a worker read the letter. That none can be started is the system's trouble and not the
    /// letter's, so that it is waited out and never counted.
    async fn read_bytes(&self, letter: &Unfinished) -> Result<Result<Message, Held>, ReadFailure> {
        if letter.raw.is_empty() && letter.size > 0 {
            return Ok(Err(Held::Withheld));
        }
        if letter.size > limits::LETTER {
            return Ok(Err(Held::Unreadable(Unreadable::TooLarge {
                size: letter.size,
                limit: limits::LETTER,
            })));
        }
        let _turn = if letter.attempts > 0 {
            self.retries.acquire().await.ok()
        } else {
            None
        };
        loop {
            match self.reader.read(&letter.raw).await {
                Err(
                    failure @ (ReadFailure::CannotStart(_)
                    | ReadFailure::Died {
                        exit: Some(NOT_CONFINED),
                        ..
                    }),
                ) => {
                    tracing::error!(letter = %letter.id, error = %chain(&failure), "no worker can be started; the letter waits");
                    tokio::time::sleep(NO_WORKER).await;
                }
                read => return read.map(|message| message.map_err(Held::Unreadable)),
            }
        }
    }

    async fn settle_late(&self, letter: Ready<Considered>, rules: &Arc<Rules>) {
        let id = letter.id;
        if let Err(error) = self.settle(vec![letter], Arc::clone(rules)).await {
            tracing::error!(letter = %id, error = %chain(&error), "a letter could not be settled; it stays journalled");
        }
    }

    async fn read(&self, letter: Unfinished, flight: Flight, rules: &Rules) -> Outcome {
        let began = Instant::now();
        let read = self.read_bytes(&letter).await;
        self.telemetry.read(began.elapsed());
        if read.is_ok() {
            flight.read();
        }
        let message = match read {
            Err(ReadFailure::Closed) => return Err(Unread::Closed(letter.id)),
            Err(failure) => {
                self.telemetry.reader_lost();
                tracing::warn!(letter = %letter.id, start = letter.attempts + 1, %failure, "reading a letter cost its worker");
                return Err(Unread::Failed(Box::new(Failed {
                    letter,
                    last: failure.to_string(),
                    flight,
                })));
            }
            Ok(Err(why)) => {
                return Ok(Ready {
                    id: letter.id,
                    message: None,
                    query: Query::default(),
                    rest: Considered {
                        received_at: letter.received_at,
                        rescan: letter.rescan,
                        review: letter.review,
                        imported: letter.imported,
                        considered: Err(why),
                        enclosed: Vec::new(),
                        random: random(),
                        read_at: Instant::now(),
                        _flight: flight,
                    },
                });
            }
            Ok(Ok(message)) => message,
        };
        let now = self.moment(letter.imported, letter.received_at);
        let class = match letter.review {
            // Whoever released it saw that it is no spam.
            Some(Review::Release) => classify(&message, &rules.classify.without_spam()),
            _ => classify(&message, &rules.classify),
        };
        let mut reading = rules.reading(&message, &class, now);
        let enclosed = self.enclosed(&letter, &message, rules).await;
        reading.enclosed = enclosed.iter().map(|file| file.index).collect();
        let verdict = policy::judge(
            &rules.card,
            &rules.registry,
            &rules.policy_letter(&message),
            now,
        );
        crash::point("C5");
        Ok(Ready {
            id: letter.id,
            message: Some(Box::new(message)),
            query: reading.query.clone(),
            rest: Considered {
                received_at: letter.received_at,
                rescan: letter.rescan,
                review: letter.review,
                imported: letter.imported,
                considered: Ok((class, Box::new(verdict), Box::new(reading))),
                enclosed,
                random: random(),
                read_at: Instant::now(),
                _flight: flight,
            },
        })
    }

    /// Cuts out the files that fit into what is passed on, where there is a team to pass them on
    /// to. One that cannot be had is named in the letters, and stays in the journal.
    async fn enclosed(
        &self,
        letter: &Unfinished,
        message: &Message,
        rules: &Rules,
    ) -> Vec<Enclosed> {
        let mut left = rules.decide.work.attachments;
        let mut found = Vec::new();
        if rules.decide.team.is_empty() {
            return found;
        }
        for (index, one) in message.attachments.iter().enumerate() {
            let Some(rest) = left.checked_sub(one.size) else {
                continue;
            };
            match self.reader.cut(&letter.raw, index).await {
                Ok(Ok(Some((attachment, bytes)))) => {
                    left = rest;
                    found.push(Enclosed {
                        index,
                        name: attachment.name,
                        media_type: attachment.media_type,
                        bytes: bytes.into(),
                    });
                }
                Ok(Ok(None) | Err(_)) => {}
                Err(failure) => {
                    tracing::warn!(letter = %letter.id, error = %chain(&failure), "an attachment could not be cut out");
                }
            }
        }
        found
    }

    /// The moment of the decision about a letter: now, but for history, whose moment was then.
    fn moment(&self, imported: Option<Imported>, received_at: Timestamp) -> Timestamp {
        match imported {
            Some(_) => received_at,
            None => self.clock.now(),
        }
    }

    async fn settle(
        &self,
        mut ready: Vec<Ready<Considered>>,
        rules: Arc<Rules>,
    ) -> Result<Vec<Settled>, StoreError> {
        ready.sort_by_key(|letter| letter.id);
        let (past, present): (Vec<_>, Vec<_>) = ready
            .into_iter()
            .partition(|letter| letter.rest.imported.is_some());
        let mut settled = Vec::with_capacity(past.len() + present.len());
        for letter in past {
            let then = letter.rest.received_at;
            settled.extend(self.settle_at(vec![letter], &rules, then).await?);
        }
        if !present.is_empty() {
            let now = self.clock.now();
            settled.extend(self.settle_at(present, &rules, now).await?);
        }
        Ok(settled)
    }

    async fn settle_at(
        &self,
        ready: Vec<Ready<Considered>>,
        rules: &Arc<Rules>,
        now: Timestamp,
    ) -> Result<Vec<Settled>, StoreError> {
        let rules = Arc::clone(rules);
        let read_at: HashMap<LetterId, Instant> = ready
            .iter()
            .map(|letter| (letter.id, letter.rest.read_at))
            .collect();
        let budget = Arc::new(rules.budget());
        let tables = Tables {
            rules,
            estimate: self.expectations.get(),
        };
        let settled = self
            .store
            .settle(
                ready,
                budget,
                now,
                Arc::new(
                    move |letter: &Ready<Considered>, context: Option<&Context>| {
                        effects(letter, context, &tables, now)
                    },
                ),
            )
            .await?;
        crash::point("C6");
        if settled.iter().any(|letter| letter.queued > 0) {
            self.outbox.notify_one();
        }
        for letter in &settled {
            self.flights.settled(letter.id);
            self.count(letter, read_at.get(&letter.id));
            report(letter);
        }
        Ok(settled)
    }
}

impl Gateway {
    fn count(&self, letter: &Settled, read_at: Option<&Instant>) {
        let took = read_at.map_or(Duration::ZERO, Instant::elapsed);
        let decision = &letter.decision;
        self.telemetry.decided(decision.disposition.as_str(), took);
        for change in &decision.changes {
            if let Change::Open(ticket) = change {
                let clause = ticket.verdict.clause.as_ref();
                self.telemetry.judged(
                    ticket.outcome.as_str(),
                    &clause.map(ToString::to_string).unwrap_or_default(),
                );
            }
        }
    }
}

fn left(letter: LetterId) {
    tracing::info!(%letter, "a letter stays journalled for the next start");
}

fn held(letter: &Unfinished, last: String, flight: Flight) -> Ready<Considered> {
    Ready {
        id: letter.id,
        message: None,
        query: Query::default(),
        rest: Considered {
            received_at: letter.received_at,
            rescan: letter.rescan,
            review: letter.review.clone(),
            imported: letter.imported,
            enclosed: Vec::new(),
            considered: Err(Held::Poison {
                starts: letter.attempts,
                last,
            }),
            random: random(),
            read_at: Instant::now(),
            _flight: flight,
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

/// A handle for Message-IDs, no secret. If the system gives no randomness they differ by ticket,
/// token and the place of the notice.
/// Bytes for the Message-IDs of what is written because of one thing.
pub(crate) fn random() -> [u8; 8] {
    let mut bytes = [0; 8];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::warn!(%error, "the system gave no random bytes");
    }
    bytes
}
