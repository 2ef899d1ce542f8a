//! What fell due becomes an occurrence: changes, pages of history, letters.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Due, Falling, Ground, Standing};
use crate::calendar::{BreakSeason, closure};
use crate::decide::audience::{anchor, followers, inside, people, sheet_of};
use crate::decide::{Candidate, Cause, Change, Edit, Occurrence, Scene};
use crate::notice::{
    About, Bulletin, Consequence, DueReason, House, Kind, Notice, Recipient, Said, Waiting,
};
use crate::team::Technician;
use crate::ticket::priority::Priority;
use crate::ticket::status::Step;
use crate::ticket::{Entry, EntryKind};

/// Characters of what was asked that a reminder repeats.
const ASKED: usize = 1_500;
/// Characters of the request that a technician is shown.
const REQUEST: usize = 16_000;
/// Days looked back at to say how many business days have passed.
const LOOK_BACK: usize = 400;
/// Whose doing it is.
const BY: &str = "guichet";

/// A ticket on which something fell due, with all that bears on it.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// The ticket with its people.
    pub scene: &'a Scene,
    /// The ticket as far as time bears on it.
    pub standing: &'a Standing,
    /// What the rules rest on.
    pub ground: Ground<'a>,
}

/// What happens now that something fell due.
#[must_use]
pub fn happening(stage: Stage<'_>, falling: &Falling) -> Occurrence {
    let (reason, changes, notices) = stage.effects(falling.what);
    let ticket = stage.scene.ticket.number;
    Occurrence {
        cause: Cause::due(Some(ticket), falling.what.word(), &falling.mark),
        ticket: Some(ticket),
        reason,
        changes,
        notices,
        bulletins: Vec::new(),
    }
    .with_tokens(stage.scene)
}

/// Tells those who may grant on-call windows, or everybody where nobody may, that no closure is
/// entered for a season. Once for each season.
#[must_use]
pub fn season(season: BreakSeason, ground: &Ground<'_>) -> Option<Occurrence> {
    let today = ground.calendar.local(ground.now).date();
    // The turn of the year that is not over began last year.
    let (from, until) = [today.year().saturating_sub(1), today.year()]
        .into_iter()
        .filter_map(|year| season.days(year))
        .find(|(_, last)| today <= *last)?;
    let team = &ground.settings.team;
    let approvers: Vec<&Technician> = team.iter().filter(|one| one.approver).collect();
    let readers = if approvers.is_empty() {
        team.iter().collect()
    } else {
        approvers
    };
    let bulletins: Vec<Bulletin> = readers
        .into_iter()
        .map(|technician| Bulletin {
            kind: Kind::ClosuresMissing,
            to: Recipient {
                name: technician.name.clone(),
                email: technician.address().to_owned(),
            },
            language: technician.language,
            about: House::Season {
                season,
                from,
                until,
            },
        })
        .collect();
    // Where there is nobody to tell, the log tells it, at every start.
    (!bulletins.is_empty()).then(|| Occurrence {
        cause: Cause::due(
            None,
            "season",
            format_args!("{}-{}", season.id(), from.year()),
        ),
        ticket: None,
        reason: format!("no closure is entered for {} {}", season.id(), from.year()),
        changes: Vec::new(),
        notices: Vec::new(),
        bulletins,
    })
}

type Effects = (String, Vec<Change>, Vec<Notice>);

impl Stage<'_> {
    fn ticket(&self) -> &Candidate {
        &self.scene.ticket
    }

    fn effects(&self, what: Due) -> Effects {
        let due = self.ground.due();
        let since = self.standing.silent_since();
        match what {
            Due::Reminder => {
                let more = due.reminders[1].saturating_sub(due.reminders[0]).max(1);
                let then = Consequence::Reminder(self.day_after(more));
                self.reminded(Kind::Reminder, then, "reminder")
            }
            Due::SecondReminder => {
                let then = Consequence::Resolved(self.day_after(due.no_answer));
                self.reminded(Kind::Reminder, then, "second reminder")
            }
            Due::Question => {
                let more = due.question[1].saturating_sub(due.question[0]).max(1);
                let then = Consequence::Technician(self.day_after(more));
                self.reminded(Kind::Reminder, then, "reminder of the question")
            }
            Due::NoAnswer => self.resolved(),
            Due::Unreachable => {
                let reason = "the requester was not reminded, because no automatic letter may be \
                              sent or arrive there; technicians were told";
                self.noted(
                    reason.to_owned(),
                    DueReason::Unreachable(since),
                    self.followers(),
                )
            }
            Due::Undecided => self.undecided(),
            Due::Return => self.returned(),
            Due::Unanswered => self.unanswered(),
            Due::Ageing(priority) => self.aged(priority),
            Due::RefusalEnds => {
                let day = self.day_after(1);
                let reason = format!("the refusal is final on {day}; technicians were told");
                self.noted(reason, DueReason::RefusalEnds(day), self.followers())
            }
            Due::RefusalFinal => self.moved(
                Step::Lapse,
                format!(
                    "nobody changed the provisional refusal within {}",
                    self.passed(self.standing.since)
                ),
            ),
            Due::Closing => self.closed(),
        }
    }

    fn undecided(&self) -> Effects {
        let since = self.standing.silent_since();
        let why = format!("{} without an answer to the question", self.passed(since));
        let (why, mut changes, _) = self.moved(Step::Resume, why);
        changes.extend(self.waits_no_more());
        let told = self.told(DueReason::Undecided(since), self.followers());
        (why, changes, told)
    }

    fn unanswered(&self) -> Effects {
        let created = self.standing.created_at;
        let reason = format!(
            "{} without a person's answer; the technicians for {} were told",
            self.passed(created),
            self.ticket().category
        );
        let team = &self.ground.settings.team;
        let mut readers = team.looking_after(self.ticket().category);
        for one in self.followers() {
            if !readers.contains(&one) {
                readers.push(one);
            }
        }
        self.noted(reason, DueReason::Unanswered(created), readers)
    }

    fn aged(&self, priority: Priority) -> Effects {
        let reason = format!(
            "{} without a person's answer: from {} to {priority}",
            self.passed(self.standing.created_at),
            self.ticket().priority
        );
        let edit = self.edit(Edit::Priority(priority));
        (reason.clone(), vec![edit, self.page(reason)], Vec::new())
    }

    /// One more page of history.
    fn page(&self, text: String) -> Change {
        Change::Add(
            self.ticket().number,
            Entry {
                kind: EntryKind::Due,
                author: BY.to_owned(),
                text,
            },
        )
    }

    fn edit(&self, edit: Edit) -> Change {
        Change::Edit {
            ticket: self.ticket().number,
            edit,
            by: BY.to_owned(),
        }
    }

    /// The state after a step. A step that leads nowhere from here is only written down: the rules
    /// ask for none.
    fn moved(&self, step: Step, why: String) -> Effects {
        let ticket = self.ticket();
        let change = match ticket.status.after(step) {
            Ok(to) => Change::Move {
                ticket: ticket.number,
                from: ticket.status,
                to,
                by: BY.to_owned(),
                why: why.clone(),
            },
            Err(illegal) => self.page(format!("{why}; {illegal}")),
        };
        (why, vec![change], Vec::new())
    }

    fn reminded(&self, kind: Kind, then: Consequence, what: &str) -> Effects {
        let since = self.standing.silent_since();
        let reason = format!("{what} after {} without an answer", self.passed(since));
        let notices = self.letter_to_requester(kind, then);
        (reason.clone(), vec![self.page(reason)], notices)
    }

    fn resolved(&self) -> Effects {
        let since = self.standing.silent_since();
        let why = format!("no answer within {}", self.passed(since));
        let (why, changes, _) = self.moved(Step::Resolve, why);
        let closing = self.day_after(self.ground.due().close_after);
        let notices = self.letter_to_requester(Kind::NoAnswer, Consequence::Closed(closing));
        (why, changes, notices)
    }

    fn closed(&self) -> Effects {
        let why = format!("{} after it was resolved", self.passed(self.standing.since));
        let (why, changes, _) = self.moved(Step::Close, why);
        let notices = if self.ground.due().tell_closing {
            let days = self.ground.settings.work.reopen_days;
            let own = &self.ground.settings.own_addresses;
            let mut notices = people(self.ticket(), Kind::Closed, None, days, None);
            notices.retain(|notice| !own.contains(&notice.to.email));
            notices
        } else {
            Vec::new()
        };
        (why, changes, notices)
    }

    fn returned(&self) -> Effects {
        let day = self.standing.wait_until;
        let why = match day {
            Some(day) => format!("it waited until {day}"),
            None => format!(
                "it waited for {}",
                self.passed(self.standing.silent_since())
            ),
        };
        let (why, mut changes, _) = self.moved(Step::Resume, why);
        changes.extend(self.waits_no_more());
        let team = &self.ground.settings.team;
        let assignee = self.ticket().assignee.as_deref();
        let readers = match assignee.and_then(|handle| team.by_handle(handle)) {
            Some(assignee) => vec![assignee],
            None => self.followers(),
        };
        let told = self.told(DueReason::Returned(day), readers);
        (why, changes, told)
    }

    fn waits_no_more(&self) -> Option<Change> {
        let waits = self.standing.wait_until.is_some();
        waits.then(|| self.edit(Edit::WaitUntil(None)))
    }

    /// Only written down, and told to technicians.
    fn noted(&self, text: String, why: DueReason, readers: Vec<&Technician>) -> Effects {
        let told = self.told(why, readers);
        (text.clone(), vec![self.page(text)], told)
    }

    fn followers(&self) -> Vec<&Technician> {
        followers(&self.ground.settings.team, self.ticket())
    }

    /// A letter to each of these, but to those whose own request it is.
    fn told(&self, why: DueReason, readers: Vec<&Technician>) -> Vec<Notice> {
        let ticket = self.ticket();
        let taken_up = matches!(why, DueReason::Returned(_) | DueReason::Undecided(_));
        readers
            .into_iter()
            .filter(|one| !one.addresses.iter().any(|address| ticket.includes(address)))
            .map(|technician| {
                let team = &self.ground.settings.team;
                let mut sheet = sheet_of(team, ticket, technician.language);
                sheet.said = vec![self.request()];
                if let (true, Ok(now)) = (taken_up, ticket.status.after(Step::Resume)) {
                    sheet.status = now;
                }
                let kind = Kind::TechnicianDue;
                let (number, subject) = (ticket.number, &ticket.subject);
                let notice = inside(kind, number, subject, technician, sheet.clone());
                Notice {
                    references: anchor(number, technician),
                    about: About::Due(Box::new(sheet), why),
                    ..notice
                }
            })
            .collect()
    }

    /// What the ticket began with.
    fn request(&self) -> Said {
        let ticket = self.ticket();
        Said {
            author: match ticket.requester_name.as_str() {
                "" => ticket.requester.clone(),
                name => format!("{name} <{}>", ticket.requester),
            },
            at: self.standing.created_at,
            text: ticket.opening.text.chars().take(REQUEST).collect(),
            unverified: false,
        }
    }

    /// A letter to the requester alone: who was asked is who is reminded.
    fn letter_to_requester(&self, kind: Kind, then: Consequence) -> Vec<Notice> {
        let ticket = self.ticket();
        let asked = self.scene.last_answer.as_ref();
        let words = |text: &str| text.trim().chars().take(ASKED).collect();
        let by_card = matches!(then, Consequence::Technician(_));
        let verdict = ticket.opening.verdict.as_deref();
        let waiting = Waiting {
            since: self.standing.silent_since(),
            asked: asked
                .filter(|_| !by_card)
                .map_or_else(String::new, |said| words(&said.text)),
            question: verdict
                .filter(|_| by_card)
                .and_then(|verdict| verdict.question.clone()),
            reminded: self.reminders(),
            then,
        };
        let mut notices = people(ticket, kind, None, 0, None);
        notices.retain(|notice| notice.to.email == ticket.requester);
        for notice in &mut notices {
            notice.about = About::Waiting(Box::new(waiting.clone()));
        }
        notices
    }

    /// When the requester was reminded in this wait.
    fn reminders(&self) -> Vec<Timestamp> {
        let mark = self.standing.silent_since().as_second().to_string();
        [Due::Reminder, Due::SecondReminder]
            .into_iter()
            .filter_map(|due| self.standing.step(due, &mark))
            .map(|step| step.at)
            .collect()
    }

    /// The day on which this many business days from now will have passed.
    fn day_after(&self, days: u32) -> Date {
        let (calendar, now) = (self.ground.calendar, self.ground.now);
        calendar
            .local(calendar.add_business_days(now, days).unwrap_or(now))
            .date()
    }

    /// How many business days have passed, in words.
    fn passed(&self, since: Timestamp) -> String {
        let calendar = self.ground.calendar;
        let (from, to) = (
            calendar.local(since).date(),
            calendar.local(self.ground.now).date(),
        );
        let Ok(next) = from.tomorrow() else {
            return "some time".to_owned();
        };
        let days = closure::days(next, to)
            .take(LOOK_BACK)
            .filter(|day| calendar.is_business_day(*day))
            .count();
        match days {
            0 => "less than a business day".to_owned(),
            1 => "1 business day".to_owned(),
            days => format!("{days} business days"),
        }
    }
}
