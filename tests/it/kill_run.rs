//! `kill -9` at random moments while letters flow: nothing is lost, and nobody gets a letter twice
//! but where a delivery was cut off behind its final dot.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::auditor::Injected;
use crate::dovecot::Dovecot;
use crate::foreign_smtp::ForeignSmtp;
use crate::gateway_process::Site;
use crate::post::{
    again, assert_clean, automatic, imap_at, imap_shelves, refused, request, unreadable,
};

/// Kills; `GUICHET_TEST_KILLS` asks for a longer run.
const KILLS: usize = 20;
/// Letters for each kill.
const PORTION: usize = 15;

/// A generator of numbers that look random (xorshift): the same ones for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Every tenth letter is a machine's, every tenth comes twice, every fiftieth is unreadable.
fn letters(count: usize) -> Vec<Injected> {
    let mut letters = Vec::new();
    for n in 0.. {
        if letters.len() >= count {
            return letters;
        }
        let (raw, becomes) = match n % 50 {
            7 | 17 | 27 | 37 | 47 => (automatic(n), "automatic"),
            49 => (unreadable(n), "held"),
            m if m % 5 == 0 => (refused(n), "ticket"),
            _ => (request(n), "ticket"),
        };
        letters.push(Injected::new("support", &raw, becomes));
        if n % 10 == 3 && letters.len() < count {
            letters.push(Injected::new("support", &again(&raw), "duplicate"));
        }
    }
    letters
}

/// The next letters of those that wait, last first.
fn take(waiting: &mut Vec<Vec<u8>>, count: usize) -> Vec<Vec<u8>> {
    let mut letters = waiting.split_off(waiting.len().saturating_sub(count));
    letters.reverse();
    letters
}

#[test]
fn kills_at_random_moments_lose_nothing_and_repeat_only_what_nobody_can_know() {
    let asked = |name| {
        std::env::var(name)
            .ok()
            .and_then(|value| value.parse::<u64>().ok())
    };
    let seed = asked("GUICHET_TEST_SEED").unwrap_or_else(|| getrandom::u64().unwrap() | 1);
    let kills = asked("GUICHET_TEST_KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap());
    let count = kills * PORTION;
    println!("GUICHET_TEST_SEED={seed}");
    let mut dice = Dice(seed);
    let began = Instant::now();
    let mut ledger = letters(count);
    let server = Dovecot::start();
    let sink = ForeignSmtp::start();
    let mut site = Site::new();
    site.watch_imap("support", &imap_at(&server));
    site.send_smtp(sink.port());

    let mut waiting: Vec<Vec<u8>> = ledger.iter().rev().map(|l| l.raw.clone()).collect();
    let mut killed_amid_work = 0;
    for _ in 0..kills {
        let early = 1 + usize::try_from(dice.below(PORTION as u64)).unwrap();
        let known = site.ask("SELECT count(*) FROM letter").unwrap_or(0);
        server.append("INBOX", &take(&mut waiting, early));
        let mut gateway = site.start();
        let some_time = match dice.below(4) {
            // Anywhere, from before the program's first line.
            0 => dice.below(400),
            // As it begins, with what the last process left.
            1 => {
                gateway.wait_logged("guichet is ready");
                dice.below(60)
            }
            // Amid letters that have just been taken in, and their answers.
            _ => {
                site.wait("a letter in the journal", || {
                    site.ask("SELECT count(*) FROM letter") > Some(known)
                });
                dice.below(40)
            }
        };
        server.append("INBOX", &take(&mut waiting, PORTION - early));
        std::thread::sleep(Duration::from_millis(some_time));
        gateway.kill();
        let under_way = site.ask(
            "SELECT (SELECT count(*) FROM letter WHERE state = 'received')
                  + (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))",
        );
        killed_amid_work += usize::from(under_way.is_some_and(|rows| rows > 0));
    }
    waiting.reverse();
    server.append("INBOX", &waiting);
    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait("all letters in the journal", || {
        site.ask("SELECT count(*) FROM letter") == Some(i64::try_from(count).unwrap())
    });
    site.wait_quiet(count);
    site.wait("an empty INBOX", || server.count("INBOX") == 0);
    assert!(gateway.terminate().success(), "{}", site.log());

    // A letter that was being read at three kills is held: nobody can know that it was innocent.
    for row in site.texts("SELECT raw_sha256 FROM letter WHERE reason LIKE 'poison%'") {
        println!("held after three kills: {row:.8}");
        for letter in &mut ledger {
            letter.becomes = None;
        }
    }
    let copies = sink.copies();
    assert_clean(&site, &ledger, &[imap_shelves("support", &server)], &copies);
    let mut taken: BTreeMap<&[u8], usize> = BTreeMap::new();
    for copy in &copies {
        *taken.entry(&copy.bytes).or_default() += 1;
    }
    let repeated: usize = taken.values().map(|times| times - 1).sum();
    let dots = site
        .ask("SELECT count(*) FROM attempt WHERE phase = 'dot' AND outcome <> 'delivered'")
        .unwrap();
    println!(
        "{kills} kills, {killed_amid_work} amid work, {} copies, {repeated} repeated, {dots} cut off behind the dot, {:?}",
        copies.len(),
        began.elapsed()
    );
    assert!(repeated <= usize::try_from(dots).unwrap());
    assert!(
        killed_amid_work > kills / 4,
        "the kills hit an idle process"
    );
}
