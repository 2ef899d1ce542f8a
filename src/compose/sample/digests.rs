//! Digests of every shape: with everything in them, with nothing, with nothing to compare.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::recipient;
use crate::figures::{Answers, Day, Figures, Open, Refusals, Span, Standing};
use crate::notice::{Bulletin, Decision, Digest, Held, House, Kind, Line, Listing, Weekly};
use crate::policy::Language;
use crate::ticket::priority::{Category, Priority};
use crate::ticket::{Status, TicketNumber};

/// Every digest in one language.
pub(super) fn digests(language: Language) -> Vec<Bulletin> {
    let one = |kind, about| Bulletin {
        kind,
        to: recipient(),
        language,
        about,
    };
    let mornings = [full(), nothing()].map(|digest| House::Digest(Box::new(digest)));
    let weeks = [busy(), quiet()].map(|weekly| House::Weekly(Box::new(weekly)));
    let mornings = mornings.map(|about| one(Kind::Digest, about));
    let weeks = weeks.map(|about| one(Kind::DigestWeekly, about));
    mornings.into_iter().chain(weeks).collect()
}

fn line(status: Status, subject: &str) -> Line {
    Line {
        ticket: TicketNumber(12),
        priority: Priority::P2,
        status,
        age: 3,
        subject: subject.to_owned(),
        requester: "Claire Dumas".to_owned(),
    }
}

fn full() -> Digest {
    let decisions = [
        Decision::Contest,
        Decision::Proposal,
        Decision::Provisional,
        Decision::Question,
    ];
    let decisions = decisions.map(|decision| (line(Status::Contested, "Portable"), decision));
    let more = |shown| Listing { shown, more: 4 };
    Digest {
        date: Date::ZERO,
        decisions: Listing {
            shown: decisions.to_vec(),
            more: 4,
        },
        own: more(vec![
            line(Status::Open, ""),
            line(Status::WaitingRequester, "VPN"),
        ]),
        unassigned: more(vec![line(Status::New, "Imprimante")]),
        held: Listing {
            shown: vec![Held {
                letter: 7,
                age: 0,
                sender: String::new(),
                subject: String::new(),
            }],
            more: 1,
        },
    }
}

fn nothing() -> Digest {
    Digest {
        date: Date::ZERO,
        decisions: Listing::of(Vec::new(), 1),
        own: Listing::of(Vec::new(), 1),
        unassigned: Listing::of(Vec::new(), 1),
        held: Listing::of(Vec::new(), 1),
    }
}

fn figures(requests: u64) -> Figures {
    let day = |date| Day {
        date,
        requests,
        open: requests > 0,
        usual: None,
    };
    let span = Span::week(Date::ZERO);
    let mut hours = [[0; 24]; 7];
    hours.iter_mut().for_each(|day| day.fill(requests));
    Figures {
        span,
        requests,
        before: None,
        days: span.dates().map(day).collect(),
        categories: BTreeMap::from([(Category::Network, requests)]),
        priorities: BTreeMap::new(),
        answers: Answers {
            answered: requests,
            waiting: 1,
            median_minutes: (requests > 0).then_some(200),
            p80_minutes: (requests > 0).then_some(700),
        },
        weeks: Vec::new(),
        refusals: if requests > 0 {
            refusals()
        } else {
            BTreeMap::new()
        },
        hours,
        backlog: vec![Standing {
            date: Date::ZERO,
            open: requests,
        }],
        letters: BTreeMap::new(),
        open: Open {
            total: requests,
            ages: [requests; 3],
            statuses: BTreeMap::from([(Status::Contested, requests)]),
            provisional: requests,
            held: requests,
            ..Open::default()
        },
    }
}

/// Of a clause of the card, and of none.
fn refusals() -> BTreeMap<String, Refusals> {
    let some = Refusals {
        refused: 3,
        contested: 2,
        upheld: 1,
        overturned: 1,
    };
    ["E1", ""].map(|clause| (clause.to_owned(), some)).into()
}

fn busy() -> Weekly {
    Weekly {
        week: figures(40),
        before: Some(figures(120)),
        five: figures(160),
    }
}

fn quiet() -> Weekly {
    Weekly {
        week: figures(0),
        before: None,
        five: figures(0),
    }
}
