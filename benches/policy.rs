//! What one verdict costs: `policy::judge` whole, from the letter in zones to the trace.
//!
//! `cargo bench --bench policy` judges every letter of the repository (`tests/letters`, the
//! labelled ones, the demonstration's) and prints microseconds a letter:
//!
//! - with the shipped card and the example tables, and with a generated card and tables: 5,000
//!   patterns, 10,000 people, 20,000 machines, 5,000 programs (`policy/made.rs`);
//! - against the number of patterns, and against the length of one letter, from 1 KB up;
//! - what start and reload cost: compiling the card, loading the tables, and their memory.
//!
//! A letter's cost is the median of its rounds; median, p99 and max are over the letters.
//! `POLICY_ROUNDS` changes 31. `POLICY_PROFILE=shipped|made` judges each letter twenty times and
//! prints nothing, for a profiler (`perf record`, `valgrind --tool=callgrind`).
//!
//! Honest limits: one thread, warm caches, a made card that repeats a few forms. Above 64 KB of a
//! section nothing more is read, so the last rows of the growth in length are flat by design.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement that cannot go on must stop loudly"
)]

#[path = "../tests/it/letters.rs"]
#[allow(dead_code, reason = "each user needs another part of it")]
mod letters;
#[path = "policy/made.rs"]
mod made;

use std::time::{Duration, Instant};

use guichet::policy::{Card, Letter, judge};
use guichet::registry::Registry;
use jiff::Timestamp;

use letters::Post;

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn main() {
    let rounds = std::env::var("POLICY_ROUNDS").map_or(31, |text| text.parse().unwrap());
    let posts = letters::all();
    match std::env::var("POLICY_PROFILE").as_deref() {
        Ok("shipped") => return once(Card::shipped().unwrap(), &made::example_tables(), &posts),
        Ok(_) => return once(&made::card(5_000), &made::tables(), &posts),
        Err(_) => {}
    }
    let bytes: usize = posts.iter().map(|post| post.text.new.len()).sum();
    println!(
        "policy: {} letters, {} bytes of new text on average, {rounds} rounds",
        posts.len(),
        bytes / posts.len()
    );
    start_up();
    println!(
        "\n{:<44} {:>8} {:>8} {:>8}",
        "µs a letter", "median", "p99", "max"
    );
    let (examples, large) = (made::example_tables(), made::tables());
    let shipped = Card::shipped().unwrap();
    row(
        "shipped card, example tables",
        &cost(shipped, &examples, &posts, rounds),
    );
    row(
        "shipped card, large tables",
        &cost(shipped, &large, &posts, rounds),
    );
    for patterns in [1_500, 2_000, 3_000, 5_000] {
        let card = made::card(patterns);
        let name = format!("card of {} patterns, large tables", card.patterns());
        row(&name, &cost(&card, &large, &posts, rounds));
    }
    lengths(shipped, &examples);
}

fn once(card: &Card, registry: &Registry, posts: &[Post]) {
    for _ in 0..20 {
        for post in posts {
            std::hint::black_box(judge(card, registry, &post.letter(), now()));
        }
    }
}

/// The median of each letter's rounds, in microseconds, smallest first.
fn cost(card: &Card, registry: &Registry, posts: &[Post], rounds: usize) -> Vec<f64> {
    let mut costs: Vec<f64> = posts
        .iter()
        .map(|post| {
            micros(median(rounds, || {
                judge(card, registry, &post.letter(), now())
            }))
        })
        .collect();
    costs.sort_by(f64::total_cmp);
    costs
}

fn median<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let mut took: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(work());
            start.elapsed()
        })
        .collect();
    took.sort();
    took[rounds / 2]
}

fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

fn row(name: &str, costs: &[f64]) {
    let at = |share: f64| costs[((costs.len() - 1) as f64 * share).round() as usize];
    println!(
        "{name:<44} {:>8.0} {:>8.0} {:>8.0}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// One letter that grows: sentences of real letters, one after the other.
fn lengths(card: &Card, registry: &Registry) {
    println!(
        "\n{:<44} {:>8} {:>8}",
        "one letter that grows", "µs", "µs/KB"
    );
    let sentences = letters::sentences();
    for kilobytes in [1, 4, 16, 64, 256, 1024] {
        let mut new = String::new();
        for sentence in sentences.iter().cycle() {
            if new.len() + sentence.len() > kilobytes * 1024 {
                break;
            }
            new.push_str(sentence);
        }
        let text = guichet::message::Text {
            new,
            ..Default::default()
        };
        let letter = Letter {
            from: Some("luc.perrin@univ.example"),
            ..Letter::new("Poste", &text)
        };
        let took = micros(median(9, || judge(card, registry, &letter, now())));
        println!(
            "{kilobytes:>6} KB {:<34} {took:>8.0} {:>8.1}",
            "",
            took / kilobytes as f64
        );
    }
}

fn start_up() {
    println!("\n{:<44} {:>8} {:>8}", "start and reload", "ms", "MB");
    let text = made::card_text(5_000);
    built("shipped card: compile", || {
        Card::parse(Card::shipped_text(), "card").unwrap()
    });
    built("card of 5,000 patterns: compile", || {
        Card::parse(&text, "card").unwrap()
    });
    built("example tables: load", made::example_tables);
    let files = made::table_files();
    built("10,000 people, 20,000 machines …: load", || {
        made::load(&files)
    });
}

/// Time to build a value, and the memory it holds while it stands.
fn built<T>(name: &str, make: impl Fn() -> T) {
    let took = median(5, &make);
    let before = resident();
    let kept: Vec<T> = (0..4).map(|_| make()).collect();
    let each = resident().saturating_sub(before) as f64 / 4.0 / 1024.0;
    drop(kept);
    println!("{name:<44} {:>8.1} {each:>8.1}", took.as_secs_f64() * 1e3);
}

/// Resident memory of this process in KB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
