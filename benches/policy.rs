//! How long the policy takes for a letter, and what card and tables cost.
//!
//! `cargo bench --bench policy` judges every letter of the repository (own, held-out, files) with
//! the shipped card and the tables the letter belongs to, and then with a generated site: 5,000
//! patterns more, 10,000 people, 20,000 machines, 5,000 programs. Each letter is judged
//! `POLICY_ROUNDS` times (20); a row shows the median, p99 and worst of all these. Then:
//!
//! - growth in patterns, half of whose words occur in the letters and half do not;
//! - growth in length, the letters glued together, and texts made to be slow. From 64 KB on no
//!   more is read, so those rows ask for a letter's head as a library without that limit would;
//! - reading card and tables: time, and what they keep resident.
//!
//! `POLICY_ONLY=shipped` runs the first row alone, for a profiler.
//!
//! Honest limits: one thread, warm caches, wall clock on whatever else runs here; the worst is
//! often the scheduler.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement that cannot go on must stop loudly"
)]

#[path = "policy/generated.rs"]
mod generated;
#[path = "../tests/it/policy_letters.rs"]
#[allow(dead_code, reason = "each user needs another part of it")]
mod policy_letters;

use std::hint::black_box;
use std::time::{Duration, Instant};

use guichet::message::Text;
use guichet::policy::{Card, Letter, judge};
use guichet::registry::Registry;
use policy_letters::Case;

fn main() {
    let cases = policy_letters::all();
    let rounds = number("POLICY_ROUNDS", 20);
    let bytes: usize = cases.iter().map(|case| case.text.new.len()).sum();
    println!(
        "policy: {} letters, {} bytes of new text on average, {rounds} rounds each",
        cases.len(),
        bytes / cases.len()
    );
    println!(
        "{:<44} {:>9} {:>9} {:>9}",
        "microseconds a letter", "median", "p99", "max"
    );
    let card = policy_letters::card();
    row("shipped card, own tables", cases, rounds, |case| {
        judged(card, &case.registry, case)
    });
    if std::env::var_os("POLICY_ONLY").is_some() {
        return;
    }
    let site = generated::Site::new(cases);
    let tables = site.registry();
    row("shipped card, generated tables", cases, rounds, |case| {
        judged(card, &tables, case)
    });
    for patterns in [500, 1_000, 2_000, 5_000] {
        let card = Card::parse(&site.card(patterns), "generated.toml").unwrap();
        let name = format!("{patterns} patterns more, generated tables");
        row(&name, cases, rounds, |case| judged(&card, &tables, case));
    }
    lengths(card, cases);
    start(&site);
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |value| value.parse().unwrap())
}

fn judged(card: &Card, registry: &Registry, case: &Case) {
    black_box(judge(card, registry, &case.letter(), case.now));
}

fn row(name: &str, cases: &[Case], rounds: usize, judge: impl Fn(&Case)) {
    for case in cases {
        judge(case);
    }
    let mut times = Vec::with_capacity(cases.len() * rounds);
    for _ in 0..rounds {
        for case in cases {
            let start = Instant::now();
            judge(case);
            times.push(start.elapsed());
        }
    }
    times.sort_unstable();
    let at = |share: f64| micros(times[((times.len() - 1) as f64 * share).round() as usize]);
    println!(
        "{name:<44} {:>9.0} {:>9.0} {:>9.0}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Growth in length: letters glued together, and texts that were made to be slow.
fn lengths(card: &Card, cases: &[Case]) {
    let mut glued = String::new();
    for case in cases.iter().cycle() {
        glued.push_str(&case.text.new);
        glued.push_str("\n\n");
        if glued.len() > 1 << 20 {
            break;
        }
    }
    let sizes = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20];
    print!("{:<44}", "microseconds by length (best of 5)");
    sizes.iter().for_each(|size| print!(" {:>7} K", size >> 10));
    println!();
    let slow = |text: &str| text.repeat((1 << 20) / text.len() + 1);
    for (name, text) in [
        ("letters glued together", glued),
        ("negations without a stop", slow("pas mon pc perso si non ")),
        (
            "inventory numbers",
            slow("2026-00233 2024-00417 pc-bio-12 "),
        ),
        ("turns of speech", slow("mais but ")),
        ("one word", slow("a")),
        ("links", slow("https://x.example/a\\b x@y.example ")),
        ("stops and quotation marks", slow("\". « ? ")),
    ] {
        print!("{name:<44}");
        for size in sizes {
            let text = Text {
                new: text[..text.floor_char_boundary(size)].to_owned(),
                ..Text::default()
            };
            let letter = Letter {
                from: Some(&cases[0].from),
                ..Letter::new("", &text)
            };
            let best = (0..5)
                .map(|_| {
                    let start = Instant::now();
                    black_box(judge(card, &cases[0].registry, &letter, cases[0].now));
                    start.elapsed()
                })
                .min();
            print!(" {:>9.0}", micros(best.unwrap()));
        }
        println!();
    }
}

/// What it costs to be ready.
fn start(site: &generated::Site) {
    println!("{:<44} {:>9} {:>9}", "reading", "ms", "MB");
    let large = site.card(5_000);
    ready("shipped card", || {
        Card::parse(Card::shipped_text(), "shipped.toml").unwrap()
    });
    ready("card of 5,000 patterns more", || {
        Card::parse(&large, "generated.toml").unwrap()
    });
    ready("tables: 10,000 people, 20,000 machines", || site.registry());
}

/// Time, and what stays resident.
fn ready<T>(name: &str, read: impl Fn() -> T) {
    drop(read());
    let before = resident();
    let start = Instant::now();
    let first = read();
    let took = start.elapsed();
    // One is too little against what the allocator keeps.
    let more: Vec<T> = (0..7).map(|_| read()).collect();
    let kept = resident().saturating_sub(before) as f64 / 8.0 / 1024.0;
    drop((first, more));
    println!("{name:<44} {:>9.1} {kept:>9.1}", took.as_secs_f64() * 1e3);
}

/// Resident memory of this process in kB.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
    line.unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap()
}
