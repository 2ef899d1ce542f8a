//! A gateway in virtual time: the real parser, rules, decision, letters and store, without a socket
//! or a clock. What it sends is handed back to the test, which plays the world.

use std::sync::Arc;

use guichet::classify::classify;
use guichet::compose::notice_letter;
use guichet::config::{self, Config};
use guichet::decide::{self, Context, Decision, Facts};
use guichet::gateway::rules::Rules;
use guichet::message::parse::parse;
use guichet::policy;
use guichet::store::journal::Arrival;
use guichet::store::outbox::{Fate, Settlement};
use guichet::store::settle::{Effects, Ready};
use guichet::store::{Desk, Store, View};
use jiff::Timestamp;

/// The first moment of every test.
pub const BEGIN: &str = "2026-11-23T09:00:00Z";

pub fn begin() -> Timestamp {
    BEGIN.parse().unwrap()
}

/// A letter that the gateway sent.
#[derive(Debug, Clone)]
pub struct Post {
    pub recipient: String,
    pub raw: Vec<u8>,
}

impl Post {
    /// A header field's value.
    pub fn field(&self, name: &str) -> String {
        let message = parse(&self.raw).unwrap();
        message
            .field_values(name)
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

pub struct VirtualGateway {
    folder: tempfile::TempDir,
    store: Store,
    rules: Arc<Rules>,
    letters: u32,
    random: u64,
}

impl VirtualGateway {
    /// A gateway of `address`; `more` is added to its configuration.
    pub fn new(address: &str, more: &str) -> Self {
        Self::with_service(address, "", more)
    }

    /// The same with more keys in `[service]`, one a line.
    pub fn with_service(address: &str, service: &str, more: &str) -> Self {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let text = format!(
            "[service]\nname = \"Assistance\"\naddress = \"{address}\"\n{service}[store]\ndirectory = \".\"\n\
             [[mailbox]]\nname = \"in\"\nkind = \"maildir\"\npath = \"in\"\n\
             [delivery]\nkind = \"maildir\"\npath = \"out\"\n{more}"
        );
        let config = Config::from_text(&text, &folder.path().join("guichet.toml")).unwrap();
        Self {
            store: Store::open(folder.path(), begin()).unwrap(),
            rules: Arc::new(config::rules(&config).unwrap()),
            folder,
            letters: 0,
            random: 0,
        }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    pub fn view(&self) -> View {
        View::open(self.folder.path()).unwrap()
    }

    pub fn desk(&self) -> Desk {
        Desk::open(self.folder.path()).unwrap()
    }

    pub fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("guichet.sqlite")).unwrap()
    }

    /// Takes in one letter and decides about it.
    pub async fn receive(&mut self, raw: &[u8], now: Timestamp) -> Decision {
        self.letters += 1;
        self.random += 1;
        let arrival = Arrival {
            uid: self.letters.to_string(),
            received_at: now,
            size: raw.len() as u64,
            raw: raw.to_vec(),
            rescan: false,
        };
        let ids = self
            .store
            .journal("in", 1, now, vec![arrival])
            .await
            .unwrap();
        let message = parse(raw).unwrap();
        let rules = Arc::clone(&self.rules);
        let class = classify(&message, &rules.classify);
        let reading = rules.reading(&message, &class, now);
        let letter = rules.policy_letter(&message);
        let verdict = policy::judge(&rules.card, &rules.registry, &letter, now);
        let ready = Ready {
            id: ids[0],
            query: reading.query.clone(),
            message: Some(Box::new(message)),
            rest: self.random.to_be_bytes(),
        };
        let budget = Arc::new(rules.budget());
        let decide = move |letter: &Ready<[u8; 8]>, context: Option<&Context>| {
            let decision = decide::decide(&Facts {
                now,
                received_at: now,
                rescan: false,
                message: letter.message.as_deref().unwrap(),
                class: &class,
                reading: &reading,
                card: &rules.card,
                registry: &rules.registry,
                calendar: rules.calendar.as_ref(),
                estimate: None,
                verdict: &verdict,
                context: context.unwrap(),
                settings: &rules.decide,
            });
            let write = |(nth, notice)| {
                notice_letter::write(notice, rules.desk(), now, letter.rest, nth, &[])
            };
            let outbound = decision.notices.iter().enumerate().map(write);
            Effects {
                outbound: outbound.collect::<Result<_, _>>().unwrap(),
                decision,
                trace: "{}".to_owned(),
            }
        };
        let settled = self
            .store
            .settle(vec![ready], budget, now, Arc::new(decide))
            .await
            .unwrap();
        settled.into_iter().next().unwrap().decision
    }

    /// Everything that may go out now goes out.
    pub async fn send(&mut self, now: Timestamp) -> Vec<Post> {
        let mut post = Vec::new();
        for row in self.store.claim(now, 1_000).await.unwrap() {
            let settlement = Settlement {
                fate: Fate::Sent,
                code: Some(250),
                answer: "250 ok".to_owned(),
                server_fault: false,
                unknown_end: false,
                blames_address: false,
            };
            let settled = self.store.settle_delivery(row.id, now, settlement, 3);
            settled.await.unwrap();
            post.push(Post {
                recipient: row.recipient,
                raw: row.bytes,
            });
        }
        post
    }

    /// Everything that may go out now is refused for good.
    pub async fn refuse(&mut self, now: Timestamp) -> usize {
        let rows = self.store.claim(now, 1_000).await.unwrap();
        let count = rows.len();
        for row in rows {
            let settlement = Settlement {
                fate: Fate::Failed,
                code: Some(550),
                answer: "550 5.1.1 no such user".to_owned(),
                server_fault: false,
                unknown_end: false,
                blames_address: true,
            };
            let settled = self.store.settle_delivery(row.id, now, settlement, 3);
            settled.await.unwrap();
        }
        count
    }
}

/// A letter to the gateway at `support@univ.example`; `more` are whole header lines.
pub fn letter(from: &str, subject: &str, id: &str, more: &str, body: &str) -> Vec<u8> {
    format!(
        "From: <{from}>\nTo: support@univ.example\nSubject: {subject}\nMessage-ID: <{id}>\n\
         {more}\n{body}\n"
    )
    .into_bytes()
}
