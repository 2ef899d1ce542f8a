//! `#approve` and `#deny`: on-call presence is granted, or not.
//!
//! Whoever is named an approver may grant what somebody else asks for, as asked or at other times,
//! with themselves or another on call. A colleague who is named is asked first, and their own
//! `#approve` makes it stand. A change that is denied leaves what was granted.

use jiff::civil::Date;

use super::Work;
use crate::command::{Setting, SettingKey};
use crate::decide::on_call::{approvers, inside, is_own, kept, news, outside};
use crate::decide::{Edit, audience};
use crate::notice::{Deed, Fate, Kind, Notice, Obstacle, OnCallNews, Words};
use crate::oncall::period::change::{Misfit, changed};
use crate::oncall::state::Step;
use crate::oncall::{Agent, Grant, OnCall, Period, State};
use crate::ticket::status::Step as TicketStep;

/// What an order did to a request, for those who are told.
#[derive(Debug, Clone)]
pub(super) enum Ruled {
    /// It stands.
    Granted,
    /// It waits for a colleague's word.
    Proposed,
    /// It, or a change of it, is denied, because.
    Denied(String),
    /// The colleague does not agree, because.
    Declined,
}

impl Work<'_, '_> {
    pub(super) fn approve(&mut self, settings: &[Setting]) -> Result<Deed, Fate> {
        let call = self.call()?;
        let value = |key| {
            let found = settings.iter().find(|setting| setting.key == key);
            found.map(|setting| setting.value.as_str())
        };
        if call.state == State::Proposed
            && let Some(proposal) = &call.proposal
            && proposal.agent.handle.as_deref() == Some(self.technician.handle.as_str())
        {
            return self.agree(&call, proposal.clone(), value(SettingKey::Phone));
        }
        self.may_grant()?;
        let asked = call.period();
        let period = match (value(SettingKey::From), value(SettingKey::Until)) {
            (None, None) => self.asked_for(&call)?,
            (from, until) => {
                let base = call.asked.when.period().or(asked);
                changed(base, from, until, self.today()).map_err(misfit)?
            }
        };
        let agent = self.agent(&call, value(SettingKey::Name), value(SettingKey::Phone))?;
        let grant = Grant {
            changed: call.asked.when.period() != Some(period),
            period,
            approver: self.technician.handle.clone(),
            agent,
        };
        let own = grant.agent.handle.as_deref() == Some(self.technician.handle.as_str());
        let named = grant.agent.handle.is_some();
        if named && !own && !self.is_same_agent(&call, &grant) {
            return self.propose(call, grant);
        }
        self.stand(&call, grant)
    }

    pub(super) fn deny(&mut self, reason: &str) -> Result<Deed, Fate> {
        let call = self.call()?;
        let proposed = call.proposal.as_ref().is_some_and(|proposal| {
            proposal.agent.handle.as_deref() == Some(self.technician.handle.as_str())
        });
        if call.state == State::Proposed && proposed && !self.technician.approver {
            self.keep(call, Step::Decline, |_| {})?;
            self.ruled = Some(Ruled::Declined);
            return Ok(Deed::Declined);
        }
        self.may_grant()?;
        let now = self.keep(call, Step::Deny, |_| {})?;
        if now.state == State::Denied {
            self.step(TicketStep::Resolve, "on-call presence is not granted");
        }
        self.ruled = Some(Ruled::Denied(reason.to_owned()));
        self.undo.clear();
        Ok(Deed::Denied)
    }

    fn call(&self) -> Result<OnCall, Fate> {
        let call = self.ticket.on_call.as_deref().ok_or(Fate::NotOnCall)?;
        Ok(call.clone())
    }

    fn today(&self) -> Date {
        let settings = self.facts.settings;
        settings.zone.to_datetime(self.facts.now).date()
    }

    fn may_grant(&self) -> Result<(), Fate> {
        if !self.technician.approver {
            return Err(Fate::OnCall(Obstacle::NotApprover));
        }
        let requester = &self.before.requester;
        if is_own(
            self.technician,
            self.facts.registry,
            requester,
            self.today(),
        ) {
            return Err(Fate::OnCall(Obstacle::OwnRequest));
        }
        Ok(())
    }

    /// The period as it is asked for, if it is whole and not over.
    fn asked_for(&self, call: &OnCall) -> Result<Period, Fate> {
        let period = call.asked.when.period();
        let period = period.ok_or(Fate::OnCall(Obstacle::NoPeriod))?;
        // A window that has ended cannot be granted any more.
        changed(Some(period), None, None, self.today()).map_err(misfit)
    }

    /// Who is on call: whoever is named, else who was, else the writer.
    fn agent(&self, call: &OnCall, name: Option<&str>, phone: Option<&str>) -> Result<Agent, Fate> {
        let settings = self.facts.settings;
        let former = call.grant.as_ref().map(|grant| &grant.agent);
        let mut agent = match (name, former) {
            (None, Some(former)) => former.clone(),
            (None, None) => Agent {
                handle: Some(self.technician.handle.clone()),
                name: self.technician.name.clone(),
                phone: String::new(),
            },
            (Some(name), _) => match settings.team.named(name) {
                Ok(one) => Agent {
                    handle: Some(one.handle.clone()),
                    name: one.name.clone(),
                    phone: String::new(),
                },
                // Somebody from outside is named with a number; a slip of the pen is not.
                Err(not_one) if not_one.several || phone.is_none() => {
                    return Err(Fate::NotOne(not_one));
                }
                Err(_) => Agent {
                    handle: None,
                    name: name.to_owned(),
                    phone: String::new(),
                },
            },
        };
        if let Some(phone) = phone {
            phone.clone_into(&mut agent.phone);
        }
        if agent.phone.is_empty() {
            agent.phone.clone_from(&settings.on_call.phone);
        }
        if agent.phone.is_empty() {
            return Err(Fate::OnCall(Obstacle::NoPhone));
        }
        Ok(agent)
    }

    /// Whether the agent agreed to this window before: other hours are another question.
    fn is_same_agent(&self, call: &OnCall, grant: &Grant) -> bool {
        call.grant.as_ref().is_some_and(|former| {
            former.agent.handle == grant.agent.handle && former.period == grant.period
        })
    }

    fn propose(&mut self, call: OnCall, grant: Grant) -> Result<Deed, Fate> {
        let name = grant.agent.name.clone();
        self.keep(call, Step::Propose, |now| now.proposal = Some(grant))?;
        self.ruled = Some(Ruled::Proposed);
        Ok(Deed::Proposed(name))
    }

    fn agree(&mut self, call: &OnCall, proposal: Grant, phone: Option<&str>) -> Result<Deed, Fate> {
        let mut grant = proposal;
        if let Some(phone) = phone {
            phone.clone_into(&mut grant.agent.phone);
        }
        self.stand(call, grant)
    }

    /// It stands from now on.
    fn stand(&mut self, call: &OnCall, grant: Grant) -> Result<Deed, Fate> {
        let mark = call.next_mark(&grant.period);
        let deed = Deed::Granted(grant.period, grant.agent.name.clone());
        let step = if grant.changed {
            Step::ApproveChanged
        } else {
            Step::Approve
        };
        let agent = grant.agent.handle.clone();
        self.keep(call.clone(), step, |now| {
            // What is granted is what is asked for from now on.
            now.asked.when = crate::oncall::When::Period(grant.period);
            now.mark = Some(mark);
            now.grant = Some(grant);
        })?;
        // Not all tickets of requests are open: silence may have resolved one.
        self.step(TicketStep::Reopen, "on-call presence is granted");
        if let Some(handle) = agent {
            self.assign(&handle)?;
            self.edit(Edit::Watch(handle));
        }
        self.ruled = Some(Ruled::Granted);
        self.undo.clear();
        Ok(deed)
    }

    /// Takes a step of the request and keeps it.
    fn keep(
        &mut self,
        call: OnCall,
        step: Step,
        change: impl FnOnce(&mut OnCall),
    ) -> Result<OnCall, Fate> {
        let before = call.state;
        let stands = call.grant.is_some();
        let to = before
            .after(step, stands)
            .map_err(|_| Fate::OnCall(Obstacle::State(before)))?;
        let mut now = call;
        now.enter(to, self.facts.now);
        change(&mut now);
        if to == State::Approved
            && step == Step::Deny
            && let Some(grant) = &now.grant
        {
            // The change is off: what is asked for is what stands.
            now.asked.when = crate::oncall::When::Period(grant.period);
        }
        let by = &self.technician.handle;
        let kept = kept(self.facts.settings, &now, by, Some(before));
        self.changes.extend(kept);
        self.ticket.on_call = Some(Box::new(now.clone()));
        Ok(now)
    }

    /// What those who asked, and a colleague who is named, are told; nothing if no order was about it.
    pub(super) fn on_call_notices(&self, words: Option<&Words>) -> Option<Vec<Notice>> {
        let ruled = self.ruled.as_ref()?;
        let call = self.ticket.on_call.as_deref()?;
        let settings = self.facts.settings;
        let mut told = news(settings, call, self.today(), None);
        told.words = words.cloned();
        let people =
            |kind, told: &OnCallNews| outside(&self.ticket, kind, settings.work.reopen_days, told);
        Some(match ruled {
            Ruled::Granted => people(Kind::OncallApproved, &told),
            Ruled::Denied(reason) => {
                told.reason.clone_from(reason);
                people(Kind::OncallDenied, &told)
            }
            Ruled::Proposed => self.to_proposed(call).into_iter().collect(),
            Ruled::Declined => self.to_approvers(call),
        })
    }

    fn to_proposed(&self, call: &OnCall) -> Option<Notice> {
        let handle = call.proposal.as_ref()?.agent.handle.as_deref()?;
        let one = self.facts.settings.team.by_handle(handle)?;
        let sheet = audience::sheet(self.facts, &self.ticket, one.language);
        let told = news(self.facts.settings, call, self.today(), Some(sheet));
        let number = self.ticket.number;
        Some(inside(
            Kind::TechnicianOncallAgent,
            number,
            &self.ticket.subject,
            one,
            told,
        ))
    }

    fn to_approvers(&self, call: &OnCall) -> Vec<Notice> {
        let requester = &self.ticket.requester;
        let settings = self.facts.settings;
        approvers(settings, self.facts.registry, requester, self.today())
            .into_iter()
            .map(|one| {
                let mut sheet = audience::sheet(self.facts, &self.ticket, one.language);
                sheet.said = vec![audience::said(self.facts)];
                let told = news(settings, call, self.today(), Some(sheet));
                let number = self.ticket.number;
                inside(
                    Kind::TechnicianOncall,
                    number,
                    &self.ticket.subject,
                    one,
                    told,
                )
            })
            .collect()
    }
}

fn misfit(misfit: Misfit) -> Fate {
    Fate::OnCall(match misfit {
        Misfit::Unreadable => Obstacle::Unreadable,
        Misfit::Incomplete => Obstacle::NoPeriod,
        Misfit::Doubtful(doubt) => Obstacle::Doubtful(doubt),
    })
}
