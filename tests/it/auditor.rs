//! The auditor: what must be true of an installation when all is quiet, whatever happened before.
//!
//! In: the ledger of every letter that was put into a mailbox, the database, the folders with
//! their raw bytes, and every copy that the mail server took. Out: the breaches, none if all is
//! well. Nothing is taken from the gateway's own word that can be seen from outside.
//!
//! What the database alone can show is asked of the program's own auditor
//! ([`guichet::store::audit`]). Here is what only a test knows: every letter that came has the
//! disposition the test says and lies, whole, in exactly the folder of that disposition; as many
//! tickets as requests; every copy at the mail server is one the outbox knows, byte for byte, for
//! its recipient, and repeated at most as often as attempts ended behind the final dot.
//!
//! `auditor_corruptions` proves that the rules find what breaks them.

#![allow(dead_code, reason = "each user needs another part of it")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use data_encoding::HEXLOWER;
use guichet::decide::answer::Limits;
use guichet::store::View;
use guichet::store::audit::{Listener, Progress, Terms};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

/// A letter that the test put into a mailbox.
#[derive(Debug, Clone)]
pub struct Injected {
    /// The mailbox's name in the configuration.
    pub mailbox: String,
    pub raw: Vec<u8>,
    /// What must become of it, such as `ticket`; none if the test does not say.
    pub becomes: Option<&'static str>,
    /// How often the server listed it as new: more than once after a new UIDVALIDITY.
    pub listings: usize,
}

impl Injected {
    pub fn new(mailbox: &str, raw: &[u8], becomes: &'static str) -> Self {
        Self {
            mailbox: mailbox.to_owned(),
            raw: raw.to_vec(),
            becomes: Some(becomes),
            listings: 1,
        }
    }
}

/// The folders of one mailbox at the end.
#[derive(Debug, Clone, Default)]
pub struct Shelves {
    pub mailbox: String,
    pub watched: Vec<Vec<u8>>,
    pub done: Vec<Vec<u8>>,
    pub held: Vec<Vec<u8>>,
}

/// A letter that the mail server took responsibility for.
#[derive(Debug, Clone)]
pub struct SinkCopy {
    pub sender: String,
    pub recipients: Vec<String>,
    pub bytes: Vec<u8>,
}

/// Everything that is looked at.
pub struct Audit<'a> {
    pub database: &'a Connection,
    pub store: &'a Path,
    pub ledger: &'a [Injected],
    pub shelves: &'a [Shelves],
    pub sink: &'a [SinkCopy],
    pub now: i64,
}

/// A rule that is broken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    pub rule: &'static str,
    pub what: String,
}

/// What a row of the journal says.
struct Row {
    id: i64,
    mailbox: String,
    size: i64,
    sha: String,
    disposition: String,
    acknowledged: String,
}

impl Audit<'_> {
    /// Every breach there is; none is what a test wants.
    pub fn breaches(&self) -> Vec<Breach> {
        let mut found = Found(Vec::new());
        if let Err(error) = self.look(&mut found) {
            found.add("I16", format!("the database cannot be read: {error}"));
        }
        found.0
    }

    fn look(&self, found: &mut Found) -> rusqlite::Result<()> {
        self.store(found);
        let rows = self.rows()?;
        self.dispositions(found, &rows);
        self.bytes(found, &rows)?;
        self.folders(found, &rows);
        self.tickets(found)?;
        self.copies(found)
    }

    /// What the program's own auditor says of the store, with no patience.
    fn store(&self, found: &mut Found) {
        let terms = Terms {
            now: self.now,
            grace: 0,
            limits: Limits {
                per_address: 1_000_000,
                per_hour: 1_000_000,
                ..Limits::default()
            },
            beside: BTreeSet::new(),
        };
        let audited = View::open(self.store).and_then(|view| view.audit(&terms, found));
        if let Err(error) = audited {
            found.add("I16", format!("the store cannot be read: {error}"));
        }
    }

    fn rows(&self) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.database.prepare(
            "SELECT id, mailbox, size, raw_sha256, disposition, acknowledged FROM letter
             ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Row {
                id: row.get(0)?,
                mailbox: row.get(1)?,
                size: row.get(2)?,
                sha: row.get(3)?,
                disposition: row.get(4)?,
                acknowledged: row.get(5)?,
            })
        })?;
        rows.collect()
    }

    /// I1: one row for each letter, with the disposition that the test says.
    fn dispositions(&self, found: &mut Found, rows: &[Row]) {
        let mut listed: BTreeMap<(String, String), Vec<&Injected>> = BTreeMap::new();
        for letter in self.ledger {
            for _ in 0..letter.listings {
                let key = (letter.mailbox.clone(), taken_sha(letter, rows));
                listed.entry(key).or_default().push(letter);
            }
        }
        let mut decided: BTreeMap<(String, String), Vec<&Row>> = BTreeMap::new();
        for row in rows {
            let key = (row.mailbox.clone(), row.sha.clone());
            decided.entry(key).or_default().push(row);
        }
        let keys: BTreeSet<_> = listed.keys().chain(decided.keys()).cloned().collect();
        for key in keys {
            let letters = listed.get(&key).map_or(&[][..], Vec::as_slice);
            let rows = decided.get(&key).map_or(&[][..], Vec::as_slice);
            if letters.len() != rows.len() {
                found.add(
                    "I1",
                    format!(
                        "{} letters {:.8} came to `{}`, and {} rows say so",
                        letters.len(),
                        key.1,
                        key.0,
                        rows.len()
                    ),
                );
            }
            // Rows beyond the first of a letter that was listed again are duplicates of it.
            let mut wanted: Vec<&str> = Vec::new();
            for letter in self.ledger.iter().filter(|letter| {
                letter.mailbox == key.0 && taken_sha_is(letter, &key.1, rows.first().copied())
            }) {
                let Some(becomes) = letter.becomes else {
                    continue;
                };
                wanted.push(becomes);
                let again = if becomes == "held" {
                    "held"
                } else {
                    "duplicate"
                };
                wanted.extend(std::iter::repeat_n(again, letter.listings - 1));
            }
            let mut are: Vec<&str> = rows.iter().map(|row| row.disposition.as_str()).collect();
            wanted.sort_unstable();
            are.sort_unstable();
            if !wanted.is_empty() && wanted != are {
                found.add(
                    "I1",
                    format!("letter {:.8} became {are:?} instead of {wanted:?}", key.1),
                );
            }
        }
    }

    /// I4: the bytes that are kept are the bytes that came.
    fn bytes(&self, found: &mut Found, rows: &[Row]) -> rusqlite::Result<()> {
        let injected: BTreeSet<String> =
            self.ledger.iter().map(|letter| sha(&letter.raw)).collect();
        for row in rows {
            let kept: Option<(i64, Vec<u8>)> = self
                .database
                .query_row(
                    "SELECT length, bytes FROM raw WHERE letter = ?1",
                    [row.id],
                    |raw| Ok((raw.get(0)?, raw.get(1)?)),
                )
                .ok();
            let raw = kept.and_then(|(length, bytes)| {
                zstd::bulk::decompress(&bytes, usize::try_from(length).ok()?).ok()
            });
            let Some(raw) = raw else {
                found.add("I4", format!("letter {} has lost its bytes", row.id));
                continue;
            };
            let whole = i64::try_from(raw.len()) == Ok(row.size);
            let from_ledger = if whole {
                injected.contains(&sha(&raw))
            } else {
                self.ledger.iter().any(|letter| {
                    i64::try_from(letter.raw.len()) == Ok(row.size) && letter.raw.starts_with(&raw)
                })
            };
            if sha(&raw) != row.sha || !from_ledger {
                found.add("I4", format!("letter {} has other bytes", row.id));
            }
        }
        Ok(())
    }

    /// I3: each letter lies in exactly one folder, that of its disposition, as it came.
    fn folders(&self, found: &mut Found, rows: &[Row]) {
        let mut lie: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
        for shelves in self.shelves {
            for (shelf, letters) in [
                ("watched", &shelves.watched),
                ("done", &shelves.done),
                ("held", &shelves.held),
            ] {
                for raw in letters {
                    let key = (shelves.mailbox.clone(), sha(raw));
                    lie.entry(key).or_default().push(shelf);
                }
            }
        }
        let mut come: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
        for letter in self.ledger {
            let key = (letter.mailbox.clone(), sha(&letter.raw));
            let (letters, listings) = come.entry(key).or_default();
            *letters += 1;
            *listings += letter.listings;
        }
        let keys: BTreeSet<_> = lie.keys().chain(come.keys()).cloned().collect();
        for key in keys {
            let mut are = lie.get(&key).cloned().unwrap_or_default();
            let (letters, listings) = come.get(&key).copied().unwrap_or_default();
            if are.len() != letters {
                found.add(
                    "I3",
                    format!(
                        "{letters} letters {:.8} came to `{}`, {} lie there",
                        key.1,
                        key.0,
                        are.len()
                    ),
                );
                continue;
            }
            let Some(letter) = self.ledger.iter().find(|l| sha(&l.raw) == key.1) else {
                continue;
            };
            let mut belong: Vec<&str> = rows
                .iter()
                .filter(|row| row.mailbox == key.0 && row.sha == taken_sha(letter, rows))
                .map(|row| match (row.acknowledged.as_str(), &*row.disposition) {
                    ("stays", _) => "watched",
                    (_, "held") => "held",
                    _ => "done",
                })
                .collect();
            are.sort_unstable();
            belong.sort_unstable();
            let fits = if letters == listings {
                are == belong
            } else {
                are.iter().all(|shelf| belong.contains(shelf))
            };
            if !fits {
                found.add(
                    "I3",
                    format!("letter {:.8} lies in {are:?} instead of {belong:?}", key.1),
                );
            }
        }
    }

    /// I5: as many tickets as requests.
    fn tickets(&self, found: &mut Found) -> rusqlite::Result<()> {
        let tickets: i64 = self
            .database
            .query_row("SELECT count(*) FROM ticket", [], |row| row.get(0))?;
        let known = self.ledger.iter().all(|letter| letter.becomes.is_some());
        let requests = self
            .ledger
            .iter()
            .filter(|letter| letter.becomes == Some("ticket"))
            .count();
        if known && usize::try_from(tickets) != Ok(requests) {
            found.add("I5", format!("{requests} requests, {tickets} tickets"));
        }
        Ok(())
    }

    /// I8, I10, I11: what the mail server has is what the outbox says it has.
    fn copies(&self, found: &mut Found) -> rusqlite::Result<()> {
        let persons: HashSet<String> = self
            .database
            .prepare("SELECT message_id FROM outbox WHERE sender <> ''")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut taken: HashMap<String, Vec<&SinkCopy>> = HashMap::new();
        for copy in self.sink {
            let id = field(&copy.bytes, "message-id").unwrap_or_default();
            let id = id.trim_matches(['<', '>']).to_owned();
            let by_person = persons.contains(&id);
            taken.entry(id).or_default().push(copy);
            if by_person {
                if field(&copy.bytes, "auto-submitted").is_some() || copy.sender.is_empty() {
                    found.add(
                        "I11",
                        "a person's words say that they are automatic".to_owned(),
                    );
                }
            } else if field(&copy.bytes, "auto-submitted").is_none_or(|value| value == "no")
                || field(&copy.bytes, "x-auto-response-suppress").is_none()
                || !copy.sender.is_empty()
            {
                found.add("I11", "a copy does not say that it is automatic".to_owned());
            }
        }
        let mut statement = self.database.prepare(
            "SELECT id, message_id, recipient, bytes, state,
               (SELECT count(*) FROM attempt WHERE outbox = id AND attempt.phase = 'dot'),
               (SELECT count(*) FROM attempt WHERE outbox = id AND outcome = 'delivered'),
               (SELECT count(*) FROM attempt WHERE outbox = id), attempts
             FROM outbox",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, message_id, recipient): (i64, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let (bytes, state): (Vec<u8>, String) = (row.get(3)?, row.get(4)?);
            let (dots, delivered): (usize, usize) = (count(row, 5)?, count(row, 6)?);
            let (attempts, counted): (usize, usize) = (count(row, 7)?, count(row, 8)?);
            let copies = taken.remove(&message_id).unwrap_or_default();
            // What bounced had been taken, or its last word was not heard.
            let taken_right = match state.as_str() {
                "bounced" => delivered <= 1,
                state => usize::from(state == "sent") == delivered,
            };
            if !taken_right || attempts != counted {
                found.add(
                    "I8",
                    format!("row {id} is {state} after {delivered} deliveries in {attempts} of {counted} attempts"),
                );
            }
            if state == "sent" && copies.is_empty() {
                found.add("I8", format!("row {id} is sent, and nobody has it"));
            }
            if copies.len() > dots {
                found.add(
                    "I8",
                    format!("row {id} was sent {} times with {dots} dots", copies.len()),
                );
            }
            for copy in copies {
                if trimmed(&copy.bytes) != trimmed(&bytes) {
                    found.add("I8", format!("row {id} went out with other bytes"));
                }
                if copy.recipients != [recipient.as_str()] {
                    found.add("I10", format!("row {id} went to another address"));
                }
            }
        }
        for id in taken.keys() {
            found.add("I8", format!("the outbox does not know the copy `{id}`"));
        }
        Ok(())
    }
}

struct Found(Vec<Breach>);

impl Listener for Found {
    fn breach(&mut self, breach: guichet::store::audit::Breach) {
        self.add(breach.rule, breach.to_string());
    }

    fn progress(&mut self, _: Progress) {}
}

impl Found {
    fn add(&mut self, rule: &'static str, what: String) {
        self.0.push(Breach { rule, what });
    }
}

fn count(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(column)?).unwrap_or(usize::MAX))
}

pub fn sha(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The hash of what the gateway takes in of a letter: of its head if it is too large.
fn taken_sha(letter: &Injected, rows: &[Row]) -> String {
    let head = letter.raw.get(..HEAD);
    match head.map(sha) {
        Some(head) if rows.iter().any(|row| row.sha == head) => head,
        _ => sha(&letter.raw),
    }
}

fn taken_sha_is(letter: &Injected, wanted: &str, row: Option<&Row>) -> bool {
    row.map_or_else(
        || sha(&letter.raw) == wanted,
        |row| taken_sha(letter, std::slice::from_ref(row)) == wanted,
    )
}

/// Bytes taken in of a letter that is too large.
const HEAD: usize = 256 * 1024;

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_end()
}

/// The value of a field that stands in one line, in lower case.
fn field(letter: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(letter);
    let head = text.split("\r\n\r\n").next()?;
    head.split("\r\n").find_map(|line| {
        let (field, value) = line.split_once(':')?;
        let found = field.eq_ignore_ascii_case(name);
        found.then(|| value.trim().to_lowercase())
    })
}
