//! # guichet, an e-mail driven ticket gateway
//!
//! *Guichet* is French for the counter at which a public service receives people. A daemon
//! watches a support mailbox, turns each letter into a ticket, runs the service's exclusion
//! checks, and answers with an acknowledgement or a rejection. This page is the map of the house.
//!
//! ## The way of a letter
//!
//! ```text
//! server ─ mailbox ─▶ bytes ─▶ store::journal (durable) ─▶ reader (a worker process) ─▶ Message
//!                                                                                         │
//!                          classify ─▶ Class   policy::judge (card + registry) ─▶ Verdict ┤
//!                                                                                         ▼
//!          ┌──────────────── one transaction ────────────────────────────────────────────────┐
//!          │ store::context ─▶ Context ─▶ decide ─▶ Decision ─▶ compose ─▶ OutboundMessage    │
//!          │ disposition · ticket · history · trace · outbox rows                            │
//!          └─────────────────────────────────────────────────────────────────────────────────┘
//!                                    │ after the commit
//!                                    ├─▶ mailbox.acknowledge (MOVE to Done or Held)
//!                                    └─▶ outbox ─▶ delivery (SMTP) ─▶ store.settle_delivery
//! ```
//!
//! What happens without a letter goes the same way from `decide` on: [`timer`] asks what has fallen
//! due ([`decide::due`]), an admin orders on the command line; either becomes an
//! [`Occurrence`](decide::Occurrence), all of it in one transaction ([`store::occur`]).
//!
//! [`gateway`] is the only place that knows this order, and it asks nothing about content.
//! Everything up to [`retry`] is pure: no clock, no randomness, no files, no sockets, no SQL; the
//! instant and random bytes are arguments. The rest is the shell around it, async on tokio.
//!
//! The modules below stand in the order mail travels. A module imports only modules listed above
//! it; `architecture` in `tests/it` holds that, and what the core may not call.
//!
//! ## What always holds
//!
//! Each line names the test that fails without it (modules of `tests/it`).
//!
//! 1. A letter leaves the watched folder only after the commit that holds its raw bytes and its
//!    disposition. `restart`, `kill_run`
//! 2. All effects of one letter are one transaction; every letter gets exactly one disposition
//!    with a reason; none is dropped. `restart`, `auditor`
//! 3. Nothing is sent but from the outbox. A row keeps its bytes and its Message-ID through all
//!    attempts; only a row whose last attempt ended after the final dot can repeat. `delivery`,
//!    `kill_run`
//! 4. Automatic mail is never answered; one automatic notice a letter to its author; whatever
//!    goes out counts against the budgets, and what is too much is held, not lost. `loops`,
//!    `whole_way`, and the tables in `classify`, [`decide::answer`] and [`decide::budget`]
//! 5. Unknown never refuses. A refusal quotes clause and evidence, and one reply brings it to a
//!    person. `policy`, `whole_way`
//! 6. No write transaction is open during network I/O: a transaction is a closure that runs to its
//!    end on the store's own thread, where no socket is. (`store::writer`, by construction)
//! 7. Text from a letter reaches a header of ours only through
//!    [`compose::header_text::HeaderText`]; templates receive values, never template text.
//!    `hostile_headers`
//! 8. No address, subject, body or secret in a log line; ids only. `mailbox_faults`,
//!    `delivery::protection`
//! 9. An order is obeyed only from a technician who answers a letter we wrote to them
//!    ([`token`]), from an address of theirs, which the border server found authentic where one is
//!    configured; whole or not at all. What anybody else writes is words. `conversation`,
//!    `forged_orders`, `token`, `sender_auth`
//! 10. What falls due does so once, while somebody is there, each step after the one before it has
//!     left; silence never refuses. `falling_due`, and the tables in [`decide::due`]
//! 11. What requesters are told of the time to a first answer counts those who still wait, is
//!     never less than the queue says, and is no longer told when it is not kept.
//!     `expected_answer`, and the tables in [`estimate`]
//! 12. A backup has its name only once it is whole and checked. `backup`
//! 13. What is removed leaves the rest true: numbers, references, counts, and that a letter is known
//!     when it comes again. Every column that can name somebody is in one register
//!     (`store::personal`), which a test compares with the schema. `retention`, `person`
//! 14. Same letter, same tables, same card, same instant: same decision and same trace. `policy`
//!
//! ## Walk-throughs
//!
//! **A new letter.** [`mailbox`] lists the folder; the journal does not know the letter, so it is
//! fetched with `BODY.PEEK[]` and journalled, and its start is counted. A worker of [`reader`]
//! turns the bytes into a [`message::Message`]. [`classify`] finds no loop rule, [`policy`] judges
//! it by the service card. In one transaction [`decide`] sees that nothing like it came before,
//! opens ticket 12 and writes an acknowledgement, which [`compose`] turns into bytes for the
//! outbox. After the commit the letter is moved to `Guichet/Done`, and [`outbox`] hands the answer
//! to the mail server.
//!
//! **A technician's answer.** Paul got a notification of ticket 12 and replies `#take`, and two
//! sentences. [`decide::reading`] finds the token in the reference and the order above the words;
//! inside the transaction [`decide::trust`] weighs token, address and the border's finding, and
//! the order is tried on a copy of the ticket. All of it leads somewhere: the ticket is Paul's, the
//! requester gets the two sentences in the service's name, Paul a transcript. Had a line been
//! misspelt, nothing would have happened but a transcript that names it.
//!
//! **An answer to a question.** Luc wrote of "my own computer"; the card asked whose it is, and what
//! it looked at was kept with the decision. He replies "it is mine": [`policy::answer`] reads that,
//! and the card judges his first letter once more with it, inside the transaction of the second. It
//! is a refusal now, which quotes these words, and which one reply brings to a person. Had he said
//! anything less plain, a technician would have it.
//!
//! **An order at the command line.** An admin says `guichet ticket set 12 --priority P1`, in another
//! process. The order is put as a technician's line, [`decide::order`] tries it on a copy of the
//! ticket inside one transaction, and history and letters are those of the same order by mail. The
//! running gateway sees within seconds that somebody else wrote, and sends. `desk_orders`
//!
//! **A refused delivery.** The server says 451 to RCPT: the row is due again in a minute, then
//! five, up to five days ([`retry`]). It says 550: the row has failed, and the ticket's history
//! says so. It says nothing after the final dot: nobody can know, so the same bytes with the same
//! Message-ID go out again after a pause. Trouble of the whole server holds no letter back longer
//! than the trouble lasts.
//!
//! **A letter that comes back.** A server reports, in its own way, that ticket 12's answer did not
//! arrive. [`classify::returned`] reads what became of it and why, the store finds the row by our
//! Message-ID, and the row has bounced; the ticket's history says so. The third such report
//! suspends the address: what is written for it is held until its person writes again.
//!
//! **A week of silence.** Paul asked Claire something on Monday; ticket 12 waits for her. On Thursday
//! morning [`timer`] finds that its time has come: three business days. In one transaction
//! [`decide::due`] looks at the ticket as it stands, a reminder goes to the outbox, and the history
//! says so. The second one counts from when that one left. A reply at any time ends the wait.
//!
//! **On-call presence.** Claire asks for somebody on call during a congress. [`oncall`] recognises
//! that and reads the request; what is lacking is asked in one letter. Inès, who is named as an
//! approver, replies `#approve`; from then on the window stands in the store with its hours. A letter
//! of those hours that it covers ([`decide::on_call`]) is judged as such: never refused, high in the
//! queue, told at once to Inès. After the last hour both get a summary.
//!
//! **Power loss.** At any step: what the journal holds undecided is decided at the next start, what
//! is decided but still in the folder is only moved, what was being sent is sent again unless the
//! final dot was near, in which case it waits first. `restart` aborts at each of sixteen steps.
//!
//! **A hostile letter.** It ends its worker, not the daemon; two more starts, alone, while others
//! flow; then it is held whole in `Guichet/Held` with the reason, for a person.
//!
//! **A year later.** Ticket 12 was resolved a year ago. At night [`purge`] takes its words out: raw
//! letters, texts, names, Message-IDs. Its number, category and times stay, and so does a hash of
//! each letter: should the server show one again, it is a duplicate.
//!
//! **A backup comes back.** [`store::numbers`] sees that the database is older than the numbers given
//! out. Later numbers are left out, what waited is held, and [`gateway`] takes in again from the
//! shelves what the store knows nothing of, without answering anybody twice.
//!
//! ## Words
//!
//! *Alarm*: something is wrong that an admin has to know of; readiness, `guichet status`, metrics and
//! alerts rest on one list of them ([`alarm`], [`monitor`]). *Journal*: every letter's raw bytes and what became of it. *Disposition*: ticket, follow-up,
//! duplicate, command, automatic, bounce, ignored, held, discarded. *Review*: what an admin says
//! about a held letter: release or discard. *Service card*: the service's definition as data, with
//! its seven exclusions. *Verdict*: what the card says of a letter. *Notice*: one thing to
//! say to one person. *Outbox*: what is to be sent, was, or may have been. *Shelf*: the folder a
//! letter is moved to. *Epoch*: an IMAP folder's UIDVALIDITY. *Token*: proof in an address or a
//! Message-ID of ours that a reply answers a letter to one person about one ticket. *Occurrence*: what
//! happens to a ticket without a letter. *Cause*: what it happens because of; each happens once. *Digest*: a
//! letter that tells a technician each morning what waits, or the head of service each week what the
//! figures were. *Figures*: what [`figures`] counts, once for terminal, letter and chart sheet.
//!
//! ## Deliberately not done
//!
//! A web application for working on tickets · machine-learned classification · POP · HTML mail out
//! (plain text reads everywhere and cannot phish).

pub mod cause;

pub mod crash;

// The core.

pub mod message;

pub mod calendar;

pub mod ticket;

pub mod privacy;

pub mod estimate;

pub mod token;

pub mod classify;

pub mod registry;

pub mod policy;

pub mod team;

pub mod oncall;

pub mod command;

pub mod alarm;
pub mod figures;

pub mod notice;

pub mod decide;

pub mod digest;

pub mod compose;

pub mod chart;

pub mod retry;

// The shell.

pub mod clock;

pub mod verbosity;

pub mod store;

pub mod key_file;

pub mod connection;

pub mod mailbox;

pub mod shelves;

pub mod reader;

pub mod purge;

pub mod delivery;

pub mod telemetry;

pub mod gateway;

pub mod outbox;

pub mod timer;

pub mod monitor;

pub mod config;

pub mod daemon;

pub mod doctor;

pub mod cli;
