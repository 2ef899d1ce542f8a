//! What was written of late, counted for `decide::budget`, and the gate every row passes on its way
//! into the outbox.
//!
//! Counts end at their limit, so that they cost the same in a flood as on a quiet day. After
//! `guichet outbox release` counting begins anew: an admin has looked, and what trips the breaker
//! must not trip it again with the next letter.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::bounce::{suspended, waits};
use super::context::{At, Totals, count};
use super::outbox::hold;
use crate::compose::notice_letter::OutboundMessage;
use crate::decide::answer::{Limits, Sent, matter};
use crate::decide::budget::{Passage, Traffic, passage, team_passage};
use crate::message::Message;

/// When an admin last released the outbox, Unix seconds.
pub(super) const SINCE: &str = "budget_since";
/// The usual, and the day it was counted on.
const USUAL: &str = "usual_hour";
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Days that make a usual.
const DAYS: i64 = 7;
/// Letters to one address a day whose subjects are compared.
const SUBJECTS: u64 = 200;

/// The budgets in force.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    /// How much is enough.
    pub limits: Limits,
    /// Domains that have no budget of their own, in lower case.
    pub own_domains: BTreeSet<String>,
}

/// How a row begins.
pub(super) struct Entrance {
    pub(super) state: &'static str,
    pub(super) hold: &'static str,
    pub(super) why: String,
}

/// The domain of an address, in lower case.
pub(super) fn domain_of(address: &str) -> String {
    address
        .rsplit_once('@')
        .map_or("", |(_, domain)| domain)
        .to_lowercase()
}

/// Whether a row may go out; trips the breaker if it is too much for everybody.
pub(super) fn gate(
    sql: &Connection,
    at: &At<'_>,
    message: &OutboundMessage,
    totals: &mut Totals,
) -> Result<Entrance, StoreError> {
    let recipient = message.recipient.as_str();
    // No ticket has the number 0.
    let ticket = message.ticket.map_or(0, |ticket| ticket.0);
    if let Some(why) = suspended(sql, recipient)? {
        return Ok(held("suspended", waits(&why)));
    }
    let passage = if message.kind.is_inside() {
        // The team has to know, however much there is: it has a breaker and no other budget.
        team_passage(&at.budget.limits, to_team(sql, at, totals)?)
    } else {
        passage(
            &at.budget.limits,
            traffic(sql, at, recipient, ticket, totals)?,
        )
    };
    Ok(match passage {
        Passage::Free => Entrance {
            state: "pending",
            hold: "",
            why: String::new(),
        },
        Passage::Held(rule, why) => {
            tracing::error!(%rule, ticket, "a letter is held: a budget is spent");
            held("budget", why)
        }
        Passage::Breaker(why) => {
            if hold(sql, &why)? {
                tracing::error!(
                    "too much goes out: the outbox is held until `guichet outbox release`"
                );
            }
            held("budget", why)
        }
    })
}

/// What was written to the team within the hour.
fn to_team(sql: &Connection, at: &At<'_>, totals: &mut Totals) -> Result<u64, StoreError> {
    totals.sent(sql, true, since(sql, at.now, HOUR)?)
}

/// What was written before a row, as far as it bears on every kind of letter.
fn traffic(
    sql: &Connection,
    at: &At<'_>,
    recipient: &str,
    ticket: i64,
    totals: &mut Totals,
) -> Result<Traffic, StoreError> {
    let (limits, now) = (&at.budget.limits, at.now);
    let (hour, day) = (since(sql, now, HOUR)?, since(sql, now, DAY)?);
    Ok(Traffic {
        to_recipient: capped(
            sql,
            "recipient = ?1 AND created_at > ?2",
            &[&recipient, &hour, &cap(limits.per_address)],
        )?,
        about_ticket: capped(
            sql,
            // The plus signs keep the search on the ticket's few rows: by `inside` and the time it
            // would walk through everything of the day.
            "ticket = ?1 AND +inside = 0 AND +created_at > ?2",
            &[&ticket, &day, &cap(limits.per_ticket)],
        )?,
        to_domain: to_domain(sql, at.budget, &domain_of(recipient), hour)?,
        to_all: totals.sent(sql, false, hour)?,
        usual: usual(sql, now)?,
    })
}

fn held(hold: &'static str, why: String) -> Entrance {
    Entrance {
        state: "held",
        hold,
        why,
    }
}

/// What was written to an author, as far as it bears on their next answer.
pub(super) fn sent(
    sql: &Connection,
    at: &At<'_>,
    author: &str,
    message: &Message,
    totals: &mut Totals,
) -> Result<Sent, StoreError> {
    let (budget, now) = (at.budget, at.now);
    let since_hour = since(sql, now, HOUR)?;
    // Days are not forgotten on release: that a stranger had an answer today stays true.
    let since_day = before(now, DAY);
    let limits = &budget.limits;
    let most = limits.per_recipient_day.max(limits.per_stranger);
    Ok(Sent {
        to_author: capped(
            sql,
            "recipient = ?1 AND created_at > ?2 AND dedupe_key LIKE 'ack:%'",
            &[&author, &since_hour, &cap(limits.per_recipient)],
        )?,
        to_author_today: capped(
            sql,
            "recipient = ?1 AND created_at > ?2 AND dedupe_key LIKE 'ack:%'",
            &[&author, &since_day, &cap(most)],
        )?,
        under_subject: under_subject(sql, author, &matter(&message.subject), since_day)?,
        to_domain: to_domain(sql, budget, &domain_of(author), since_hour)?,
        to_all: totals.sent(sql, false, since_hour)?,
        usual: usual(sql, now)?,
    })
}

fn to_domain(
    sql: &Connection,
    budget: &Budget,
    domain: &str,
    since: i64,
) -> Result<u64, StoreError> {
    if budget.own_domains.contains(domain) {
        return Ok(0);
    }
    capped(
        sql,
        "domain = ?1 AND created_at > ?2",
        &[&domain, &since, &cap(budget.limits.per_domain)],
    )
}

/// Rows to an author because of their letters with this subject. Letters without one have nothing
/// in common.
fn under_subject(
    sql: &Connection,
    author: &str,
    wanted: &str,
    since: i64,
) -> Result<u64, StoreError> {
    if wanted.is_empty() {
        return Ok(0);
    }
    let mut statement = sql.prepare_cached(
        "SELECT letter.subject FROM outbox JOIN letter ON letter.id = outbox.letter
         WHERE outbox.recipient = ?1 AND outbox.created_at > ?2
           AND outbox.dedupe_key LIKE 'ack:%'
         ORDER BY outbox.created_at DESC LIMIT ?3",
    )?;
    let mut rows = statement.query(params![author, since, cap(SUBJECTS)])?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        let subject: String = row.get(0)?;
        found += u64::from(matter(&subject) == wanted);
    }
    Ok(found)
}

/// Counts rows of the outbox, up to a limit that is the last value.
fn capped(
    sql: &Connection,
    filter: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<u64, StoreError> {
    let statement = format!("SELECT count(*) FROM (SELECT 1 FROM outbox WHERE {filter} LIMIT ?3)");
    count(sql, &statement, values)
}

fn cap(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn before(now: Timestamp, seconds: i64) -> i64 {
    now.as_second().saturating_sub(seconds)
}

/// The beginning of a span that ends now, but not before an admin's last release.
fn since(sql: &Connection, now: Timestamp, seconds: i64) -> Result<i64, StoreError> {
    Ok(setting(sql, SINCE)?
        .and_then(|value| value.parse().ok())
        .unwrap_or(i64::MIN)
        .max(before(now, seconds)))
}

fn setting(sql: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(sql
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

/// See [`Traffic::usual`]. Counted once a day, because it reads a week.
fn usual(sql: &Connection, now: Timestamp) -> Result<Option<u64>, StoreError> {
    let day = now.as_second().div_euclid(DAY);
    if let Some(kept) = setting(sql, USUAL)?
        && let Some((of, value)) = kept.split_once(' ')
        && of.parse() == Ok(day)
    {
        return Ok(value.parse().ok());
    }
    let today = day * DAY;
    let first = today - DAYS * DAY;
    let known: bool = sql
        .prepare_cached("SELECT 1 FROM outbox WHERE inside IN (0, 1) AND created_at < ?1 LIMIT 1")?
        .exists([first])?;
    let value = known
        .then(|| median_of_busiest(sql, first, today))
        .transpose()?;
    let word = value.map_or_else(|| "none".to_owned(), |value| value.to_string());
    sql.prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")?
        .execute([USUAL, &format!("{day} {word}")])?;
    Ok(value)
}

fn median_of_busiest(sql: &Connection, from: i64, to: i64) -> Result<u64, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT day, max(n) FROM
           (SELECT created_at / 86400 AS day, count(*) AS n FROM outbox
            WHERE inside = 0 AND created_at >= ?1 AND created_at < ?2 GROUP BY created_at / 3600)
         GROUP BY day",
    )?;
    let mut busiest: Vec<u64> = statement
        .query_map([from, to], |row| row.get::<_, i64>(1))?
        .map(|n| n.map(super::journal::unsigned))
        .collect::<Result<_, _>>()?;
    // Days without any letter have no row.
    busiest.resize(usize::try_from(DAYS).unwrap_or_default(), 0);
    busiest.sort_unstable();
    Ok(busiest.get(busiest.len() / 2).copied().unwrap_or_default())
}

/// From now on the hour's counting begins anew.
pub(super) fn begin_anew(sql: &Connection, now: Timestamp) -> Result<(), StoreError> {
    sql.execute(
        "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
        params![SINCE, now.as_second().to_string()],
    )?;
    Ok(())
}
