//! Orders, one after the other, on a copy of the ticket.
//!
//! Each order changes the copy and says what it did, or says why it cannot be. What it changed is
//! collected beside it; whoever called decides whether any of it counts.

mod on_call;

use jiff::civil::Date;

use crate::command::{Command, Orders};
use crate::decide::{Candidate, Change, Edit, Facts, Role, answered, audience};
use crate::notice::{
    About, Backup, Deed, Extra, Fate, Kind, Notice, Right, Timing, UndoStep, Words,
};
use crate::policy::{ClauseId, Outcome, Verdict};
use crate::team::Technician;
use crate::ticket::status::Step;
use crate::ticket::{Entry, EntryKind, Status, TicketNumber};

/// A ticket under a technician's hands.
pub(super) struct Work<'a, 'f> {
    facts: &'f Facts<'a>,
    technician: &'f Technician,
    /// As it was.
    before: &'f Candidate,
    /// As it is becoming.
    pub(super) ticket: Candidate,
    /// What changes.
    pub(super) changes: Vec<Change>,
    /// What can be taken back.
    pub(super) undo: Vec<UndoStep>,
    /// A refusal that is to be sent: by which clause.
    refusal: Option<Verdict>,
    /// The ticket that goes on in this one's place.
    first: Option<TicketNumber>,
    /// Somebody who takes part from now on.
    joined: Vec<String>,
    /// What was ruled about a request for on-call presence.
    ruled: Option<on_call::Ruled>,
}

impl<'a, 'f> Work<'a, 'f> {
    pub(super) fn new(
        facts: &'f Facts<'a>,
        technician: &'f Technician,
        ticket: &'f Candidate,
    ) -> Self {
        Self {
            facts,
            technician,
            before: ticket,
            ticket: ticket.clone(),
            changes: Vec::new(),
            undo: Vec::new(),
            refusal: None,
            first: None,
            joined: Vec::new(),
            ruled: None,
        }
    }

    /// Tries every order. After the first that cannot be, the rest is not tried.
    pub(super) fn all(&mut self, orders: &Orders, words: Option<&Words>) -> Vec<(String, Fate)> {
        let mut stopped = false;
        let mut lines = Vec::with_capacity(orders.lines.len());
        for line in &orders.lines {
            let fate = if stopped {
                Fate::NotTried
            } else {
                match self.one(&line.command, words) {
                    Ok(deed) => Fate::Done(deed),
                    Err(fate) => {
                        stopped = true;
                        fate
                    }
                }
            };
            lines.push((line.text.clone(), fate));
        }
        if stopped {
            for (_, fate) in &mut lines {
                if matches!(fate, Fate::Done(_)) {
                    *fate = Fate::NotTried;
                }
            }
        }
        lines
    }

    /// Whether the ticket is as it was.
    pub(super) fn changes_nothing(&self) -> bool {
        self.changes.is_empty()
    }

    fn one(&mut self, command: &Command, words: Option<&Words>) -> Result<Deed, Fate> {
        match command {
            Command::Take => {
                let me = self.technician.handle.clone();
                self.assign(&me)?;
                Ok(Deed::Taken)
            }
            Command::Assign(name) => {
                let to = self.facts.settings.team.named(name).map_err(Fate::NotOne)?;
                self.assign(&to.handle)?;
                Ok(Deed::Assigned(to.name.clone()))
            }
            Command::Priority(priority) => {
                self.ticket.priority = *priority;
                self.edit(Edit::Priority(*priority));
                Ok(Deed::Priority(*priority))
            }
            Command::Category(category) => {
                self.ticket.category = *category;
                self.edit(Edit::Category(*category));
                Ok(Deed::Category(*category))
            }
            Command::Wait(until) => self.wait(Step::WaitRequester, *until),
            Command::WaitThirdParty(until) => self.wait(Step::WaitThirdParty, *until),
            Command::Resolve => self.move_on(Step::Resolve),
            Command::Close => self.move_on(Step::Close),
            Command::Reopen => self.move_on(Step::Reopen),
            Command::Note => Ok(Deed::Noted),
            Command::Merge(other) => self.merge(*other),
            Command::Reject(clause) => self.reject(clause),
            Command::Accept => self.accept(),
            Command::Confirm => self.confirm(),
            Command::Ask(clause) => self.ask(clause.as_ref(), words),
            Command::Approve(settings) => self.approve(settings),
            Command::Deny(reason) => self.deny(reason),
            Command::Requester(address) | Command::Copy(address)
                if self.facts.settings.own_addresses.contains(address) =>
            {
                Err(Fate::Mistake(crate::command::Wanted::Address))
            }
            Command::Requester(address) => {
                self.ticket.requester.clone_from(address);
                self.ticket.requester_name.clear();
                self.join(address, Role::Requester);
                self.edit(Edit::Requester(address.clone()));
                Ok(Deed::Requester(address.clone()))
            }
            Command::Copy(address) => {
                self.join(address, Role::Copy);
                Ok(Deed::Joined(address.clone()))
            }
            // Confirmed letters come here as the orders that waited.
            Command::Yes => Ok(Deed::Confirmed),
            Command::Undo => self.take_back(),
            Command::Status => Ok(Deed::Shown),
            Command::Help => Ok(Deed::HelpSent),
        }
    }

    fn edit(&mut self, edit: Edit) {
        self.changes.push(Change::Edit {
            ticket: self.ticket.number,
            edit,
            by: self.technician.handle.clone(),
        });
    }

    /// Takes a step; nothing happens if it leads nowhere.
    pub(super) fn step(&mut self, step: Step, why: &str) {
        if let Ok(to) = self.ticket.status.after(step) {
            self.set(to, why);
        }
    }

    fn must_step(&mut self, step: Step, why: &str) -> Result<Status, Fate> {
        let to = self.ticket.status.after(step).map_err(Fate::Illegal)?;
        self.set(to, why);
        Ok(to)
    }

    fn set(&mut self, to: Status, why: &str) {
        let from = self.ticket.status;
        if from == to {
            return;
        }
        self.ticket.status = to;
        self.undo.extend(super::undo_status(from, to));
        self.changes.push(Change::Move {
            ticket: self.ticket.number,
            from,
            to,
            by: self.technician.handle.clone(),
            why: why.to_owned(),
        });
    }

    fn assign(&mut self, handle: &str) -> Result<(), Fate> {
        self.must_step(Step::Take, "taken")?;
        let from = self.ticket.assignee.replace(handle.to_owned());
        let to = Some(handle.to_owned());
        if from != to {
            self.undo.push(UndoStep::Assignee {
                from,
                to: to.clone(),
            });
            self.edit(Edit::Assignee(to));
        }
        Ok(())
    }

    fn wait(&mut self, step: Step, until: Option<Date>) -> Result<Deed, Fate> {
        self.must_step(step, "waits")?;
        self.edit(Edit::WaitUntil(until));
        Ok(Deed::Waits(until))
    }

    fn move_on(&mut self, step: Step) -> Result<Deed, Fate> {
        self.must_step(step, "ordered").map(Deed::Now)
    }

    fn join(&mut self, address: &str, role: Role) {
        if self.ticket.participants.get(address) != Some(&role) {
            self.ticket.participants.insert(address.to_owned(), role);
            self.joined.push(address.to_owned());
            self.edit(Edit::Join(address.to_owned(), role));
        }
    }

    fn merge(&mut self, other: TicketNumber) -> Result<Deed, Fate> {
        let target = self
            .facts
            .context
            .named
            .as_ref()
            .filter(|one| one.number == other && one.number != self.ticket.number)
            .filter(|one| one.status.is_open())
            .ok_or(Fate::NoTicket(other))?;
        self.must_step(Step::Close, &format!("goes on as {other}"))?;
        // What went up in another ticket is not taken back by turning one state.
        self.undo.clear();
        self.edit(Edit::MergedInto(other));
        self.first = Some(other);
        for address in self.before.participants.keys() {
            if !target.includes(address) {
                self.changes.push(Change::Edit {
                    ticket: other,
                    edit: Edit::Join(address.clone(), Role::Copy),
                    by: self.technician.handle.clone(),
                });
            }
        }
        self.changes.push(Change::Add(
            other,
            Entry {
                kind: EntryKind::Merged,
                author: self.technician.handle.clone(),
                text: format!(
                    "{} is about the same: {}",
                    self.before.number, self.before.opening.text
                ),
            },
        ));
        let people = target.participants.len() + self.before.participants.len();
        let level = if people > 1 { 2 } else { 1 };
        if target.mutualisation < level {
            let priority = self
                .facts
                .card
                .matrix()
                .priority(target.criticality, level)
                .min(target.priority);
            self.changes.push(Change::Edit {
                ticket: other,
                edit: Edit::Mutualisation(level, priority),
                by: self.technician.handle.clone(),
            });
        }
        Ok(Deed::Merged(other))
    }

    fn reject(&mut self, clause: &ClauseId) -> Result<Deed, Fate> {
        if self.facts.card.clause(clause).is_none() {
            return Err(Fate::NoClause(clause.clone()));
        }
        let contested = matches!(
            self.ticket.status,
            Status::Contested | Status::RefusedProvisional
        );
        self.must_step(
            if contested {
                Step::Confirm
            } else {
                Step::Refuse
            },
            &format!("refused by clause {clause}"),
        )?;
        let verdict = Verdict {
            outcome: Outcome::Reject,
            clause: Some(clause.clone()),
            reserve: false,
            proposed: false,
            evidence: Vec::new(),
            question: None,
            ..self.verdict()
        };
        self.refusal = Some(verdict);
        self.edit(Edit::Ruling(Outcome::Reject, Some(clause.clone())));
        Ok(Deed::Refused(clause.clone()))
    }

    fn accept(&mut self) -> Result<Deed, Fate> {
        if super::is_proposed(self.before) {
            self.step(Step::Take, "the proposed refusal is not sent");
        } else {
            self.must_step(Step::Accept, "accepted by a technician")?;
        }
        self.ticket.outcome = Outcome::Accept;
        self.edit(Edit::Ruling(Outcome::Accept, None));
        Ok(Deed::Now(self.ticket.status))
    }

    fn confirm(&mut self) -> Result<Deed, Fate> {
        if !super::is_proposed(self.before) {
            let to = self.must_step(Step::Confirm, "upheld by a technician")?;
            self.edit(Edit::Ruling(Outcome::Reject, None));
            return Ok(Deed::Now(to));
        }
        if let Some(clause) = self.verdict().clause
            && self.facts.card.clause(&clause).is_none()
        {
            return Err(Fate::NoClause(clause));
        }
        self.must_step(Step::Refuse, "the proposed refusal is sent")?;
        let verdict = Verdict {
            outcome: Outcome::Reject,
            proposed: false,
            ..self.verdict()
        };
        let clause = verdict.clause.clone();
        self.refusal = Some(verdict);
        self.edit(Edit::Ruling(Outcome::Reject, clause));
        Ok(Deed::Now(Status::Refused))
    }

    fn ask(&mut self, clause: Option<&ClauseId>, words: Option<&Words>) -> Result<Deed, Fate> {
        if let Some(clause) = clause {
            let asks = |id| {
                self.facts
                    .card
                    .clause(id)
                    .is_some_and(|c| c.question.is_some())
            };
            if !asks(clause) {
                return Err(Fate::NoClause(clause.clone()));
            }
        } else if words.is_none() {
            return Err(Fate::Mistake(crate::command::Wanted::Words));
        }
        self.must_step(Step::WaitRequester, "asked by a technician")?;
        self.edit(Edit::WaitUntil(None));
        if let Some(clause) = clause {
            self.ticket.question = Some(clause.clone());
            self.edit(Edit::Question(clause.clone()));
            let asked = self.facts.card.clause(clause);
            if self.ticket.backup.is_none() && asked.is_some_and(answered::asks_backup) {
                self.ticket.backup = Some(Backup::Unknown);
                self.edit(Edit::Backup(Backup::Unknown));
            }
        }
        Ok(Deed::Asked)
    }

    /// The verdict of the letter that opened the ticket, or what stands for it.
    fn verdict(&self) -> Verdict {
        let verdict = self.ticket.opening.verdict.as_deref();
        Verdict {
            category: self.ticket.category,
            priority: self.ticket.priority,
            criticality: self.ticket.criticality,
            mutualisation: self.ticket.mutualisation,
            // A person has looked.
            reserve: false,
            ..verdict.unwrap_or(self.facts.verdict).clone()
        }
    }

    /// Whether what was done can be taken back: not once a person was told a ruling.
    pub(super) fn can_be_undone(&self) -> bool {
        let ruled = self.changes.iter().any(|change| {
            matches!(
                change,
                Change::Edit {
                    edit: Edit::Ruling(..),
                    ..
                }
            )
        });
        !self.undo.is_empty() && !ruled
    }

    fn take_back(&mut self) -> Result<Deed, Fate> {
        let Some(Extra::Undo { until, steps }) = self
            .facts
            .context
            .grant
            .as_ref()
            .and_then(|grant| grant.extra.clone())
        else {
            return Err(Fate::NothingToUndo);
        };
        if self.facts.now > until {
            return Err(Fate::NothingToUndo);
        }
        for step in steps.iter().rev() {
            match step {
                UndoStep::Status { from, to } if self.ticket.status == *to => {
                    self.set(*from, "taken back");
                }
                UndoStep::Assignee { from, to } if self.ticket.assignee == *to => {
                    self.ticket.assignee.clone_from(from);
                    self.edit(Edit::Assignee(from.clone()));
                }
                // Somebody came in between.
                _ => return Err(Fate::NothingToUndo),
            }
        }
        self.undo.clear();
        Ok(Deed::Undone)
    }

    /// What the people of the ticket are told.
    pub(super) fn people(&self, orders: &Orders, words: Option<&Words>) -> Vec<Notice> {
        let words = words.filter(|_| !orders.is_note());
        let days = self.facts.settings.work.reopen_days;
        let to_people = |kind| {
            let mut notices = audience::people(&self.ticket, kind, words, days, self.first);
            self.name_closing(&mut notices);
            notices
        };
        if let Some(notices) = self.on_call_notices(words) {
            return notices;
        }
        if let Some(verdict) = &self.refusal {
            return self.with_verdict(Kind::Rejection, verdict, words);
        }
        let asked = orders.commands().find_map(|command| match command {
            Command::Ask(Some(clause)) => Some(clause),
            _ => None,
        });
        if let Some(clause) = asked {
            let verdict = Verdict {
                outcome: Outcome::Ask,
                clause: Some(clause.clone()),
                question: Some(clause.clone()),
                evidence: Vec::new(),
                ..self.verdict()
            };
            return self.with_verdict(Kind::Question, &verdict, words);
        }
        let mut notices = match self.kind_for_people(orders) {
            Some(kind) => to_people(kind),
            None if words.is_some() => to_people(Kind::Reply),
            None => Vec::new(),
        };
        if notices.is_empty() {
            let added = audience::people(&self.ticket, Kind::Added, words, days, None);
            notices = added
                .into_iter()
                .filter(|notice| self.joined.contains(&notice.to.email))
                .collect();
        }
        notices
    }

    /// A resolved ticket is closed without another letter, so that this one says when.
    fn name_closing(&self, notices: &mut [Notice]) {
        if self.ticket.status != Status::Resolved {
            return;
        }
        let after = self.facts.settings.due.close_after;
        let day = self.facts.calendar.and_then(|calendar| {
            let end = calendar.add_business_days(self.facts.now, after)?;
            Some(calendar.local(end).date())
        });
        for notice in notices {
            if let About::Answer { closing, .. } = &mut notice.about {
                *closing = day;
            }
        }
    }

    /// The notice that a changed state is, if it is one.
    fn kind_for_people(&self, orders: &Orders) -> Option<Kind> {
        let undone = orders.commands().any(|one| *one == Command::Undo);
        if self.first.is_some() {
            return Some(Kind::Added);
        }
        let (before, now) = (self.before.status, self.ticket.status);
        if before == now {
            return None;
        }
        match now {
            Status::Resolved => Some(Kind::Resolved),
            Status::Closed if before == Status::Resolved => None,
            Status::Closed => Some(Kind::Closed),
            Status::Refused if before == Status::Contested => Some(Kind::Upheld),
            Status::Refused => None,
            _ if before == Status::Resolved || before == Status::Closed => Some(Kind::Reopened),
            _ if undone => None,
            _ if before.is_refusal() || before == Status::Contested => Some(Kind::Accepted),
            _ => None,
        }
    }

    fn with_verdict(&self, kind: Kind, verdict: &Verdict, words: Option<&Words>) -> Vec<Notice> {
        let days = self.facts.settings.work.reopen_days;
        let mut notices = audience::people(&self.ticket, kind, words, days, None);
        // Evidence is for the one it is about, not for those in copy.
        notices.retain(|notice| notice.to.email == self.ticket.requester);
        for notice in &mut notices {
            notice.right = Right::Add;
            notice.timing = Timing::Now;
            notice.about = About::Request {
                verdict: Box::new(verdict.clone()),
                ahead: 0,
                expected: None,
                closed: None,
                first: false,
                words: words.cloned(),
            };
        }
        notices
    }
}
