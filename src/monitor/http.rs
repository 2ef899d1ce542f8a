//! A small HTTP/1.1 server (RFC 9112) on loopback or a Unix socket.
//!
//! One request a connection, few connections at a time, each with a deadline: whoever is slow or
//! many keeps others waiting for seconds, never the loops of the gateway. What is answered is the
//! business of the [`Door`].

use std::convert::Infallible;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};

use super::{Listen, Monitor};

/// Connections that are served at a time; the others wait.
const CONNECTIONS: usize = 8;
/// The longest a connection may take, from its first byte to its end.
const DEADLINE: Duration = Duration::from_secs(30);
/// Bytes of a request's body.
const BODY: usize = 4 * 1024;
/// How long to wait after the system gave no connection.
const PAUSE: Duration = Duration::from_millis(200);

/// What a request asks for.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Bytes,
}

/// What is answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn text(status: StatusCode, body: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body: format!("{body}\n"),
        }
    }

    pub(super) fn json(status: StatusCode, value: &impl serde::Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(body) => Self {
                status,
                content_type: "application/json",
                body: body + "\n",
            },
            Err(_) => Self::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the answer cannot be written as JSON",
            ),
        }
    }
}

/// Which questions are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// For monitoring systems: looking.
    Monitoring,
    /// For the owner of the store: looking, and the level of the log.
    Control,
}

/// A socket that takes connections.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Somebody else may have put another one there, or nothing may be left.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Socket {
    /// Begins to listen. A Unix socket that nobody listens on any more is replaced.
    pub(super) async fn bind(listen: &Listen, mode: u32) -> io::Result<Self> {
        match listen {
            Listen::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            Listen::Unix(path) => {
                clear(path).await?;
                let listener = UnixListener::bind(path)?;
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
                Ok(Self::Unix(listener, path.clone()))
            }
        }
    }

    /// Serves until `stop` says so.
    pub(super) async fn serve(self, monitor: Monitor, door: Door, mut stop: watch::Receiver<bool>) {
        let turns = Arc::new(Semaphore::new(CONNECTIONS));
        while !*stop.borrow() {
            let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
                return;
            };
            let monitor = monitor.clone();
            let accepted = tokio::select! {
                _ = stop.changed() => return,
                accepted = self.accept() => accepted,
            };
            match accepted {
                Ok(stream) => {
                    tokio::spawn(async move {
                        let _turn = turn;
                        connection(stream, monitor, door).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a monitoring connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<Box<dyn Connection>> {
        Ok(match self {
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
            Self::Unix(listener, _) => Box::new(listener.accept().await?.0),
        })
    }
}

/// A connection of either kind.
trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

/// Takes a socket out of the way that a process left behind; anything else stays where it is.
async fn clear(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if !found.file_type().is_socket() => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is a file in the socket's place",
        )),
        Ok(_) => match UnixStream::connect(path).await {
            Ok(_) => Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "another process listens there",
            )),
            Err(_) => std::fs::remove_file(path),
        },
    }
}

async fn connection(stream: Box<dyn Connection>, monitor: Monitor, door: Door) {
    let service = service_fn(move |request: Request<Incoming>| {
        let monitor = monitor.clone();
        async move { Ok::<_, Infallible>(response(request, &monitor, door).await) }
    });
    let serving = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(5))
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away or speaks nonsense is its own trouble.
    let _ = tokio::time::timeout(DEADLINE, serving).await;
}

async fn response(
    request: Request<Incoming>,
    monitor: &Monitor,
    door: Door,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let asked = Asked {
        method: head.method.clone(),
        path: head.uri.path().to_owned(),
        body,
    };
    let answer = super::control::answer(&asked, monitor, door).await;
    let bytes = if head.method == Method::HEAD {
        Bytes::new()
    } else {
        Bytes::from(answer.body)
    };
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
