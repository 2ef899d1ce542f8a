//! Conversations from the first letter to the last: what each person reads, and what becomes of the
//! ticket. The gateway is the real one, its clock is the test's.

use crate::office::{Mail, Office, letter};

mod forgeries;
mod mailboxes;
mod orders;
mod people;
mod propose;
mod questions;
mod refusals;
mod work;

const CLAIRE: &str = "Claire Dumas <claire@univ.example>";
const PAUL: &str = "Paul Martin <paul@univ.example>";
const ZOE: &str = "Zoe Leger <zoe@univ.example>";

/// A ticket that Claire opened, and the letters that went out about it.
fn opened() -> (Office, Vec<Mail>) {
    let office = Office::new();
    let became = office.post(&letter(
        CLAIRE,
        "Imprimante du 3e",
        "Bonjour,\nl'imprimante du couloir du 3e n'imprime plus depuis ce matin.\nMerci",
    ));
    assert_eq!(became.ticket, Some(1), "{became:?}");
    let mails = office.deliver();
    (office, mails)
}
