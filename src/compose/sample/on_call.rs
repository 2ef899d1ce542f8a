//! Sample data about on-call presence: requests in every state and shape, and what an open window
//! tells.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};

use super::{sheet, words};
use crate::notice::{About, Covered, Kind, Occasion, OnCallNews};
use crate::oncall::{
    self, Agent, Asked, Contact, Doubt, Grant, Intervention, Lack, Mark, OnCall, Period, When,
};
use crate::policy::Verdict;
use crate::ticket::TicketNumber;

/// Every notice about it with every shape of its data.
pub(super) fn all(plain: &Verdict) -> Vec<(Kind, About)> {
    let mut found = Vec::new();
    for news in requests(plain) {
        for kind in [
            Kind::OncallReceived,
            Kind::OncallIncomplete,
            Kind::OncallApproved,
            Kind::OncallDenied,
            Kind::OncallWithdrawn,
            Kind::OncallSummary,
            Kind::TechnicianOncall,
            Kind::TechnicianOncallAgent,
            Kind::TechnicianOncallSummary,
        ] {
            let fits =
                kind.is_inside() || news.request.grant.is_some() || kind != Kind::OncallApproved;
            if fits && (kind.is_inside() == news.sheet.is_some()) {
                found.push((kind, About::OnCall(Box::new(news.clone()))));
            }
        }
    }
    for phone in [None, Some("06 00 00 00 00".to_owned())] {
        found.push((
            Kind::AcknowledgementOnCall,
            About::Covered(Box::new(Covered {
                verdict: plain.clone(),
                mark: MARK,
                name: "Paul Martin".to_owned(),
                phone,
                until: Timestamp::UNIX_EPOCH,
            })),
        ));
    }
    found
}

/// The mark of the sample window.
const MARK: Mark = Mark {
    year: 2026,
    serial: 3,
};

/// A request for on-call presence in every shape: bare, odd, whole, granted, proposed; for the team
/// and for its requester.
fn requests(plain: &Verdict) -> Vec<OnCallNews> {
    let day = DateTime::ZERO.date();
    let period = Period::Daily {
        first: day,
        last: day.tomorrow().unwrap_or(day),
        from: Time::midnight(),
        to: Time::midnight(),
    };
    let contact = Contact {
        name: "Claire Dumas".to_owned(),
        phone: "06 12 34 56 78".to_owned(),
    };
    let asked = Asked {
        event: "congrès".to_owned(),
        place: "amphithéâtre".to_owned(),
        when: When::Period(period),
        systems: "wifi".to_owned(),
        people: Some(100),
        contact: contact.clone(),
        second: contact,
        agreement: "directrice d'unité".to_owned(),
        ..Asked::default()
    };
    let grant = Grant {
        period,
        agent: Agent {
            handle: None,
            name: "Paul Martin".to_owned(),
            phone: "06 00 00 00 00".to_owned(),
        },
        approver: "zoe".to_owned(),
        changed: true,
    };
    let settings = oncall::Settings::default();
    let bare = OnCall::new(
        TicketNumber(12),
        Asked::default(),
        &settings,
        Timestamp::UNIX_EPOCH,
    );
    let whole = OnCall {
        asked,
        mark: Some(MARK),
        grant: Some(grant.clone()),
        interventions: vec![Intervention {
            ticket: TicketNumber(13),
            at: Timestamp::UNIX_EPOCH,
            answered: Some(Timestamp::UNIX_EPOCH),
            resolved: None,
        }],
        ..bare.clone()
    };
    let calls = oncall::State::ALL.into_iter().flat_map(|state| {
        [
            OnCall {
                state,
                ..bare.clone()
            },
            OnCall {
                state,
                proposal: Some(grant.clone()),
                ..whole.clone()
            },
        ]
    });
    let mut found = Vec::new();
    for (request, occasion) in calls.zip(
        [Occasion::News, Occasion::Reminder, Occasion::Alert]
            .into_iter()
            .cycle(),
    ) {
        for sheet in [None, Some(sheet(plain))] {
            found.push(OnCallNews {
                lacks: vec![
                    Lack::Event,
                    Lack::Hours,
                    Lack::Odd(Doubt::Backwards),
                    Lack::Phone,
                ],
                short: request.grant.is_none().then_some((1, 15)),
                occasion,
                reason: "personne n'est disponible".to_owned(),
                ask_by: request.grant.is_some().then_some(day),
                words: request.grant.is_some().then(words),
                first: request.grant.is_none(),
                request: request.clone(),
                sheet,
            });
        }
    }
    found
}
