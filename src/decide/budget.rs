//! L17 and L18 for everything that goes out: how much is enough, and what happens beyond it.
//!
//! In: the site's [`Limits`] and what was written of late ([`Traffic`]). Out: a [`Passage`] for one
//! letter. Nothing is thrown away here: what is too much is kept and held.
//!
//! | counted | beyond the limit |
//! |---|---|
//! | to one address an hour, letters of every kind | this letter is held |
//! | about one ticket a day | this letter is held |
//! | to one domain outside the institute an hour | this letter is held |
//! | to everybody an hour, or three times the usual | the breaker: all sending stops |
//! | to the team an hour | the breaker |
//!
//! Letters to the team count for none of the others: one request is told to several of its people,
//! and on a bad morning it is the team that must go on hearing.
//!
//! The domain of the institute has no budget of its own: most letters go there, and the budget of
//! all is its budget. The usual is the median, over the last seven days, of each day's busiest
//! hour; a new installation has none, and small numbers ([`SURGE`]) never trip it.

use super::answer::Limits;
use crate::classify::Rule;

/// Letters an hour below which nothing is a surge.
pub const SURGE: u64 = 60;
/// How many times the usual is a surge.
const TIMES: u64 = 3;

/// What was written of late, before the letter in question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// To its recipient within the hour.
    pub to_recipient: u64,
    /// About its ticket within the day.
    pub about_ticket: u64,
    /// To its recipient's domain within the hour; 0 for a domain of ours.
    pub to_domain: u64,
    /// To everybody outside the team within the hour.
    pub to_all: u64,
    /// What the busiest hour of a usual day has, if a week is known.
    pub usual: Option<u64>,
}

/// Whether a letter may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// It may.
    Free,
    /// It waits for an admin, by this rule, because …
    Held(Rule, String),
    /// Everything waits for an admin, because …
    Breaker(String),
}

/// Weighs one letter; the breaker counts first.
#[must_use]
pub fn passage(limits: &Limits, traffic: Traffic) -> Passage {
    let Traffic {
        to_recipient,
        about_ticket,
        to_domain,
        to_all,
        usual,
    } = traffic;
    let surge = usual.map(|usual| usual.saturating_mul(TIMES).max(SURGE));
    if to_all >= limits.per_hour {
        Passage::Breaker(format!(
            "L18: {to_all} letters were written within an hour, the limit"
        ))
    } else if surge.is_some_and(|surge| to_all >= surge) {
        Passage::Breaker(format!(
            "L18: {to_all} letters were written within an hour, three times the usual"
        ))
    } else if to_domain >= limits.per_domain {
        held(
            Rule::L18,
            format!("{to_domain} letters to its domain were written within an hour"),
        )
    } else if to_recipient >= limits.per_address {
        held(
            Rule::L17,
            format!("{to_recipient} letters to its address were written within an hour"),
        )
    } else if about_ticket >= limits.per_ticket {
        held(
            Rule::L17,
            format!("{about_ticket} letters about its ticket were written within a day"),
        )
    } else {
        Passage::Free
    }
}

/// Weighs one letter to the team.
#[must_use]
pub fn team_passage(limits: &Limits, to_team: u64) -> Passage {
    if to_team >= limits.per_hour_team {
        Passage::Breaker(format!(
            "L18: {to_team} letters to the team were written within an hour, the limit"
        ))
    } else {
        Passage::Free
    }
}

fn held(rule: Rule, why: String) -> Passage {
    Passage::Held(rule, format!("{rule}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_budget_ends_at_its_limit() {
        let limits = Limits::default();
        let none = Traffic::default();
        let below = Traffic {
            to_recipient: limits.per_address - 1,
            about_ticket: limits.per_ticket - 1,
            to_domain: limits.per_domain - 1,
            to_all: limits.per_hour - 1,
            usual: None,
        };
        assert_eq!(passage(&limits, below), Passage::Free);
        let rule = |traffic| match passage(&limits, traffic) {
            Passage::Free => "free",
            Passage::Held(Rule::L17, _) => "L17",
            Passage::Held(..) => "L18",
            Passage::Breaker(_) => "breaker",
        };
        let to_recipient = limits.per_address;
        assert_eq!(
            rule(Traffic {
                to_recipient,
                ..none
            }),
            "L17"
        );
        let about_ticket = limits.per_ticket;
        assert_eq!(
            rule(Traffic {
                about_ticket,
                ..none
            }),
            "L17"
        );
        let to_domain = limits.per_domain;
        assert_eq!(rule(Traffic { to_domain, ..none }), "L18");
        let to_all = limits.per_hour;
        assert_eq!(rule(Traffic { to_all, ..below }), "breaker");
    }

    #[test]
    fn the_team_has_a_budget_of_its_own() {
        let limits = Limits::default();
        assert_eq!(team_passage(&limits, limits.per_hour), Passage::Free);
        let limit = limits.per_hour_team;
        assert_eq!(team_passage(&limits, limit - 1), Passage::Free);
        assert!(matches!(team_passage(&limits, limit), Passage::Breaker(_)));
    }

    #[test]
    fn three_times_the_usual_trips_the_breaker_but_not_for_small_numbers() {
        let trips = |to_all, usual| {
            let traffic = Traffic {
                to_all,
                usual,
                ..Traffic::default()
            };
            matches!(passage(&Limits::default(), traffic), Passage::Breaker(_))
        };
        assert!(trips(90, Some(30)));
        assert!(!trips(89, Some(30)));
        assert!(!trips(59, Some(0)));
        assert!(trips(60, Some(0)));
        assert!(!trips(200, None));
    }
}
