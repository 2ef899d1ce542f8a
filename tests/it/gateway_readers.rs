//! What goes wrong with the readers is never held against a letter that did not cause it.

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::time::Duration;

use guichet::config::{self, Config};
use guichet::gateway::Gateway;
use guichet::gateway::rules::CurrentRules;
use guichet::reader::{Reader, Settings};
use guichet::store::Store;
use guichet::store::journal::{Arrival, LetterId};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::gateway_process::Site;
use crate::imap_script::{Answer, Script};
use crate::post::request;

fn arrivals(count: usize) -> Vec<Arrival> {
    (0..count)
        .map(|n| Arrival {
            uid: n.to_string(),
            received_at: Timestamp::now(),
            size: request(n).len() as u64,
            raw: request(n),
            rescan: false,
        })
        .collect()
}

/// A gateway whose workers are `program`, with letters in its journal.
async fn gateway(site: &mut Site, program: &std::path::Path, script: &[&str]) -> Gateway {
    site.watch_maildir("desk");
    site.send_maildir();
    let store = Store::open(&site.store(), jiff::Timestamp::now()).unwrap();
    store
        .journal("desk", 0, Timestamp::now(), arrivals(10))
        .await
        .unwrap();
    let settings = Settings {
        program: program.to_owned(),
        args: script.iter().map(Into::into).collect(),
        workers: 2,
        memory: 512 * 1024 * 1024,
        deadline: Duration::from_secs(10),
    };
    let config = Config::read(&site.config()).unwrap();
    Gateway::new(
        store,
        Arc::new(Reader::new(settings)),
        CurrentRules::new(config::rules(&config).unwrap()),
        Arc::new(Notify::new()),
    )
}

async fn process(gateway: &Gateway) {
    let letters = gateway.store.unfinished(LetterId(0), 100).await.unwrap();
    gateway.process(letters).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_wait_while_the_system_starts_no_worker() {
    let mut site = Site::new();
    let program = site.dir().join("worker");
    let gateway = gateway(&mut site, &program, &["read-worker"]).await;
    process(&gateway).await;
    assert_eq!(
        site.ask("SELECT count(*) FROM letter WHERE state = 'decided'"),
        Some(0)
    );
    symlink(env!("CARGO_BIN_EXE_guichet"), &program).unwrap();
    site.wait_decided(10);
    assert_eq!(site.ask("SELECT max(attempts) FROM letter"), Some(1));
    assert_eq!(site.ask("SELECT count(*) FROM ticket"), Some(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_a_stop_leaves_unread_are_not_poison() {
    let mut site = Site::new();
    let shell = std::path::Path::new("/bin/sh");
    // Readers that take their time, so that the others wait for them.
    let gateway = gateway(&mut site, shell, &["-c", "exec sleep 3"]).await;
    process(&gateway).await;
    gateway.reader.close().await;
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(
        site.ask("SELECT count(*) FROM letter WHERE state = 'decided'"),
        Some(0)
    );
    assert_eq!(site.ask("SELECT max(attempts) FROM letter"), Some(1));
}

/// A letter that is held no more and cannot be had, or whose shelf cannot be opened, is not worth
/// one that waits.
#[tokio::test(flavor = "multi_thread")]
async fn trouble_on_the_shelf_of_the_held_does_not_stop_the_mailbox() {
    let refused = ("EXAMINE", "%T NO [NOPERM] x\r\n");
    let withheld = ("UID FETCH 10 (UID INTERNALDATE BODY", "%T OK\r\n");
    for (verb, answer) in [refused, withheld] {
        let mut site = Site::new();
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_guichet"));
        let gateway = gateway(&mut site, program, &["read-worker"]).await;
        process(&gateway).await;
        let astray = "UPDATE letter SET state = 'decided', disposition = 'ticket', shelf = 'held',
            received_at = 1793523600 WHERE id = 1";
        site.wait_decided(10);
        rusqlite::Connection::open(site.store().join("guichet.sqlite"))
            .unwrap()
            .execute(astray, [])
            .unwrap();
        let server = Script::sound()
            .rule(verb, Answer::Say(answer.to_owned()))
            .start()
            .await;
        let mut mailbox = crate::mailbox_faults::open(&server).await.unwrap();
        let swept = gateway.sweep("desk", &mut mailbox).await.unwrap();
        assert_eq!(swept.taken, 2, "{verb}");
        let again = gateway.sweep("desk", &mut mailbox).await.unwrap();
        assert_eq!(again.taken, 0, "the session is sound: {verb}");
    }
}
