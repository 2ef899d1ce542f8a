//! Delivered, deferred or failed: decided here and nowhere else.
//!
//! In: the `Step` of the dialogue and the `Event` that ended it. Out: an [`Outcome`] with a
//! one-line [`Reason`] for the admin.
//!
//! The rules: a letter that cannot be sent this way at all fails. A 2xx to the final dot delivers. Whatever happens
//! before a letter of its own is in play (connecting, TLS, greeting, EHLO, login, MAIL) concerns
//! the whole server and is deferred, even a 5xx: a wrong password must not cost a letter. From
//! RCPT on 4xx defers and 5xx fails, but for 552 to RCPT (RFC 5321 §4.5.3.1.10: too many
//! recipients, a temporary matter) and the 53x of RFC 4954 §6 (log in first). A connection lost
//! before the dot was certainly not accepted; after it nobody can know.
//!
//! A connection lost from RCPT on is not held against the whole server: if one letter makes a
//! server fall over, the others still go out, and if the server is gone the next letter's
//! connect says so.

use crate::classify::returned;
use std::time::Duration;

use super::smtp::reply::{Reply, one_line};

/// Bytes a [`Reason`] has at most.
pub const REASON_BYTES: usize = 500;

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has taken responsibility.
    Delivered(Reply),
    /// Not now; try again.
    Deferred {
        /// Why.
        reason: Reason,
        /// The letter may have been accepted all the same: the attempt ended after the final dot
        /// without a valid answer. A repeat must use the same bytes and the same Message-ID.
        after_dot: bool,
        /// The trouble is the server's or the configuration's, not this letter's: other letters
        /// would meet it too.
        whole_server: bool,
    },
    /// Never; a person must hear of it.
    Failed {
        /// Why.
        reason: Reason,
    },
}

/// Why, for the admin. May quote the server, hence perhaps an address: not for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The reply code, if the server gave one.
    pub code: Option<u16>,
    /// The enhanced status code (RFC 3463), if the server gave one.
    pub enhanced: Option<String>,
    /// One line without controls, at most [`REASON_BYTES`].
    pub text: String,
}

impl Reason {
    /// Whether the address is to blame; see [`returned::blames_address`].
    #[must_use]
    pub fn blames_address(&self) -> bool {
        returned::blames_address(self.code, self.enhanced.as_deref())
    }

    /// A reason found on this side.
    fn own(text: &str) -> Self {
        Self {
            code: None,
            enhanced: None,
            text: one_line(text.as_bytes(), REASON_BYTES),
        }
    }
}

/// How far the dialogue had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Connect,
    Tls,
    Greeting,
    Hello,
    Login,
    Mail,
    Recipient,
    Data,
    Body,
    Dot,
}

impl Step {
    fn words(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Tls => "starting TLS",
            Self::Greeting => "the greeting",
            Self::Hello => "EHLO",
            Self::Login => "the login",
            Self::Mail => "MAIL",
            Self::Recipient => "RCPT",
            Self::Data => "DATA",
            Self::Body => "sending the letter",
            Self::Dot => "the final dot",
        }
    }
}

/// What ended the attempt.
#[derive(Debug)]
pub(super) enum Event {
    /// The server answered something else than was needed to go on, or the last answer came.
    Reply(Reply),
    /// The connection broke.
    Lost(String),
    /// The server stayed silent, or took nothing, for this long.
    Silent(Duration),
    /// What the server sent is no SMTP reply.
    Garbage(String),
    /// This side will not or cannot go on, such as without TLS.
    Unusable(String),
    /// The letter itself cannot be sent this way, whenever it is tried.
    Unfit(String),
}

/// An attempt that ended before its good end.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) step: Step,
    pub(super) event: Event,
}

impl Trouble {
    pub(super) fn reason(&self) -> Reason {
        reason(self.step, &self.event)
    }

    pub(super) fn sorted(self) -> Outcome {
        sort(self.step, self.event)
    }
}

/// The one place where an outcome is decided; see the module page.
pub(super) fn sort(step: Step, event: Event) -> Outcome {
    let reason = reason(step, &event);
    if let Event::Unfit(_) = event {
        return Outcome::Failed { reason };
    }
    let code = match event {
        Event::Reply(reply) if step == Step::Dot && reply.class() == 2 => {
            return Outcome::Delivered(reply);
        }
        // 2xx and 3xx anywhere else are answers to a question nobody asked.
        Event::Reply(reply) if reply.class() >= 4 => Some(reply.code),
        _ => None,
    };
    let permanent = match (step, code) {
        (_, None | Some(0..500 | 530..540)) | (Step::Recipient, Some(552)) => false,
        // To MAIL with SIZE 552 speaks of this letter: it is too large (RFC 1870 §6.1).
        (Step::Mail, Some(code)) => code == 552,
        (step, Some(_)) => step > Step::Mail,
    };
    if permanent {
        return Outcome::Failed { reason };
    }
    Outcome::Deferred {
        reason,
        after_dot: step == Step::Dot && code.is_none(),
        // 421: the server is closing down (RFC 5321 §3.8). 53x: the login is the trouble.
        whole_server: step <= Step::Mail || matches!(code, Some(421 | 530..540)),
    }
}

fn reason(step: Step, event: &Event) -> Reason {
    let at = step.words();
    match event {
        Event::Reply(reply) => Reason {
            code: Some(reply.code),
            enhanced: reply.enhanced.clone(),
            text: one_line(
                format!("the server answered {} to {at}: {}", reply.code, reply.text).as_bytes(),
                REASON_BYTES,
            ),
        },
        Event::Lost(why) => Reason::own(&format!("the connection was lost at {at}: {why}")),
        Event::Silent(long) => Reason::own(&format!(
            "the server was silent for {} s at {at}",
            long.as_secs_f32()
        )),
        Event::Garbage(why) => Reason::own(&format!("no valid SMTP reply at {at}: {why}")),
        Event::Unusable(why) | Event::Unfit(why) => Reason::own(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Sorted {
        Delivered,
        Deferred { after_dot: bool, whole_server: bool },
        Failed,
    }

    const LATER: Sorted = Sorted::Deferred {
        after_dot: false,
        whole_server: false,
    };
    const SERVER: Sorted = Sorted::Deferred {
        after_dot: false,
        whole_server: true,
    };
    const UNKNOWN: Sorted = Sorted::Deferred {
        after_dot: true,
        whole_server: false,
    };

    fn sorted(step: Step, event: Event) -> Sorted {
        match sort(step, event) {
            Outcome::Delivered(_) => Sorted::Delivered,
            Outcome::Deferred {
                after_dot,
                whole_server,
                ..
            } => Sorted::Deferred {
                after_dot,
                whole_server,
            },
            Outcome::Failed { .. } => Sorted::Failed,
        }
    }

    fn reply(code: u16) -> Event {
        Event::Reply(Reply {
            code,
            enhanced: None,
            text: String::from("words"),
        })
    }

    const EARLY: [Step; 6] = [
        Step::Connect,
        Step::Tls,
        Step::Greeting,
        Step::Hello,
        Step::Login,
        Step::Mail,
    ];
    const LATE: [Step; 4] = [Step::Recipient, Step::Data, Step::Body, Step::Dot];

    #[test]
    fn trouble_before_a_letter_is_in_play_concerns_the_whole_server() {
        for step in EARLY {
            for code in [250, 354, 421, 450, 454, 500, 535, 550, 554] {
                assert_eq!(sorted(step, reply(code)), SERVER, "{step:?} {code}");
            }
        }
        assert_eq!(sorted(Step::Mail, reply(552)), Sorted::Failed);
        assert_eq!(sorted(Step::Hello, reply(552)), SERVER);
    }

    #[test]
    fn a_letter_s_own_replies_are_sorted_by_their_first_digit() {
        for step in LATE {
            for (code, expected) in [
                (421, SERVER),
                (450, LATER),
                (451, LATER),
                (452, LATER),
                (530, SERVER),
                (535, SERVER),
                (538, SERVER),
                (550, Sorted::Failed),
                (
                    552,
                    if step == Step::Recipient {
                        LATER
                    } else {
                        Sorted::Failed
                    },
                ),
                (554, Sorted::Failed),
                (599, Sorted::Failed),
            ] {
                assert_eq!(sorted(step, reply(code)), expected, "{step:?} {code}");
            }
        }
    }

    #[test]
    fn only_a_2xx_to_the_final_dot_delivers() {
        for code in [200, 250, 251, 299] {
            assert_eq!(sorted(Step::Dot, reply(code)), Sorted::Delivered);
            for step in [Step::Recipient, Step::Data, Step::Body] {
                assert_eq!(sorted(step, reply(code)), LATER, "{step:?} {code}");
            }
        }
        assert_eq!(sorted(Step::Dot, reply(354)), UNKNOWN);
    }

    #[test]
    fn loss_silence_and_garbage_are_ambiguous_only_after_the_dot() {
        let events = || {
            [
                Event::Lost(String::from("end of file")),
                Event::Silent(Duration::from_secs(600)),
                Event::Garbage(String::from("a line of 3 MB")),
            ]
        };
        for step in EARLY {
            for event in events() {
                assert_eq!(sorted(step, event), SERVER, "{step:?}");
            }
        }
        for step in [Step::Recipient, Step::Data, Step::Body] {
            for event in events() {
                assert_eq!(sorted(step, event), LATER, "{step:?}");
            }
        }
        for event in events() {
            assert_eq!(sorted(Step::Dot, event), UNKNOWN);
        }
        assert_eq!(
            sorted(Step::Tls, Event::Unusable(String::from("no TLS"))),
            SERVER
        );
        for step in EARLY.into_iter().chain(LATE) {
            let event = Event::Unfit(String::from("too large"));
            assert_eq!(sorted(step, event), Sorted::Failed, "{step:?}");
        }
    }

    #[test]
    fn a_reason_is_one_short_line() {
        let text = "x\r\ny\0\u{202e}".repeat(1_000);
        let Outcome::Deferred { reason, .. } = sort(Step::Body, Event::Lost(text)) else {
            panic!("not deferred");
        };
        assert!(reason.text.len() <= REASON_BYTES);
        assert!(
            !reason
                .text
                .contains(|c: char| c.is_control() || c == '\u{202e}')
        );
    }
}
