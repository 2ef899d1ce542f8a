//! `guichet policy examples`: refusals a person took back, as letters no card may refuse again.
//!
//! Each line holds the words that were judged and the facts of that day, so that the same card
//! refuses it again until the card is changed, or until whoever looks into it finds that a table
//! was wrong and corrects the facts of the line.

use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::Window;
use super::past::Past;
use crate::cli::{Failure, json as as_line, print, runtime};
use crate::message::Message;
use crate::policy::{Trace, day, labelled};
use crate::store::decisions::Decided;

pub(super) fn examples(file: &Path, window: &Window) -> Result<ExitCode, Failure> {
    let past = Past::open(file, window)?;
    let mut overturned = Vec::new();
    past.decisions(|decided| {
        if decided.fate.overturned {
            overturned.push(decided);
        }
        Ok(())
    })?;
    let unread = runtime()?.block_on(async {
        let mut unread = 0_usize;
        for decided in &overturned {
            match past.message(decided.letter).await {
                Some(message) => print(&as_line(&example(decided, &message)?)?)?,
                None => unread += 1,
            }
        }
        past.close().await;
        Ok::<_, Failure>(unread)
    })?;
    if unread > 0 {
        let problem = format!("{unread} overturned refusals could not be read again");
        return Err(Failure::new(65, problem));
    }
    Ok(ExitCode::SUCCESS)
}

fn example(decided: &Decided, message: &Message) -> Result<Value, Failure> {
    let stored: Value =
        serde_json::from_str(&decided.trace).map_err(|error| Failure::new(70, error))?;
    let verdict = stored.get("verdict").unwrap_or(&Value::Null);
    let trace = verdict.get("trace").map(Trace::deserialize);
    let facts = trace.and_then(Result::ok);
    let now = Timestamp::from_second(decided.decided_at).unwrap_or_default();
    let clause = verdict
        .get("clause")
        .and_then(Value::as_str)
        .unwrap_or("no clause");
    let how = if decided.fate.contested {
        "accepted after it was contested"
    } else {
        "accepted by a person"
    };
    Ok(json!({
        "id": format!("ticket-{}", decided.ticket),
        "from": message.author().map(|author| author.email.as_str()).unwrap_or_default(),
        "subject": message.subject,
        "body": message.text.new,
        "now": now.to_string(),
        "facts": facts.map(|trace| labelled::tables::facts(&trace.facts)),
        "must_not_refuse": true,
        "note": format!("refused under {clause} on {}, {how}", day(now)),
    }))
}
