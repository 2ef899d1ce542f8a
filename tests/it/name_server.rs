//! A DNS server that knows what the test says: UDP on 127.0.0.1, TXT, MX and A records.
//!
//! A name it does not know does not exist; a name it knows has no other records than those named. It
//! ends with the value.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// One record.
#[derive(Debug, Clone)]
pub enum Record {
    Txt(String),
    Mx(u16, String),
    A([u8; 4]),
}

impl Record {
    fn number(&self) -> u16 {
        match self {
            Self::A(_) => 1,
            Self::Mx(..) => 15,
            Self::Txt(_) => 16,
        }
    }

    fn data(&self) -> Vec<u8> {
        match self {
            Self::A(address) => address.to_vec(),
            Self::Mx(preference, host) => {
                let mut data = preference.to_be_bytes().to_vec();
                for label in host.split('.').filter(|label| !label.is_empty()) {
                    data.push(u8::try_from(label.len()).unwrap());
                    data.extend_from_slice(label.as_bytes());
                }
                data.push(0);
                data
            }
            Self::Txt(text) => {
                let mut data = Vec::new();
                for part in text.as_bytes().chunks(200) {
                    data.push(u8::try_from(part.len()).unwrap());
                    data.extend_from_slice(part);
                }
                data
            }
        }
    }
}

/// A running server.
pub struct NameServer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl NameServer {
    /// Knows these records.
    pub fn start(records: &[(&str, Record)]) -> Self {
        let mut known: HashMap<String, Vec<Record>> = HashMap::new();
        for (name, record) in records {
            known
                .entry((*name).to_owned())
                .or_default()
                .push(record.clone());
        }
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        let address = socket.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 1_500];
            while !stopped.load(Ordering::Relaxed) {
                if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    let _ = socket.send_to(&answer(&buffer[..length], &known), from);
                }
            }
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn answer(query: &[u8], known: &HashMap<String, Vec<Record>>) -> Vec<u8> {
    let (mut at, mut labels) = (12, Vec::new());
    while query[at] != 0 {
        let length = usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    let question = &query[12..at + 5];
    let records = known.get(&labels.join("."));
    let answers: Vec<&Record> = records
        .into_iter()
        .flatten()
        .filter(|record| record.number() == kind)
        .collect();
    let mut reply = query[..2].to_vec();
    reply.extend_from_slice(&[0x81, if records.is_some() { 0x80 } else { 0x83 }]);
    reply.extend_from_slice(&[0, 1, 0, u8::try_from(answers.len()).unwrap(), 0, 0, 0, 0]);
    reply.extend_from_slice(question);
    for record in answers {
        let data = record.data();
        reply.extend_from_slice(&[0xc0, 12]);
        reply.extend_from_slice(&record.number().to_be_bytes());
        reply.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        reply.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        reply.extend_from_slice(&data);
    }
    reply
}
