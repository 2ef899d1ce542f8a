//! A technician whose words did not arrive is told: nobody else knows that they were not read.
//!
//! In: the row that failed ([`Lost`]) and its ticket. Out: an [`Occurrence`] with one letter to the
//! technician who wrote it. What a machine wrote is told to nobody: the ticket's history has it.

use super::audience;
use super::{Cause, Occurrence, Scene};
use crate::notice::{Kind, Undelivered};
use crate::team::{Team, Technician};
use crate::ticket::TicketNumber;

/// A row of the outbox with a person's words, which did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The row's number.
    pub row: i64,
    /// Its ticket.
    pub ticket: Option<TicketNumber>,
    /// Whom it was for.
    pub recipient: String,
    /// What the mail server said, in one line.
    pub why: String,
    /// The author of the letter it came from.
    pub writer: String,
}

impl Lost {
    /// Who is to be told, if anybody: the technician who wrote, not about a letter to the team.
    #[must_use]
    pub fn told<'a>(&self, team: &'a Team) -> Option<&'a Technician> {
        let of_team = team.by_address(&self.recipient).is_some();
        team.by_address(&self.writer).filter(|_| !of_team)
    }
}

/// Tells the technician who wrote; nothing if it was nobody of the team.
#[must_use]
pub fn tell(lost: &Lost, scene: &Scene, team: &Team) -> Option<Occurrence> {
    let technician = lost.told(team)?;
    let ticket = &scene.ticket;
    let mut sheet = audience::sheet_of(team, ticket, technician.language);
    sheet.undelivered = Some(Undelivered {
        recipient: lost.recipient.clone(),
        why: lost.why.clone(),
    });
    let notice = audience::inside(
        Kind::TechnicianUndelivered,
        ticket.number,
        &ticket.subject,
        technician,
        sheet,
    );
    let told = Occurrence {
        cause: Cause::delivery(lost.row),
        ticket: Some(ticket.number),
        reason: format!("row {} did not arrive, and its writer is told", lost.row),
        changes: Vec::new(),
        notices: vec![notice],
        bulletins: Vec::new(),
    };
    Some(told.with_tokens(scene))
}
