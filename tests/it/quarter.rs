//! A quarter of a service's life as a ledger: seeded, so that it is the same for ever.
//!
//! Mondays are busy, the first weeks of a term busier; one morning a floor loses its network. Most
//! requests are answered within a day, some wait, some are refused, a few refusals are contested.

use guichet::calendar::closure::{Closure, Label};
use guichet::calendar::holidays::Kept;
use guichet::calendar::hours::{Ranges, Week};
use guichet::calendar::{Calendar, Settings};
use guichet::figures::{Ledger, Request, Step};
use guichet::ticket::priority::{Category, Priority};
use guichet::ticket::{Passage, Status, TicketNumber};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Tuesday, early in the afternoon.
pub const NOW_UTC: &str = "2026-12-01T13:10:00Z";

pub fn now() -> Timestamp {
    NOW_UTC.parse().unwrap()
}

/// Half past eight to noon, half past one to five; closed in the week of All Saints on the bridge day.
pub fn calendar() -> Calendar {
    let day = || Ranges::parse(["08:30-12:00", "13:30-17:00"]).unwrap();
    let none = Ranges::default;
    let bridge = date(2026, 11, 13);
    Calendar::new(Settings {
        zone: TimeZone::get("Europe/Paris").unwrap(),
        week: Week::new([day(), day(), day(), day(), day(), none(), none()]),
        seasons: Vec::new(),
        holidays: Kept::default(),
        closures: vec![
            Closure::days(
                bridge,
                bridge,
                Label {
                    fr: "pont".to_owned(),
                    en: "bridge day".to_owned(),
                },
            )
            .unwrap(),
        ],
        openings: Vec::new(),
        expected: Vec::new(),
    })
    .unwrap()
}

/// Numbers without a library, the same on every machine (Knuth's 64-bit generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Everything that came from the first day to now.
pub fn ledger(first: Date) -> Ledger {
    let calendar = calendar();
    let mut dice = Dice(20_261_201);
    let mut ledger = Ledger {
        held: 2,
        ..Ledger::default()
    };
    let mut number = 0;
    for day in guichet::calendar::closure::days(first, date(2026, 12, 1)) {
        for asked in arrivals(day, &calendar, &mut dice) {
            if asked > now() {
                continue;
            }
            number += 1;
            let request = request(number, asked, &calendar, &mut dice);
            ledger.began.get_or_insert(asked);
            ledger
                .letters
                .entry("ticket".to_owned())
                .or_default()
                .push(asked);
            if dice.below(3) == 0 {
                let later = asked + SignedDuration::from_mins(dice.below(600) as i64 + 5);
                let kind = dice.pick(&["follow_up", "follow_up", "automatic", "command"]);
                ledger
                    .letters
                    .entry(kind.to_owned())
                    .or_default()
                    .push(later);
            }
            ledger.requests.push(request);
        }
    }
    ledger
}

fn arrivals(day: Date, calendar: &Calendar, dice: &mut Dice) -> Vec<Timestamp> {
    let weekday = day.weekday().to_monday_zero_offset();
    let mut many = match (calendar.is_business_day(day), weekday) {
        (true, 0) => 19 + dice.below(8),
        (true, 4) => 9 + dice.below(6),
        (true, _) => 13 + dice.below(8),
        (false, _) => dice.below(3),
    };
    if day == date(2026, 11, 17) {
        many += 21;
    }
    if day.month() == 9 {
        many = many * 5 / 4;
    }
    let hours = [8, 9, 9, 9, 10, 10, 11, 11, 13, 14, 14, 15, 16, 17, 20];
    let mut arrivals: Vec<Timestamp> = (0..many)
        .map(|_| {
            let hour = dice.pick(&hours);
            let local = day.at(hour, dice.below(60) as i8, 0, 0);
            calendar.zone().to_timestamp(local).unwrap()
        })
        .collect();
    arrivals.sort_unstable();
    arrivals
}

fn request(number: i64, asked: Timestamp, calendar: &Calendar, dice: &mut Dice) -> Request {
    let mut request = Request {
        ticket: TicketNumber(number),
        asked,
        category: dice.pick(&[
            Category::Workstation,
            Category::Workstation,
            Category::Workstation,
            Category::Software,
            Category::Software,
            Category::Network,
            Category::Network,
            Category::Printing,
            Category::Other,
        ]),
        priority: dice.pick(&[Priority::P2, Priority::P3, Priority::P3, Priority::P4]),
        status: Status::New,
        clause: String::new(),
        assignee: String::new(),
        merged: false,
        first_answer: None,
        steps: Vec::new(),
    };
    if dice.below(14) == 0 {
        refuse(&mut request, dice);
    } else {
        answer(&mut request, calendar, dice);
    }
    request
}

/// Steps that lie ahead have not been taken.
fn step(request: &mut Request, at: Timestamp, to: Status) {
    if at > now() {
        return;
    }
    let from = request.status;
    request.steps.push(Step {
        at,
        passage: Passage { from, to },
    });
    request.status = to;
}

fn refuse(request: &mut Request, dice: &mut Dice) {
    request.clause = dice
        .pick(&["E1", "E1", "E1", "E5", "E5", "E2", "E6"])
        .to_owned();
    request.status = Status::Refused;
    let later = |hours: i64| request.asked + SignedDuration::from_hours(hours);
    let (contest, verdict) = (later(3), later(27));
    if dice.below(4) == 0 {
        step(request, contest, Status::Contested);
        let end = dice.pick(&[Status::Open, Status::Refused, Status::Refused]);
        step(request, verdict, end);
    }
}

fn answer(request: &mut Request, calendar: &Calendar, dice: &mut Dice) {
    // One in eight takes long.
    let minutes = match dice.below(8) {
        0 => 900 + dice.below(2_400),
        1 | 2 => 300 + dice.below(500),
        _ => 15 + dice.below(330),
    };
    let wait = std::time::Duration::from_secs(minutes * 60);
    let at = calendar.add_business(request.asked, wait).unwrap();
    if at > now() {
        return;
    }
    request.first_answer = Some(at);
    request.assignee = dice.pick(&["paul", "zoe", "anne"]).to_owned();
    step(request, at, Status::Open);
    let more = std::time::Duration::from_secs(dice.below(60 * 60 * 30) + 600);
    let done = calendar.add_business(at, more).unwrap();
    step(request, done, Status::Resolved);
}

/// Writes a ledger into an empty store, as letters, tickets and pages of history.
pub fn store(ledger: &Ledger, database: &rusqlite::Connection) {
    database
        .execute_batch("BEGIN; PRAGMA defer_foreign_keys = 1;")
        .unwrap();
    let mut letter = 0;
    let mut came = |disposition: &str, at: Timestamp| -> i64 {
        letter += 1;
        database
            .execute(
                "INSERT INTO letter (id, mailbox, epoch, uid, received_at, journaled_at, size,
                   raw_sha256, state, disposition, reason, decided_at)
                 VALUES (?1, 'support', 0, ?1, ?2, ?2, 100, ?1, 'decided', ?3, 'written', ?2)",
                rusqlite::params![letter, at.as_second(), disposition],
            )
            .unwrap();
        letter
    };
    for (disposition, instants) in &ledger.letters {
        if disposition != "ticket" {
            for at in instants {
                came(disposition, *at);
            }
        }
    }
    // They came long ago, and nobody has read them.
    for _ in 0..ledger.held {
        came("held", "2026-01-05T09:00:00Z".parse().unwrap());
    }
    for request in &ledger.requests {
        let letter = came("ticket", request.asked);
        ticket(request, letter, database);
    }
    database.execute_batch("COMMIT").unwrap();
}

fn ticket(request: &Request, letter: i64, database: &rusqlite::Connection) {
    let changed = request.steps.last().map_or(request.asked, |step| step.at);
    database
        .execute(
            "INSERT INTO ticket (number, letter, created_at, updated_at, status, subject, requester,
               requester_name, language, outcome, clause, category, criticality, mutualisation,
               priority, answer, assignee)
             VALUES (?1, ?2, ?3, ?4, ?5, 'Panne', 'claire@univ.example', 'Claire Dumas', 'fr',
               'accept', ?6, ?7, 2, 2, ?8, 'sent', ?9)",
            rusqlite::params![
                request.ticket.0,
                letter,
                request.asked.as_second(),
                changed.as_second(),
                request.status.as_str(),
                request.clause,
                request.category.as_str(),
                request.priority.as_str(),
                request.assignee,
            ],
        )
        .unwrap();
    let page = |at: Timestamp, kind: &str, author: &str, text: &str| {
        database
            .execute(
                "INSERT INTO entry (ticket, at, kind, author, text) VALUES (?1, ?2, ?3, ?4, ?5)",
                rusqlite::params![request.ticket.0, at.as_second(), kind, author, text],
            )
            .unwrap();
    };
    page(request.asked, "request", "claire@univ.example", "Bonjour");
    for step in &request.steps {
        let text = format!("{}: it was so", step.passage);
        page(step.at, "status", "guichet", &text);
    }
    if let Some(at) = request.first_answer {
        page(at, "answer", "paul", "Voilà");
        database
            .execute(
                "UPDATE ticket SET first_answer_at = ?2 WHERE number = ?1",
                rusqlite::params![request.ticket.0, at.as_second()],
            )
            .unwrap();
    }
}
