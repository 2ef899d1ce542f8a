//! A technician's letter: obeyed whole, or not at all and told why.
//!
//! The words are the answer to the requester, or a note; the lines above them are orders. All
//! orders are tried on a copy of the ticket ([`order`]); if each leads somewhere, everything they
//! changed is the decision, else nothing is. A letter that is genuine and yet wants more than it
//! may (its token was used before, or the order decides who reads the ticket) waits for a
//! confirmation: `#yes` in answer to the letter we then send.
//!
//! A letter in a technician's name that proves nothing does nothing: its words are kept in the
//! ticket for the team, marked, and the technician is told at their registered address.

mod order;
pub(super) mod ordered;

use super::reading::{self, Presented};
use super::trust::{Standing, standing};
use super::{Answer, Candidate, Change, Decision, Disposition, Edit, Facts, audience};
use crate::classify::sender_auth::SenderAuth;
use crate::command::{Command, Mistake, Needs, Orders, Wanted};
use crate::notice::{
    About, Doubt, Extra, Fate, Kind, Notice, Right, Said, Source, Transcript, UndoStep, Words,
    WordsFate,
};
use crate::policy::Outcome;
use crate::registry::name::fold;
use crate::team::Technician;
use crate::ticket::status::Step;
use crate::ticket::{Entry, EntryKind};
use order::Work;

/// Decides about a letter in a technician's name that concerns a ticket; nothing if it is not one.
pub(super) fn decide(facts: &Facts<'_>) -> Option<Decision> {
    let handle = facts.reading.query.technician.as_deref()?;
    let technician = facts.settings.team.by_handle(handle)?;
    let orders = facts.reading.orders.as_ref()?;
    let ticket = target(facts)?;
    let carries_token = matches!(facts.reading.presented, Presented::Work { .. });
    if !carries_token && ticket.includes(&facts.author_key()) {
        // Their own request: they write as anybody does.
        return None;
    }
    let desk = Desk {
        facts,
        technician,
        ticket,
    };
    if facts.rescan {
        // What was obeyed before the backup was put back is not obeyed again.
        let text = facts.message.text.new.clone();
        return Some(desk.decision(
            "found again after a backup was put back; it is kept and not obeyed".to_owned(),
            vec![desk.page(EntryKind::Command, text)],
            Vec::new(),
        ));
    }
    Some(match (standing(facts, technician, ticket), orders) {
        (Standing::Untrusted(doubt), _) => desk.disbelieve(doubt),
        (Standing::Trusted { .. }, Err(mistakes)) => desk.misunderstood(mistakes),
        (
            Standing::Trusted {
                up_to,
                short,
                evidence,
            },
            Ok(orders),
        ) => desk.obey(orders, up_to, short, &evidence),
    })
}

/// The ticket the letter is about: that of its token, else the first it refers to.
fn target<'a>(facts: &Facts<'a>) -> Option<&'a Candidate> {
    let candidates = &facts.context.candidates;
    facts
        .reading
        .presented
        .ticket()
        .and_then(|ticket| {
            candidates
                .iter()
                .find(|one| one.number == ticket || one.formerly.contains(&ticket))
        })
        .or_else(|| candidates.first())
}

/// A technician, their letter, and the ticket it is about.
struct Desk<'a, 'f> {
    facts: &'f Facts<'a>,
    technician: &'f Technician,
    ticket: &'f Candidate,
}

impl Desk<'_, '_> {
    fn decision(&self, reason: String, changes: Vec<Change>, notices: Vec<Notice>) -> Decision {
        Decision {
            disposition: Disposition::Command,
            reason,
            rule: None,
            ticket: Some(self.ticket.number),
            changes,
            notices,
            answer: Answer::Suppressed("a technician works by it".to_owned()),
        }
    }

    fn page(&self, kind: EntryKind, text: String) -> Change {
        Change::Add(
            self.ticket.number,
            Entry {
                kind,
                author: self.technician.handle.clone(),
                text,
            },
        )
    }

    fn conduct(&self, obeyed: bool, ordered: bool, why: &str) -> Change {
        Change::Conduct {
            technician: self.technician.handle.clone(),
            obeyed,
            ordered,
            why: why.to_owned(),
        }
    }

    /// Keeps what was written for the team, and does nothing.
    fn disbelieve(&self, doubt: Doubt) -> Decision {
        let mut changes = vec![Change::Add(
            self.ticket.number,
            Entry {
                kind: EntryKind::Unverified,
                author: self.facts.author_key(),
                text: self.facts.message.text.new.clone(),
            },
        )];
        let genuine = matches!(self.facts.reading.auth, SenderAuth::Pass { .. });
        if doubt.counts() {
            changes.push(self.conduct(false, true, &doubt.to_string()));
        }
        // While the name is locked only its owner is answered, not who tries it.
        let notices = if doubt == Doubt::Locked && !genuine {
            Vec::new()
        } else {
            vec![self.transcript(
                Transcript {
                    refused: Some(doubt),
                    ..self.nothing_done(Vec::new())
                },
                None,
            )]
        };
        self.decision(
            format!("a letter in a technician's name is not obeyed: {doubt}"),
            changes,
            notices,
        )
    }

    /// Names every line that cannot be understood, and does nothing.
    fn misunderstood(&self, mistakes: &[Mistake]) -> Decision {
        let lines = mistakes
            .iter()
            .map(|mistake| (mistake.line.clone(), Fate::Mistake(mistake.wanted)))
            .collect();
        self.refuse(lines)
    }

    fn refuse(&self, lines: Vec<(String, Fate)>) -> Decision {
        let text = self.facts.message.text.new.clone();
        self.decision(
            "an order cannot be obeyed, so that none of the letter is".to_owned(),
            vec![self.page(EntryKind::Command, text)],
            vec![self.transcript(self.nothing_done(lines), None)],
        )
    }

    fn nothing_done(&self, lines: Vec<(String, Fate)>) -> Transcript {
        Transcript {
            obeyed: false,
            refused: None,
            lines,
            words: WordsFate::None,
            sheet: Some(audience::sheet(
                self.facts,
                self.ticket,
                self.technician.language,
            )),
            undo_until: None,
        }
    }

    /// Does all of it, or asks for a confirmation, or says which line stands in the way.
    fn obey(
        &self,
        orders: &Orders,
        up_to: Needs,
        short: Option<Doubt>,
        evidence: &str,
    ) -> Decision {
        let mut work = Work::new(self.facts, self.technician, self.ticket);
        let confirmed = match self.waiting(orders) {
            None => None,
            Some(Ok(pending)) => Some(pending),
            Some(Err(fate)) => return self.refuse(lines_with(orders, &fate)),
        };
        let (orders, signature) = match &confirmed {
            Some((orders, signature)) => (orders, signature.clone()),
            None => (
                orders,
                reading::above(&self.facts.message.text.signature).to_owned(),
            ),
        };
        let words = self.words(orders, &signature, confirmed.is_some());
        if orders.lines.is_empty() && words.is_none() {
            let nothing = ("…".to_owned(), Fate::Mistake(Wanted::Words));
            return self.refuse(vec![nothing]);
        }
        if confirmed.is_none() && self.needs(orders, words.as_ref()) > up_to {
            return self.hold(orders, short);
        }
        let lines = work.all(orders, words.as_ref());
        if lines.iter().any(|(_, fate)| !matches!(fate, Fate::Done(_))) {
            return self.refuse(lines);
        }
        self.done(work, orders, words.as_ref(), lines, evidence)
    }

    /// What `#yes` confirms, if the letter says that.
    fn waiting(&self, orders: &Orders) -> Option<Result<(Orders, String), Fate>> {
        let waits = matches!(
            self.facts
                .context
                .grant
                .as_ref()
                .and_then(|grant| grant.extra.as_ref()),
            Some(Extra::Pending { .. })
        );
        // People forget the sign: a bare word in answer to our question is no word for a requester.
        let bare = ["oui", "yes", "ok"].contains(&fold(&orders.words).as_str());
        let by_word = waits && orders.lines.is_empty();
        let by_order = orders.commands().any(|command| *command == Command::Yes);
        if !by_word && !by_order {
            return None;
        }
        let alone = if by_order {
            orders.lines.len() == 1 && orders.words.is_empty()
        } else {
            bare
        };
        let grant = self
            .facts
            .context
            .grant
            .as_ref()
            .filter(|one| one.uses == 0);
        Some(match grant.and_then(|grant| grant.extra.as_ref()) {
            Some(Extra::Pending {
                until,
                orders,
                signature,
            }) if alone && self.facts.now <= *until => Ok((orders.clone(), signature.clone())),
            _ => Err(Fate::NothingToConfirm),
        })
    }

    /// What the letter needs, with people of the institute less than others.
    fn needs(&self, orders: &Orders, words: Option<&Words>) -> Needs {
        let inside = |address: &str| {
            address
                .rsplit_once('@')
                .is_some_and(|(_, domain)| self.facts.settings.own_domains.contains(domain))
        };
        let words = if words.is_some() && !orders.is_note() {
            Needs::Outside
        } else {
            Needs::Inside
        };
        orders
            .commands()
            .map(|command| match command {
                Command::Copy(address) if inside(address) => Needs::Outside,
                other => other.needs(),
            })
            .max()
            .map_or(words, |needs| needs.max(words))
    }

    /// Keeps the letter until its writer confirms it.
    fn hold(&self, orders: &Orders, short: Option<Doubt>) -> Decision {
        let lines = lines_with(orders, &Fate::NotTried);
        let transcript = Transcript {
            refused: short,
            words: if orders.is_answer() {
                WordsFate::Waiting
            } else {
                WordsFate::None
            },
            ..self.nothing_done(lines)
        };
        let extra = Extra::Pending {
            until: self.facts.now + self.facts.settings.work.confirm,
            orders: orders.clone(),
            signature: self.facts.message.text.signature.clone(),
        };
        let mut notice = self.transcript(transcript, Some(extra));
        notice.kind = Kind::ConfirmCommand;
        self.decision(
            "a technician's letter waits for a confirmation".to_owned(),
            vec![self.page(EntryKind::Command, self.facts.message.text.new.clone())],
            vec![notice],
        )
    }

    fn words(&self, orders: &Orders, signature: &str, confirmed: bool) -> Option<Words> {
        let attachments: Vec<usize> = if confirmed {
            Vec::new()
        } else {
            audience::listed(self.facts)
                .into_iter()
                .filter_map(|one| match one.passed_on {
                    Some(Source::Letter(place)) => Some(place),
                    _ => None,
                })
                .collect()
        };
        // The logo of a signature says nothing by itself.
        let listed = &self.facts.message.attachments;
        let is_file = |place: &usize| listed.get(*place).is_some_and(|one| !one.inline);
        let says = !orders.words.is_empty() || attachments.iter().any(is_file);
        says.then(|| Words {
            author: self.technician.name.clone(),
            text: orders.words.clone(),
            signature: bare_signature(signature).to_owned(),
            attachments,
        })
    }

    /// Everything led somewhere: the decision.
    fn done(
        &self,
        mut work: Work<'_, '_>,
        orders: &Orders,
        words: Option<&Words>,
        lines: Vec<(String, Fate)>,
        evidence: &str,
    ) -> Decision {
        let facts = self.facts;
        let mut changes = self.pages(orders, words);
        changes.push(self.conduct(true, !orders.lines.is_empty(), evidence));
        if words.is_some() && !orders.is_note() {
            work.step(Step::Answer, "answered");
        }
        let outward = self.needs(orders, words) > Needs::Inside;
        if let Some(grant) = facts.context.grant.as_ref().filter(|_| outward) {
            changes.push(Change::Spend {
                generation: grant.generation,
            });
        }
        changes.push(Change::Edit {
            ticket: self.ticket.number,
            edit: Edit::Watch(self.technician.handle.clone()),
            by: self.technician.handle.clone(),
        });
        let mut notices = work.people(orders, words);
        // That it goes on as another ticket answers nobody.
        if notices.iter().any(|notice| notice.kind != Kind::Added) {
            changes.push(Change::Answered(self.ticket.number));
        }
        notices.extend(self.colleagues(&work, words));
        changes.append(&mut work.changes);
        notices.extend(self.report(&work, orders, words, lines));
        self.decision(reason(orders), changes, notices)
    }

    /// What the ticket's history keeps of the letter.
    fn pages(&self, orders: &Orders, words: Option<&Words>) -> Vec<Change> {
        let mut pages = Vec::new();
        if let Some(words) = words {
            let kind = if orders.is_note() {
                EntryKind::Note
            } else {
                EntryKind::Answer
            };
            pages.push(self.page(kind, words.text.clone()));
        }
        if !orders.lines.is_empty() {
            let lines: Vec<&str> = orders.lines.iter().map(|line| line.text.as_str()).collect();
            pages.push(self.page(EntryKind::Command, lines.join("\n")));
        }
        pages
    }

    /// Tells the colleagues who follow the ticket, and whom it was given to.
    fn colleagues(&self, work: &Work<'_, '_>, words: Option<&Words>) -> Vec<Notice> {
        let ticket = &work.ticket;
        let followed = ticket.assignee.is_some() || !ticket.watchers.is_empty();
        // Of a ticket that is nobody's yet a change alone is no news for everybody.
        if words.is_none() && (work.changes_nothing() || !followed) {
            return Vec::new();
        }
        let said = Said {
            author: self.technician.name.clone(),
            at: self.facts.received_at,
            text: self.facts.message.text.new.trim().to_owned(),
            unverified: false,
        };
        audience::said_in(
            self.facts,
            &work.ticket,
            Kind::TechnicianUpdate,
            &said,
            Some(&self.technician.handle),
            &[],
        )
    }

    /// The transcript, if the letter held orders, or the manual, if it asked for that.
    fn report(
        &self,
        work: &Work<'_, '_>,
        orders: &Orders,
        words: Option<&Words>,
        lines: Vec<(String, Fate)>,
    ) -> Option<Notice> {
        if orders.lines.is_empty() {
            return None;
        }
        let asks_help = orders.commands().any(|one| *one == Command::Help);
        if asks_help && orders.lines.len() == 1 {
            let mut notice = self.transcript(self.nothing_done(Vec::new()), None);
            notice.kind = Kind::Help;
            notice.about = About::Help;
            return Some(notice);
        }
        let until = self.facts.now + self.facts.settings.work.undo;
        let extra = work.can_be_undone().then(|| Extra::Undo {
            until,
            steps: work.undo.clone(),
        });
        let transcript = Transcript {
            obeyed: true,
            refused: None,
            lines,
            words: match (words.is_none(), orders.is_note()) {
                (true, _) => WordsFate::None,
                (false, true) => WordsFate::Noted,
                (false, false) => WordsFate::Sent,
            },
            sheet: Some(audience::sheet(
                self.facts,
                &work.ticket,
                self.technician.language,
            )),
            undo_until: extra.is_some().then_some(until),
        };
        Some(self.transcript(transcript, extra))
    }

    fn transcript(&self, transcript: Transcript, extra: Option<Extra>) -> Notice {
        let technician = self.technician;
        let sheet = audience::sheet(self.facts, self.ticket, technician.language);
        let mut notice = audience::inside(
            Kind::Transcript,
            self.ticket.number,
            &self.ticket.subject,
            technician,
            sheet,
        );
        notice.right = Right::Work {
            technician: technician.handle.clone(),
            generation: 0,
            extra,
        };
        notice
            .in_reply_to
            .clone_from(&self.facts.message.message_id);
        notice.about = About::Transcript(Box::new(transcript));
        notice
    }
}

/// A signature without the line that marks it (RFC 3676 §4.3): the letter has its own below.
fn bare_signature(signature: &str) -> &str {
    let signature = signature.trim();
    match signature.split_once('\n') {
        Some((mark, rest)) if mark.trim() == "--" => rest.trim(),
        _ => signature,
    }
}

fn reason(orders: &Orders) -> String {
    match (
        orders.lines.is_empty(),
        orders.is_answer(),
        orders.is_note(),
    ) {
        (true, true, _) => "a technician answers".to_owned(),
        (_, _, true) => "a technician notes".to_owned(),
        (false, _, _) => "a technician's orders are obeyed".to_owned(),
        (true, false, false) => "a technician's letter holds no words".to_owned(),
    }
}

fn lines_with(orders: &Orders, fate: &Fate) -> Vec<(String, Fate)> {
    orders
        .lines
        .iter()
        .map(|line| (line.text.clone(), fate.clone()))
        .collect()
}

/// Whether a refusal is prepared and waits for a technician's word.
fn is_proposed(ticket: &Candidate) -> bool {
    let verdict = ticket.opening.verdict.as_deref();
    ticket.outcome == Outcome::Flag && verdict.is_some_and(|verdict| verdict.proposed)
}

/// What can be taken back of one step.
fn undo_status(from: crate::ticket::Status, to: crate::ticket::Status) -> Option<UndoStep> {
    (from != to).then_some(UndoStep::Status { from, to })
}
