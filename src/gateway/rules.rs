//! The rules of the moment: card, tables, templates, identity. Read once, replaced as a whole.
//!
//! A reload makes a new [`Rules`] and swaps it in; letters under way keep those they began with.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use crate::calendar::Calendar;
use crate::classify::sender_auth::sender_auth;
use crate::classify::{self, Class};
use crate::compose::notice_letter::{Desk, Identity};
use crate::compose::template::Templates;
use crate::decide;
use crate::decide::reading::{self, Reading};
use crate::digest;
use crate::message::Message;
use crate::policy::{Card, Letter};
use crate::registry::Registry;
use crate::store::budget::Budget;
use crate::token::Authority;

/// Everything a decision is made and told with.
#[derive(Debug)]
pub struct Rules {
    /// The service card.
    pub card: Card,
    /// The look-up tables.
    pub registry: Registry,
    /// The answers' texts.
    pub templates: Templates,
    /// Who speaks.
    pub identity: Identity,
    /// What proves that a reply answers a letter of ours.
    pub authority: Authority,
    /// What letters are ours, what is automatic.
    pub classify: classify::Settings,
    /// Tag, own domains, budgets.
    pub decide: decide::Settings,
    /// Which digests are sent.
    pub digest: digest::Settings,
    /// When somebody is there; a gateway that runs always has one.
    pub calendar: Option<Calendar>,
}

impl Rules {
    /// What an answer is written with.
    #[must_use]
    pub fn desk(&self) -> Desk<'_> {
        Desk {
            identity: &self.identity,
            templates: &self.templates,
            card: &self.card,
            authority: &self.authority,
        }
    }

    /// How much may go out.
    #[must_use]
    pub fn budget(&self) -> Budget {
        Budget {
            limits: self.decide.limits.clone(),
            own_domains: self.decide.own_domains.clone(),
        }
    }

    /// What can be known of a letter before the store is asked.
    #[must_use]
    pub fn reading(&self, message: &Message, class: &Class, now: Timestamp) -> Reading {
        let host = self.identity.host();
        let presented = reading::presented(message, &self.authority, &self.classify, host, now);
        let auth = sender_auth(message, &self.classify);
        reading::reading(
            message,
            class,
            auth,
            presented,
            &self.decide,
            &self.classify,
            now,
        )
    }

    /// What the service card is asked about.
    #[must_use]
    pub fn policy_letter<'a>(&self, message: &'a Message) -> Letter<'a> {
        let auth = sender_auth(message, &self.classify);
        reading::policy_letter(message, &auth, &self.decide.team)
    }
}

/// The rules in force, shared by all loops.
#[derive(Debug, Clone)]
pub struct CurrentRules(Arc<RwLock<Arc<Rules>>>);

impl CurrentRules {
    /// The first rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(rules))))
    }

    /// The rules in force now.
    #[must_use]
    pub fn get(&self) -> Arc<Rules> {
        // A writer only swaps a pointer: a poisoned lock holds whole rules all the same.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts new rules in force.
    pub fn replace(&self, rules: Rules) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}
