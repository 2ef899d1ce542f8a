//! The thread that writes, and how operations share its commits.
//!
//! An operation is a closure over the open transaction. The thread takes one, then every other
//! that waits (at most [`GROUP`]), gives each a savepoint of its own, commits once, and then
//! answers them all. An operation that fails is rolled back to its savepoint and answers with its
//! error; the others are not touched. If the commit itself fails, all of them failed.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::numbers::HighWater;
use super::{StoreError, connect};
use crate::cause::chain;

/// Operations that share one commit at most: bounds the wait of the first.
const GROUP: usize = 64;

/// What an operation is given: the open transaction and the ticket numbers.
pub(super) struct Scope<'a> {
    pub(super) sql: &'a Connection,
    pub(super) numbers: &'a mut HighWater,
}

/// Answers the caller once the commit is through, or has failed.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Operation = Box<dyn FnOnce(&mut Scope<'_>) -> (bool, Answer) + Send>;

/// The way to the writing thread. The last clone to go waits for it, so that a closed store is
/// closed on disk too.
#[derive(Debug, Clone)]
pub(super) struct Writer(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    queue: Option<mpsc::Sender<Operation>>,
    thread: Option<JoinHandle<()>>,
    /// Held as long as the process may write, also if the thread should end before.
    _lock: File,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            drop(thread.join());
        }
    }
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        file: PathBuf,
        numbers: HighWater,
        lock: File,
    ) -> Self {
        let (queue, operations) = mpsc::channel::<Operation>();
        let thread = thread::spawn(move || {
            Desk {
                connection: Some(connection),
                file,
                numbers,
            }
            .serve(&operations);
        });
        Self(Arc::new(Handle {
            queue: Some(queue),
            thread: Some(thread),
            _lock: lock,
        }))
    }

    /// Runs `operation` and returns its result after the commit that holds it.
    pub(super) async fn run<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Scope<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let boxed: Operation = Box::new(move |scope| {
            let result = operation(scope);
            let kept = result.is_ok();
            let answer: Answer = Box::new(move |committed| {
                // The caller may have gone away (cancelled); what was committed stays.
                drop(sender.send(committed.and(result)));
            });
            (kept, answer)
        });
        let queue = self.0.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(boxed).map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::NotCommitted {
            what: "the transaction could not begin".to_owned(),
            full: false,
        })?
    }
}

struct Desk {
    connection: Option<Connection>,
    file: PathBuf,
    numbers: HighWater,
}

impl Desk {
    fn serve(&mut self, operations: &mpsc::Receiver<Operation>) {
        while let Ok(first) = operations.recv() {
            let mut group = vec![first];
            while group.len() < GROUP {
                let Ok(next) = operations.try_recv() else {
                    break;
                };
                group.push(next);
            }
            self.commit(group);
        }
    }

    fn commit(&mut self, group: Vec<Operation>) {
        let mut answers = Vec::with_capacity(group.len());
        let result = self.transact(group, &mut answers);
        if result.is_err() {
            // See the module page of `store`: a failed commit ends the connection.
            self.connection = None;
        }
        let failure = result.err().map(|error| (chain(&error), error.is_full()));
        if let (None, Some(connection)) = (&failure, &self.connection) {
            self.numbers.committed(connection);
        }
        for answer in answers {
            answer(match &failure {
                None => Ok(()),
                Some((what, full)) => Err(StoreError::NotCommitted {
                    what: what.clone(),
                    full: *full,
                }),
            });
        }
    }

    fn transact(
        &mut self,
        group: Vec<Operation>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.file)?,
        };
        let mut transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for operation in group {
            let savepoint = transaction.savepoint()?;
            let (kept, answer) = operation(&mut Scope {
                sql: &savepoint,
                numbers: &mut self.numbers,
            });
            answers.push(answer);
            if savepoint.is_autocommit() {
                // A full disk or an I/O error made SQLite roll everything back: what follows
                // would commit by itself.
                return Err(StoreError::RolledBack);
            }
            if kept {
                savepoint.commit()?;
            } else {
                // Dropping a savepoint rolls it back.
                drop(savepoint);
            }
        }
        transaction.commit()?;
        self.connection = Some(connection);
        Ok(())
    }
}
