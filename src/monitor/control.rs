//! Questions to a running gateway, and its answers.
//!
//! | | | |
//! |---|---|---|
//! | `GET /healthz` | both doors | 200 if process and store answer, else 503 |
//! | `GET /readyz` | both doors | 200 if letters come in and go out, else 503; the reasons as JSON |
//! | `GET /metrics` | both doors | OpenMetrics |
//! | `GET /status` | control socket | the whole [`Report`] as JSON |
//! | `POST /log` | control socket | another level for the log, `{"level":"debug","seconds":900}` |
//!
//! The client's side is here too ([`ask`], [`log`]): short, for it only ever speaks to this server.

use std::io;
use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;
use tokio::sync::watch;

use super::http::{Answer, Asked, Door, Socket};
use super::report::Report;
use super::{Listen, Monitor, exposition};
use crate::verbosity::{self, Level, Setting};

/// How long a gateway may take to answer; longer than its store may.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of an answer.
const LARGEST: usize = 4 * 1024 * 1024;

/// What `/healthz` and `/readyz` say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Whether all is well, as far as was asked.
    pub ok: bool,
    /// Why not; also what is wrong and leaves the service working.
    pub reasons: Vec<super::report::Raised>,
}

/// Another level for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogOrder {
    /// Which.
    pub level: Level,
    /// For how long; for good if nothing is said.
    pub seconds: Option<i64>,
}

/// The doors, open: whoever connects is served as soon as [`Doors::serve`] runs.
#[derive(Debug)]
pub struct Doors {
    monitor: Monitor,
    open: Vec<(Socket, Door)>,
}

impl Monitor {
    /// Opens both doors. One that cannot be opened is told in the log, and the gateway works without
    /// it.
    pub async fn open(&self) -> Doors {
        let control = Listen::Unix(self.settings.control.clone());
        let monitoring = self.settings.listen.iter();
        let wanted = std::iter::once((&control, 0o600, Door::Control))
            .chain(monitoring.map(|listen| (listen, 0o660, Door::Monitoring)));
        let mut open = Vec::new();
        for (listen, mode, door) in wanted {
            match Socket::bind(listen, mode).await {
                Ok(socket) => open.push((socket, door)),
                Err(error) => {
                    tracing::error!(?door, %error, "nobody can look into the gateway here");
                }
            }
        }
        Doors {
            monitor: self.clone(),
            open,
        }
    }
}

impl Doors {
    /// Serves until `stop` says so.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) {
        let serving = self
            .open
            .into_iter()
            .map(|(socket, door)| socket.serve(self.monitor.clone(), door, stop.clone()));
        futures_util::future::join_all(serving).await;
        // Without any door this part still ends when all do.
        while !*stop.borrow() && stop.changed().await.is_ok() {}
    }
}

/// Answers one question.
pub(super) async fn answer(asked: &Asked, monitor: &Monitor, door: Door) -> Answer {
    let looks = [Method::GET, Method::HEAD].contains(&asked.method);
    match (asked.path.as_str(), door) {
        ("/healthz" | "/readyz" | "/metrics", _) | ("/status", Door::Control) if !looks => {
            Answer::text(StatusCode::METHOD_NOT_ALLOWED, "expected GET")
        }
        ("/healthz", _) => health(&monitor.report().await, |cause| cause == "store_failing"),
        ("/readyz", _) => readiness(&monitor.report().await),
        ("/metrics", _) => metrics(monitor).await,
        ("/status", Door::Control) => Answer::json(StatusCode::OK, &monitor.report().await),
        ("/log", Door::Control) if asked.method == Method::POST => turn(asked, monitor),
        ("/log", Door::Control) => Answer::text(StatusCode::METHOD_NOT_ALLOWED, "expected POST"),
        _ => Answer::text(
            StatusCode::NOT_FOUND,
            "expected /metrics, /healthz or /readyz",
        ),
    }
}

fn health(report: &Report, counts: impl Fn(&str) -> bool) -> Answer {
    let reasons: Vec<_> = report
        .alarms
        .iter()
        .filter(|alarm| counts(&alarm.cause))
        .cloned()
        .collect();
    let ok = reasons.is_empty();
    said(ok, reasons)
}

fn readiness(report: &Report) -> Answer {
    said(report.ready, report.alarms.clone())
}

fn said(ok: bool, reasons: Vec<super::report::Raised>) -> Answer {
    let status = if ok {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    Answer::json(status, &Health { ok, reasons })
}

async fn metrics(monitor: &Monitor) -> Answer {
    match exposition::text(&monitor.report().await, &monitor.telemetry) {
        Ok(body) => Answer {
            status: StatusCode::OK,
            content_type: exposition::CONTENT_TYPE,
            body,
        },
        Err(_) => Answer::text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the metrics cannot be written",
        ),
    }
}

fn turn(asked: &Asked, monitor: &Monitor) -> Answer {
    let Ok(order) = serde_json::from_slice::<LogOrder>(&asked.body) else {
        return Answer::text(
            StatusCode::BAD_REQUEST,
            "expected {\"level\":\"error|warn|info|debug\",\"seconds\":900 or null}",
        );
    };
    let time = order.seconds.map(SignedDuration::from_secs);
    match verbosity::change(order.level, time, monitor.clock.now()) {
        Some(setting) => {
            tracing::warn!(
                level = setting.level.as_str(),
                seconds = order.seconds,
                "the log level was changed from the command line"
            );
            Answer::json(StatusCode::OK, &setting)
        }
        None => Answer::text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the log's level cannot be changed",
        ),
    }
}

/// Why a running gateway gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens.
    #[error("no running guichet answers at `{}`", socket.display())]
    Nobody {
        /// The control socket.
        socket: std::path::PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody listens and says nothing.
    #[error("guichet runs and gave no answer within {} s", PATIENCE.as_secs())]
    Silent,
    /// The answer is none.
    #[error("guichet runs and its answer cannot be understood")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It would not.
    #[error("guichet runs and would not: {0}")]
    Declined(String),
}

/// How the gateway behind a control socket is.
///
/// # Errors
/// When nobody answers, or not in time.
pub async fn ask(socket: &Path) -> Result<Report, AskError> {
    let body = exchange(socket, Method::GET, "/status", Bytes::new()).await?;
    serde_json::from_slice(&body).map_err(|error| AskError::Answer(Box::new(error)))
}

/// Changes the level of the log of the gateway behind a control socket.
///
/// # Errors
/// When nobody answers, or not in time.
pub async fn log(socket: &Path, order: LogOrder) -> Result<Setting, AskError> {
    let body = serde_json::to_vec(&order).map_err(|error| AskError::Answer(Box::new(error)))?;
    let answer = exchange(socket, Method::POST, "/log", Bytes::from(body)).await?;
    serde_json::from_slice(&answer).map_err(|error| AskError::Answer(Box::new(error)))
}

async fn exchange(
    socket: &Path,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<Bytes, AskError> {
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|source| AskError::Nobody {
            socket: socket.to_owned(),
            source,
        })?;
    tokio::time::timeout(PATIENCE, spoken(stream, method, path, body))
        .await
        .map_err(|_| AskError::Silent)?
}

async fn spoken(
    stream: UnixStream,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<Bytes, AskError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| AskError::Answer(error);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(Box::new(error)))?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "guichet")
        .body(Full::new(body))
        .map_err(|error| failed(Box::new(error)))?;
    let answered = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok::<_, hyper::Error>((status, response.into_body()))
    };
    let talking = tokio::spawn(connection);
    let (status, body) = answered.await.map_err(|error| failed(Box::new(error)))?;
    let body = Limited::new(body, LARGEST)
        .collect()
        .await
        .map_err(failed)?;
    talking.abort();
    let bytes = body.to_bytes();
    if status.is_success() {
        Ok(bytes)
    } else {
        let said = String::from_utf8_lossy(&bytes).trim().to_owned();
        Err(AskError::Declined(said))
    }
}
