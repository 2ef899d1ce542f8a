//! What the letter to itself shows on arrival: the border server's findings, whether a forged one
//! survived, how long it took, and whether the clocks agree.

use jiff::SignedDuration;

use super::Finding;
use super::round_trip::Arrival;
use crate::alarm::spelled;
use crate::classify::sender_auth::{Absence, SenderAuth, sender_auth};
use crate::config::Config;
use crate::message::Message;

/// How far clocks may be apart.
const NEAR: SignedDuration = SignedDuration::from_mins(2);
/// From here on times in letters mislead.
const FAR: SignedDuration = SignedDuration::from_mins(15);
const FIELD: &str = "Authentication-Results";

/// What the letter shows.
pub(super) fn check(config: &Config, arrival: &Arrival) -> Vec<Finding> {
    let mut found = vec![time(arrival), clock(arrival)];
    found.extend(forged(config, arrival));
    found.push(findings(config, &without_forgery(arrival)));
    found
}

fn time(arrival: &Arrival) -> Finding {
    let took = arrival.found_at.duration_since(arrival.sent_at);
    Finding::good(
        "arrival.time",
        format!("there and back in {}", spelled(took)),
    )
}

/// The server stamped the letter between its sending and its finding, if the clocks agree.
fn clock(arrival: &Arrival) -> Finding {
    const CHECK: &str = "arrival.clock";
    let early = arrival.sent_at.duration_since(arrival.received_at);
    let late = arrival.received_at.duration_since(arrival.found_at);
    let off = early.max(late).max(SignedDuration::ZERO);
    let says = || {
        format!(
            "the clocks of this machine and of the mail server are {} apart",
            spelled(off)
        )
    };
    let why = "a letter that seems old is not answered, and one from the future is not either";
    let remedy = "let both follow a time server: timedatectl set-ntp true";
    if off <= NEAR {
        Finding::good(CHECK, "this clock and the mail server's agree")
    } else if off <= FAR {
        Finding::warning(CHECK, says(), why, remedy)
    } else {
        Finding::fault(CHECK, says(), why, remedy)
    }
}

/// The letter without the finding that we forged.
fn without_forgery(arrival: &Arrival) -> Message {
    let mut message = arrival.message.clone();
    message.fields.retain(|field| {
        !(field.name.eq_ignore_ascii_case(FIELD) && field.value.contains(&arrival.mark))
    });
    message
}

/// Whether the claim that the letter brought along is still there, and whether it is believed.
fn forged(config: &Config, arrival: &Arrival) -> Option<Finding> {
    const CHECK: &str = "arrival.forged";
    config.classify.authserv_id.as_ref()?;
    let clean = without_forgery(arrival);
    if clean.fields.len() == arrival.message.fields.len() {
        return Some(Finding::good(
            CHECK,
            "a forged finding of your border server was taken out on the way",
        ));
    }
    let with = sender_auth(&arrival.message, &config.classify);
    let without = sender_auth(&clean, &config.classify);
    Some(if with.is_pass() && with != without {
        Finding::fault(
            CHECK,
            "a forged finding of your border server came through and was believed",
            "whoever writes such a field into a letter can give orders in a technician's name",
            "take `authserv_id` out until the border server removes fields of its own name that come in (RFC 8601 §5)",
        )
    } else {
        Finding::warning(
            CHECK,
            "a forged finding of your border server came through, and was not believed this time",
            "on a letter that the server writes no finding on, it could be",
            "have the border server remove fields of its own name that come in (RFC 8601 §5)",
        )
    })
}

/// What the border server says of a letter of ours.
fn findings(config: &Config, message: &Message) -> Finding {
    const CHECK: &str = "arrival.authentication";
    let Some(id) = &config.classify.authserv_id else {
        return match message.field_values(FIELD).next() {
            Some(value) => {
                let id: String = value
                    .trim()
                    .chars()
                    .take_while(|c| !c.is_whitespace() && *c != ';')
                    .take(100)
                    .collect();
                Finding::warning(
                    CHECK,
                    format!("a server signs its findings `{id}`, and none is believed"),
                    "orders by mail rest on a token and an address alone",
                    format!("if it is your border server: authserv_id = \"{id}\""),
                )
            }
            None => Finding::skipped(CHECK, "no server wrote a finding on the letter"),
        };
    };
    let auth = sender_auth(message, &config.classify);
    let says = format!("{auth}");
    match auth {
        SenderAuth::Pass { .. } => Finding::good(CHECK, says),
        SenderAuth::None {
            why: Absence::NoField,
        } => Finding::warning(
            CHECK,
            format!("`{id}` wrote no finding on the letter"),
            "letters from inside, those of technicians too, may come without one: their orders are then not obeyed",
            "see a technician's letter in its raw form, and have the server check letters from inside as well",
        ),
        SenderAuth::Fail { .. } => Finding::fault(
            CHECK,
            says,
            "receivers take the service's answers for forged",
            "have the mail server sign with DKIM for the domain of the support address, and correct the SPF record",
        ),
        SenderAuth::None { .. } | SenderAuth::TempError => Finding::warning(
            CHECK,
            says,
            "receivers cannot tell the service's answers from forged ones",
            "have the mail server sign with DKIM for the domain of the support address",
        ),
    }
}
