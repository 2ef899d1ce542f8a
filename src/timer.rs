//! The timer's loop: what falls due, done.
//!
//! A pass asks four sources of causes, and each becomes occurrences through the same door
//! ([`crate::store::occur`]): once for each cause, all or nothing, surviving any restart.
//!
//! 1. *Tickets* ([`Store::fall_due`]): those whose time has come, in slices, each one commit. The
//!    rules are [`due::look`], what happens then is [`due::happening`].
//! 2. *The house*: closures that nobody has entered for the season to come ([`due::season`]).
//! 3. *Digests*: each morning what waits, each week the figures (`digests`).
//! 4. *On-call requests* ([`on_call::fall_due`]): windows that begin and end, approvers to remind.
//!
//! Another source is one more function beside [`Timer::house`]: it asks the store for what concerns
//! it, lets pure rules name a [`crate::decide::Cause`] for each thing that is due (`Cause::due(ticket,
//! word, mark)`), and commits it by [`Store::occur`] (about a ticket) or [`Store::occur_apart`].
//! Whether somebody is there, whether mailboxes were read and whether the outbox is held is asked
//! before any of them.
//!
//! Nothing falls due while nobody is there; before every mailbox was looked through, and while one
//! could not be for [`FRESH`]; while the outbox is held; while letters wait to be decided. So a process
//! that was away for weeks first reads what came, and only then says what time has made due.
//!
//! A reload, and other usual times, count from the next pass: all tickets are then looked at anew.

mod digests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::calendar::Calendar;
use crate::cause::chain;
use crate::clock::Clock;
use crate::crash;
use crate::decide::due::{self, Falling, Ground, Stage, Standing, Usual};
use crate::decide::{Cause, Scene};
use crate::digest::Edition;
use crate::gateway::looks::Looks;
use crate::gateway::occurrence::effects;
use crate::gateway::on_call;
use crate::gateway::rules::{CurrentRules, Rules};
use crate::gateway::{Gateway, random};
use crate::store::due::{Slice, Sliced};
use crate::store::occur::Occurred;
use crate::store::{Store, StoreError};

/// How long between two passes.
const PAUSE: Duration = Duration::from_secs(30);
/// The same while a mailbox was not looked through yet.
const SOON: Duration = Duration::from_secs(2);
/// A mailbox that was looked through within this time holds no answer that nobody has read.
const FRESH: Duration = Duration::from_secs(15 * 60);
/// Tickets of one commit: bounds how long letters wait for it.
const SLICE: u32 = 250;
/// Slices of one pass, so that it ends; more tickets than that wait for the next.
const SLICES: usize = 1_000;

/// Does what falls due.
#[derive(Debug)]
pub struct Timer {
    store: Store,
    rules: CurrentRules,
    clock: Clock,
    outbox: Arc<Notify>,
    looks: Looks,
    mailboxes: Vec<String>,
    usual: watch::Receiver<Arc<Usual>>,
    /// The rules and the usual times of the last pass.
    known: Option<(Arc<Rules>, Arc<Usual>)>,
    /// What this process has said of the house: the store knows it too, and need not be asked again.
    said: BTreeSet<Cause>,
    /// The digests that this process knows to be out.
    issued: Vec<Edition>,
}

/// What one pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed {
    /// Why nothing was done, if so.
    pub waits: Option<String>,
    /// Tickets looked at.
    pub looked: usize,
    /// What fell due.
    pub happened: Vec<Occurred>,
    /// Whether letters are held, because too many fell due at once.
    pub heap: bool,
}

impl Timer {
    /// A timer for a gateway whose mailboxes have these names. `usual` shows how long a first answer
    /// takes as a rule, as far as it is known.
    #[must_use]
    pub fn new(
        gateway: &Gateway,
        mailboxes: Vec<String>,
        usual: watch::Receiver<Arc<Usual>>,
    ) -> Self {
        Self {
            store: gateway.store.clone(),
            rules: gateway.rules.clone(),
            clock: gateway.clock.clone(),
            outbox: Arc::clone(&gateway.outbox),
            looks: gateway.looks.clone(),
            mailboxes,
            usual,
            known: None,
            said: BTreeSet::new(),
            issued: Vec::new(),
        }
    }

    /// Passes again and again until `stop` says so.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.pass().await {
                Ok(_) => {}
                Err(StoreError::Closed) => {
                    tracing::error!("the store is gone; nothing falls due any more");
                    return;
                }
                Err(error) => {
                    tracing::error!(error = %chain(&error), "what falls due waits for the store");
                }
            }
            let unread = self.looks.behind(&self.mailboxes, FRESH).is_some();
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(if unread { SOON } else { PAUSE }) => {}
            }
        }
    }

    /// Does everything that has fallen due by now.
    ///
    /// # Errors
    /// When the store fails. What was committed before stays.
    pub async fn pass(&mut self) -> Result<Passed, StoreError> {
        crash::point("T0");
        let (rules, usual) = (self.rules.get(), Arc::clone(&self.usual.borrow()));
        let is_known = self
            .known
            .as_ref()
            .is_some_and(|(known, before)| Arc::ptr_eq(known, &rules) && *before == usual);
        if !is_known {
            self.store.look_again().await?;
            self.known = Some((Arc::clone(&rules), Arc::clone(&usual)));
        }
        let now = self.clock.now();
        if let Some(why) = self.waits(&rules, now) {
            tracing::debug!(why, "nothing falls due");
            return Ok(Passed {
                waits: Some(why),
                ..Passed::default()
            });
        }
        let mut passed = Passed::default();
        for _ in 0..SLICES {
            let slice = self.tickets(&rules, &usual, now).await?;
            let full = slice.looked >= SLICE as usize || !slice.happened.is_empty();
            passed.add(slice);
            if !full || passed.waits.is_some() {
                break;
            }
        }
        if passed.waits.is_none() {
            passed.happened.extend(self.house(&rules, now).await?);
            passed.happened.extend(self.digests(&rules, now).await?);
            let due = on_call::fall_due(&self.store, &rules, now).await?;
            passed.happened.extend(due);
        }
        crash::point("T2");
        if passed.happened.iter().any(|one| one.queued > 0) {
            self.outbox.notify_one();
        }
        report(&passed);
        Ok(passed)
    }

    /// Why nothing may fall due now.
    fn waits(&self, rules: &Rules, now: Timestamp) -> Option<String> {
        let Some(calendar) = &rules.calendar else {
            return Some("nobody told when somebody is there".to_owned());
        };
        if !calendar.is_open(now) {
            return Some("nobody is there".to_owned());
        }
        self.looks
            .behind(&self.mailboxes, FRESH)
            .map(|name| format!("the mailbox `{name}` was not looked through yet"))
    }

    /// The first source: one slice of the tickets whose time has come.
    async fn tickets(
        &self,
        rules: &Arc<Rules>,
        usual: &Arc<Usual>,
        now: Timestamp,
    ) -> Result<Sliced, StoreError> {
        let random = random();
        let settings = &rules.decide.due;
        let slice = Slice {
            tickets: SLICE,
            heap: settings.heap,
            tell_closing: settings.tell_closing,
        };
        let (looking, known) = (Arc::clone(rules), Arc::clone(usual));
        let (deciding, usual) = (Arc::clone(rules), Arc::clone(usual));
        let look = move |standing: &Standing| match ground(&looking, now, &known) {
            Some(ground) => due::look(standing, &ground),
            None => due::Look::Nothing,
        };
        self.store
            .fall_due(
                slice,
                Arc::new(rules.budget()),
                now,
                Arc::new(look),
                Arc::new(
                    move |scene: &Scene, standing: &Standing, falling: &Falling| {
                        let ground = ground(&deciding, now, &usual)?;
                        let stage = Stage {
                            scene,
                            standing,
                            ground,
                        };
                        let occurrence = due::happening(stage, falling);
                        Some(effects(occurrence, &deciding, now, random))
                    },
                ),
            )
            .await
    }

    /// The second source: what the house itself lacks.
    async fn house(
        &mut self,
        rules: &Arc<Rules>,
        now: Timestamp,
    ) -> Result<Vec<Occurred>, StoreError> {
        let usual = Usual::default();
        let Some(ground) = ground(rules, now, &usual) else {
            return Ok(Vec::new());
        };
        let mut happened = Vec::new();
        for season in ground.calendar.missing_season(now) {
            let Some(occurrence) = due::season(season, &ground) else {
                continue;
            };
            if !self.said.insert(occurrence.cause.clone()) {
                continue;
            }
            let effects = effects(occurrence, rules, now, random());
            let budget = Arc::new(rules.budget());
            let occurred = self.store.occur_apart(budget, now, effects).await?;
            happened.extend(occurred);
        }
        Ok(happened)
    }
}

/// What the rules of time rest on; nothing where nobody told the hours.
fn ground<'a>(rules: &'a Rules, now: Timestamp, usual: &'a Usual) -> Option<Ground<'a>> {
    let calendar: &Calendar = rules.calendar.as_ref()?;
    Some(Ground {
        now,
        calendar,
        settings: &rules.decide,
        usual,
    })
}

impl Passed {
    fn add(&mut self, slice: Sliced) {
        self.waits = slice.waits;
        self.looked += slice.looked;
        self.happened.extend(slice.happened);
        self.heap |= slice.heap;
    }
}

fn report(passed: &Passed) {
    if let Some(why) = &passed.waits {
        tracing::debug!(why, "nothing falls due");
    }
    for one in &passed.happened {
        tracing::info!(
            occurrence = one.id,
            ticket = one.ticket.map(|ticket| ticket.0),
            letters = one.queued,
            "fell due"
        );
    }
    if passed.heap {
        tracing::error!(
            "more fell due at once than is usual: its letters are held; see `guichet outbox list`"
        );
    }
}
