//! The auditor: what must be true of an installation when all is quiet, whatever happened before.
//!
//! In: the ledger of every letter that was put into a mailbox, the database, the folders with
//! their raw bytes, and every copy that the mail server took. Out: the breaches, none if all is
//! well. Nothing is taken from the gateway's own word that can be seen from outside.
//!
//! The rules: every letter has exactly one disposition with a reason and lies, whole, in exactly
//! the folder of that disposition; one ticket for each request, none without one; each ticket has
//! one decision about its answer and at most one answer; every copy at the mail server is one the
//! outbox knows, byte for byte, for the ticket's requester, and repeated at most as often as
//! attempts ended behind the final dot; no machine's letter causes one, and what no letter causes has
//! an occurrence that says why; what is held says why, and
//! nothing waits for an address that letters come back from; nothing is left under way;
//! the database is whole and alone in its directory.
//!
//! `auditor_corruptions` proves that the rules find what breaks them.

#![allow(dead_code, reason = "each user needs another part of it")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use data_encoding::HEXLOWER;
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
    state: String,
    disposition: String,
    reason: String,
    ticket: Option<i64>,
    acknowledged: String,
    content_key: String,
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
        self.whole(found)?;
        let rows = self.rows()?;
        self.dispositions(found, &rows);
        self.bytes(found, &rows)?;
        self.folders(found, &rows);
        self.tickets(found, &rows)?;
        self.answers(found)?;
        self.copies(found)?;
        self.causes(found)?;
        self.held_back(found)?;
        self.under_way(found)
    }

    fn rows(&self) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.database.prepare(
            "SELECT id, mailbox, size, raw_sha256, state, disposition, reason, ticket,
                    acknowledged, content_key FROM letter ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Row {
                id: row.get(0)?,
                mailbox: row.get(1)?,
                size: row.get(2)?,
                sha: row.get(3)?,
                state: row.get(4)?,
                disposition: row.get(5)?,
                reason: row.get(6)?,
                ticket: row.get(7)?,
                acknowledged: row.get(8)?,
                content_key: row.get(9)?,
            })
        })?;
        rows.collect()
    }

    fn texts(&self, sql: &str) -> rusqlite::Result<Vec<String>> {
        let mut statement = self.database.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect()
    }

    /// I16: the file is whole, its rows refer to rows that exist, and nothing lies beside it.
    fn whole(&self, found: &mut Found) -> rusqlite::Result<()> {
        for line in self.texts("PRAGMA integrity_check")? {
            if line != "ok" {
                found.add("I16", line);
            }
        }
        for table in self.texts("SELECT \"table\" FROM pragma_foreign_key_check")? {
            found.add("I16", format!("a row of `{table}` refers to nothing"));
        }
        let known = [
            "guichet.sqlite",
            "guichet.sqlite-wal",
            "guichet.sqlite-shm",
            "guichet.lock",
            "ticket-numbers",
            "inject",
            "token-keys",
        ];
        for entry in std::fs::read_dir(self.store).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            if !known.contains(&name.as_str()) {
                found.add("I16", format!("`{name}` lies in the store"));
            }
        }
        Ok(())
    }

    /// I1 and I2: one disposition for each letter, the one the test says, and a reason.
    fn dispositions(&self, found: &mut Found, rows: &[Row]) {
        let mut listed: BTreeMap<(String, String), Vec<&Injected>> = BTreeMap::new();
        for letter in self.ledger {
            for _ in 0..letter.listings {
                let key = (letter.mailbox.clone(), taken_sha(letter, rows));
                listed.entry(key).or_default().push(letter);
            }
        }
        for row in rows {
            if row.state != "decided" || row.disposition.is_empty() {
                found.add("I1", format!("letter {} has no disposition", row.id));
            }
            if row.reason.trim().is_empty() {
                found.add("I2", format!("letter {} has no reason", row.id));
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

    /// I5: one ticket for each request, opened by it, none without one.
    fn tickets(&self, found: &mut Found, rows: &[Row]) -> rusqlite::Result<()> {
        let mut statement = self
            .database
            .prepare("SELECT number, letter FROM ticket ORDER BY number")?;
        let tickets: Vec<(i64, i64)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (number, letter) in &tickets {
            let opened = rows
                .iter()
                .find(|row| row.id == *letter)
                .is_some_and(|row| row.disposition == "ticket" && row.ticket == Some(*number));
            if !opened {
                found.add("I5", format!("ticket {number} was opened by no letter"));
            }
            let first: Option<(String, Option<i64>)> = self
                .database
                .query_row(
                    "SELECT kind, letter FROM entry WHERE ticket = ?1 ORDER BY id LIMIT 1",
                    [number],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .ok();
            if first != Some(("request".to_owned(), Some(*letter))) {
                found.add(
                    "I5",
                    format!("ticket {number} does not begin with its request"),
                );
            }
        }
        let mut contents = BTreeSet::new();
        for row in rows.iter().filter(|row| row.disposition == "ticket") {
            let opened = tickets
                .iter()
                .any(|(number, letter)| row.ticket == Some(*number) && row.id == *letter);
            if !opened {
                found.add("I5", format!("letter {} has no ticket", row.id));
            }
            if !contents.insert(&row.content_key) {
                found.add("I5", format!("letter {} opened a second ticket", row.id));
            }
        }
        let known = self.ledger.iter().all(|letter| letter.becomes.is_some());
        let requests = self
            .ledger
            .iter()
            .filter(|letter| letter.becomes == Some("ticket"))
            .count();
        if known && tickets.len() != requests {
            found.add(
                "I5",
                format!("{requests} requests, {} tickets", tickets.len()),
            );
        }
        Ok(())
    }

    /// I6 and I7: one decision about each ticket's answer, and the answer it speaks of.
    fn answers(&self, found: &mut Found) -> rusqlite::Result<()> {
        let mut statement = self.database.prepare(
            "SELECT number, answer, answer_reason,
               (SELECT count(*) FROM outbox JOIN letter AS cause ON cause.id = outbox.letter
                WHERE outbox.ticket = number AND inside = 0 AND outbox.sender = ''
                  AND cause.disposition = 'ticket'),
               (SELECT count(*) FROM outbox WHERE dedupe_key = 'ack:' || number
                  AND outbox.ticket = number AND recipient = requester)
             FROM ticket",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, answer, reason): (i64, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let (all, first): (i64, i64) = (row.get(3)?, row.get(4)?);
            if answer != "sent" && reason.is_empty() {
                found.add(
                    "I6",
                    format!("ticket {number} is {answer} without a reason"),
                );
            }
            let due = i64::from(answer != "suppressed");
            if all != due || first != due {
                found.add(
                    "I7",
                    format!("ticket {number} is {answer} and has {first} of {all} letters"),
                );
            }
        }
        Ok(())
    }

    /// I8, I10, I11: what the mail server has is what the outbox says it has.
    fn copies(&self, found: &mut Found) -> rusqlite::Result<()> {
        let persons = "SELECT message_id FROM outbox WHERE sender <> ''";
        let persons: HashSet<String> = self.texts(persons)?.into_iter().collect();
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

    /// I9: no letter goes out because of a machine's letter, a duplicate or one that is held. What
    /// goes out, or is written into a ticket, without a letter has an occurrence of that ticket,
    /// which says why it happened.
    fn causes(&self, found: &mut Found) -> rusqlite::Result<()> {
        for cause in self.texts(
            "SELECT 'row ' || outbox.id || ' because of ' || coalesce(disposition, 'nothing')
             FROM outbox LEFT JOIN letter ON letter.id = outbox.letter
             WHERE occurrence IS NULL
               AND (disposition IS NULL OR disposition NOT IN ('ticket', 'follow_up', 'command'))
             UNION ALL
             SELECT 'row ' || id || ' has two causes' FROM outbox
             WHERE occurrence IS NOT NULL AND letter IS NOT NULL
             UNION ALL
             SELECT 'row ' || outbox.id || ' has a cause of another ticket' FROM outbox
             LEFT JOIN occurrence ON occurrence.id = outbox.occurrence
             WHERE outbox.occurrence IS NOT NULL AND outbox.ticket IS NOT occurrence.ticket
             UNION ALL
             SELECT 'page ' || id || ' is there because of nothing' FROM entry
             WHERE letter IS NULL AND occurrence IS NULL AND kind <> 'delivery'
             UNION ALL
             SELECT 'page ' || id || ' has two causes' FROM entry
             WHERE occurrence IS NOT NULL AND letter IS NOT NULL
             UNION ALL
             SELECT 'occurrence ' || id || ' says nothing' FROM occurrence
             WHERE trim(cause) = '' OR trim(reason) = '' OR at <= 0
             UNION ALL
             SELECT 'occurrence ' || id || ' left nothing behind' FROM occurrence
             WHERE NOT EXISTS (SELECT 1 FROM entry WHERE occurrence = occurrence.id)
               AND NOT EXISTS (SELECT 1 FROM outbox WHERE occurrence = occurrence.id)",
        )? {
            found.add("I9", cause);
        }
        Ok(())
    }

    /// I17: what is held says why; nothing waits for a suspended address; what an admin ended has
    /// its review, and no reviewed letter lies on the wrong shelf.
    fn held_back(&self, found: &mut Found) -> rusqlite::Result<()> {
        for breach in self.texts(
            "SELECT 'row ' || id || ' is held without a reason' FROM outbox
             WHERE state = 'held' AND (hold = '' OR answer = '')
             UNION ALL
             SELECT 'row ' || id || ' is ' || state || ' and held for ' || hold FROM outbox
             WHERE state <> 'held' AND hold <> ''
             UNION ALL
             SELECT 'row ' || id || ' goes to a suspended address' FROM outbox
             JOIN failing ON address = recipient AND suspended_at > 0
             WHERE state = 'pending'
             UNION ALL
             SELECT 'row ' || id || ' waits for an address that is not suspended' FROM outbox
             WHERE hold = 'suspended' AND NOT EXISTS (SELECT 1 FROM failing
               WHERE address = recipient AND suspended_at > 0)
             UNION ALL
             SELECT 'letter ' || letter.id || ' was discarded by nobody' FROM letter
             LEFT JOIN review ON review.id = letter.review AND act = 'discard'
             WHERE letter.disposition = 'discarded' AND review.id IS NULL
             UNION ALL
             SELECT 'letter ' || id || ' lies with the held ones' FROM letter
             WHERE shelf = 'held' AND disposition <> 'held'",
        )? {
            found.add("I17", breach);
        }
        Ok(())
    }

    /// I13: nothing is under way any more.
    fn under_way(&self, found: &mut Found) -> rusqlite::Result<()> {
        for row in self.texts(&format!(
            "SELECT 'row ' || id || ' is ' || state FROM outbox
             WHERE state NOT IN ('sent', 'failed', 'held', 'cancelled', 'bounced')
               AND NOT (state = 'pending' AND (due_at > {}
                 OR EXISTS (SELECT 1 FROM setting WHERE name = 'outbox_hold')))",
            self.now
        ))? {
            found.add("I13", row);
        }
        for row in self.texts(
            "SELECT 'an attempt of row ' || outbox || ' has no end' FROM attempt WHERE outcome = ''",
        )? {
            found.add("I13", row);
        }
        Ok(())
    }
}

struct Found(Vec<Breach>);

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
