//! A service desk under load, played by chance from a seed: people write, technicians answer the
//! most urgent and oldest first, at the hours of an office in Paris, with peaks, holidays, leave and
//! requests that nobody likes. Time is business seconds within, instants outside.

use std::collections::BTreeMap;
use std::time::Duration;

use guichet::calendar::Calendar;
use guichet::estimate::coverage::Promise;
use guichet::estimate::{
    Asked, End, Expectation, Observation, PACE_DAYS, Past, Snapshot, WINDOW_DAYS, since,
};
use guichet::ticket::priority::{Category, Priority};
use jiff::{SignedDuration, Timestamp};

/// Numbers by chance, the same for the same seed (SplitMix64).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// With this mean, memoryless.
    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    /// With this median; the spread is that of a logarithm.
    fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        let (a, b) = (1.0 - self.share(), self.share());
        let normal = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        median * (spread * normal).exp()
    }
}

/// What the desk is like.
#[derive(Debug, Clone)]
pub struct Desk {
    pub seed: u64,
    /// Requests a business day, without peaks.
    pub requests_a_day: f64,
    /// Technicians.
    pub technicians: usize,
    /// Median time a request takes, in hours; the spread is wide.
    pub work: f64,
    /// The share of requests that are put off for weeks.
    pub put_off: f64,
    /// Whether requests without an answer are counted.
    pub counts_waiting: bool,
    /// Whether figures that are not kept are withheld.
    pub checks_itself: bool,
}

/// A request.
#[derive(Debug, Clone)]
struct Request {
    opened: Timestamp,
    priority: Priority,
    category: Category,
    work: f64,
    /// Not taken before.
    not_before: Timestamp,
    answered: Option<Timestamp>,
    dropped: Option<Timestamp>,
    told: Option<(Timestamp, bool)>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Result {
    pub requests: usize,
    pub told: usize,
    pub kept: usize,
    pub judged: usize,
    pub withheld: usize,
    pub said_nothing: usize,
    pub by_priority: BTreeMap<Priority, (usize, usize)>,
}

impl Result {
    pub fn share(&self) -> f64 {
        self.kept as f64 / self.judged as f64
    }
}

/// Plays `days` days from an instant on.
pub fn play(desk: &Desk, calendar: &Calendar, begin: Timestamp, days: i64) -> Result {
    let mut chance = Chance::new(desk.seed);
    let end = begin + SignedDuration::from_hours(24 * days);
    let mut requests: Vec<Request> = Vec::new();
    let mut free: Vec<Timestamp> = vec![begin; desk.technicians];
    let mut snapshot: Option<Snapshot> = None;
    let quarter = SignedDuration::from_mins(15);
    let mut now = begin;
    while now < end {
        work(desk, calendar, &mut requests, &mut free, now);
        drop_some(&mut requests, &mut chance, now);
        // People write around the clock, at night little.
        let rate = arrivals(desk, calendar, begin, now);
        let mut at = now + seconds(chance.exponential(900.0 / rate));
        while at < now + quarter {
            if snapshot
                .as_ref()
                .is_none_or(|one| at > one.at() + SignedDuration::from_hours(8))
            {
                let past = past(desk, &requests, at);
                snapshot = Some(Snapshot::of(&past, calendar, at));
            }
            let mut request = request(desk, &mut chance, at);
            let asked = Asked {
                priority: request.priority,
                category: request.category,
                ahead: ahead(&requests, request.priority, at),
            };
            let expectation = snapshot.as_ref().unwrap().expect(asked, calendar, at);
            let told = matches!(expectation, Expectation::Told(_));
            request.told = expectation.figure().map(|figure| (figure.due, told));
            requests.push(request);
            at += seconds(chance.exponential(900.0 / rate));
        }
        now += quarter;
    }
    judged(&requests, end)
}

/// Requests a quarter of an hour, for now: the first weeks of terms are busy, August is not.
fn arrivals(desk: &Desk, calendar: &Calendar, begin: Timestamp, now: Timestamp) -> f64 {
    let week = now.duration_since(begin).as_hours() / (7 * 24);
    let season = match week % 26 {
        0..=3 => 1.25,
        12..=15 => 0.7,
        20 => 1.5,
        _ => 1.0,
    };
    let open = calendar.is_open(now);
    let local = calendar.local(now);
    let hour = match local.hour() {
        9 | 10 | 14 => 1.5,
        _ => 1.0,
    };
    // Seven open hours hold nine tenths of a day's letters.
    let share = if open { hour * 0.9 / 30.0 } else { 0.1 / 68.0 };
    (desk.requests_a_day * season * share).max(1e-6)
}

fn request(desk: &Desk, chance: &mut Chance, at: Timestamp) -> Request {
    let priority = match chance.share() {
        x if x < 0.05 => Priority::P1,
        x if x < 0.20 => Priority::P2,
        x if x < 0.60 => Priority::P3,
        x if x < 0.85 => Priority::P4,
        _ => Priority::P5,
    };
    let category = Category::ALL[(chance.next() % 5) as usize];
    let put_off = priority > Priority::P2 && chance.share() < desk.put_off;
    let not_before = if put_off {
        at + SignedDuration::from_hours(24 * 7) + seconds(chance.exponential(30.0 * 86_400.0))
    } else {
        at
    };
    Request {
        opened: at,
        priority,
        category,
        work: 3_600.0 * chance.log_normal(desk.work, 0.9),
        not_before,
        answered: None,
        dropped: None,
        told: None,
    }
}

/// Whoever is free takes the most urgent, of these the oldest, and answers when it is done.
fn work(
    desk: &Desk,
    calendar: &Calendar,
    requests: &mut [Request],
    free: &mut [Timestamp],
    now: Timestamp,
) {
    if !calendar.is_open(now) {
        return;
    }
    // One of them is on leave every other week.
    let week = now.as_second() / (7 * 86_400);
    let there = if week % 2 == 0 {
        desk.technicians
    } else {
        desk.technicians - 1
    };
    for at in free.iter_mut().take(there.max(1)) {
        if *at > now {
            continue;
        }
        let next = requests
            .iter_mut()
            .rev()
            .take(2_000)
            .filter(|one| one.answered.is_none() && one.dropped.is_none())
            .filter(|one| one.not_before <= now)
            .min_by_key(|one| (one.priority, one.opened));
        let Some(next) = next else { break };
        let time = Duration::from_secs_f64(next.work);
        let done = calendar.add_business(now, time).unwrap();
        next.answered = Some(done);
        *at = done;
    }
}

/// A few people withdraw what nobody has answered.
fn drop_some(requests: &mut [Request], chance: &mut Chance, now: Timestamp) {
    for one in requests.iter_mut().rev().take(300) {
        let open = one.answered.is_none() && one.dropped.is_none();
        if open && chance.share() < 0.0002 {
            one.dropped = Some(now);
        }
    }
}

fn ahead(requests: &[Request], priority: Priority, now: Timestamp) -> u64 {
    let open = |one: &&Request| {
        one.priority <= priority
            && one.opened >= since(now, WINDOW_DAYS)
            && one.answered.is_none_or(|at| at > now)
            && one.dropped.is_none()
    };
    requests.iter().rev().take(2_000).filter(open).count() as u64
}

/// What a store would know.
fn past(desk: &Desk, requests: &[Request], now: Timestamp) -> Past {
    let known = |at: Option<Timestamp>| at.filter(|at| *at <= now);
    let observations = requests
        .iter()
        .filter(|one| one.opened >= since(now, WINDOW_DAYS))
        .map(|one| Observation {
            priority: one.priority,
            category: one.category,
            opened: one.opened,
            end: match (known(one.answered), one.dropped) {
                (Some(at), _) => End::Answered(at),
                (None, Some(at)) => End::Dropped(at),
                (None, None) => End::Waiting,
            },
        })
        .filter(|one| desk.counts_waiting || matches!(one.end, End::Answered(_)))
        .collect();
    let recently = |at: Timestamp| at > since(now, PACE_DAYS) && at <= now;
    Past {
        observations,
        answers: requests
            .iter()
            .filter(|one| one.answered.is_some_and(recently))
            .count() as u64,
        begun: requests.first().map(|one| one.opened),
        promises: if desk.checks_itself {
            promises(requests, now)
        } else {
            Vec::new()
        },
    }
}

fn promises(requests: &[Request], now: Timestamp) -> Vec<Promise> {
    requests
        .iter()
        .filter_map(|one| {
            let (due, told) = one.told?;
            (due <= now && due > since(now, WINDOW_DAYS)).then_some(Promise {
                priority: one.priority,
                told,
                due,
                answered: one.answered.filter(|at| *at <= now),
                dropped: one.dropped,
            })
        })
        .collect()
}

fn judged(requests: &[Request], end: Timestamp) -> Result {
    let mut result = Result {
        requests: requests.len(),
        ..Result::default()
    };
    for one in requests {
        match one.told {
            None => result.said_nothing += 1,
            Some((_, false)) => result.withheld += 1,
            Some((due, true)) => {
                result.told += 1;
                let promise = Promise {
                    priority: one.priority,
                    told: true,
                    due,
                    answered: one.answered.filter(|at| *at <= end),
                    dropped: one.dropped,
                };
                if let Some(kept) = promise.is_kept(end) {
                    result.judged += 1;
                    result.kept += usize::from(kept);
                    let (all, good) = result.by_priority.entry(one.priority).or_default();
                    *all += 1;
                    *good += usize::from(kept);
                }
            }
        }
    }
    result
}

fn seconds(seconds: f64) -> SignedDuration {
    SignedDuration::from_secs(seconds as i64)
}
