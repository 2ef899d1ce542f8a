//! `guichet send-test ADDRESS`: one letter through the configured way out, each step shown.
//!
//! Not through the outbox: it has to work before the first start, beside a running daemon and with a
//! store that is full, and nobody wants to wait for a row to come due. It goes through the very
//! transport that the outbox uses, once, and is repeated by nobody. Like all mail of the gateway it
//! carries the loop field and is marked as automatic, and has the null sender, so that nothing answers
//! it and no report of it is taken for a ticket.
//!
//! Exit code: 0 the server took it · 75 it would not now · 69 it never will · 64 no address.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;

use super::table::line;
use super::{Failure, print, read_config, runtime};
use crate::compose::WireAddress;
use crate::config::Config;
use crate::delivery::{Ear, Line, Outcome, Outgoing, Transport};
use crate::doctor::probe;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the letter goes
    address: String,
}

pub(super) fn send_test(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    WireAddress::new(&arguments.address).map_err(|error| Failure::new(64, error))?;
    let bytes = probe::hello(&config.identity, &arguments.address, Timestamp::now())
        .map_err(|error| Failure::new(70, error))?;
    let transport =
        Transport::new(config.delivery.clone()).map_err(|error| Failure::new(78, error))?;
    let outcome = runtime()?.block_on(sent(&config, transport, &arguments.address, &bytes))?;
    let (code, said) = match outcome {
        Outcome::Delivered(reply) => (0, format!("Taken: {} {}", reply.code, reply.text)),
        Outcome::Deferred {
            reason, after_dot, ..
        } => {
            let again = if after_dot {
                "Nobody knows whether it was taken"
            } else {
                "Not now"
            };
            (75, format!("{again}: {}", reason.text))
        }
        Outcome::Failed { reason } => (69, format!("Refused: {}", reason.text)),
    };
    print(&format!("{}\n", line(&said, 600)))?;
    Ok(ExitCode::from(code))
}

async fn sent(
    config: &Config,
    mut transport: Transport,
    address: &str,
    bytes: &[u8],
) -> Result<Outcome, Failure> {
    let (ear, heard) = Ear::new();
    transport.listen(ear);
    let letter = Outgoing {
        sender: None,
        recipient: address,
        bytes,
    };
    print(&format!(
        "A letter of {} bytes from {} (null sender).\n",
        bytes.len(),
        line(&config.identity.address, 200)
    ))?;
    let delivery = async {
        let outcome = transport
            .deliver(&letter, async || Ok::<_, std::convert::Infallible>(()))
            .await;
        transport.quit().await;
        drop(transport);
        outcome
    };
    let (outcome, shown) = futures_util::future::join(delivery, show(heard)).await;
    shown?;
    match outcome {
        Ok(outcome) => Ok(outcome),
        Err(never) => match never {},
    }
}

async fn show(mut heard: UnboundedReceiver<Line>) -> Result<(), Failure> {
    while let Some(one) = heard.recv().await {
        let text = match one {
            Line::Event(text) => format!("* {text}"),
            Line::Sent(text) => format!("> {text}"),
            Line::Letter(bytes) => format!("> (the letter, {bytes} bytes)"),
            Line::Received(text) => format!("< {text}"),
        };
        print(&format!("{}\n", line(&text, 400)))?;
    }
    Ok(())
}
