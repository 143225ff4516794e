//! A stub of Clouddriver: `PUT /artifacts/fetch`, and the ways in which a store can fail.

use std::collections::HashMap;
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::http::read_head;

/// What the store has under a name.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// These bytes.
    Bytes(Vec<u8>),
    /// An error with this status and message.
    Error(u16, &'static str),
    /// Errors with this status, this many times, then the bytes.
    Flaky(u16, usize, Vec<u8>),
    /// An answer that begins after this time.
    Slow(Duration, Vec<u8>),
    /// Half of what was announced, then the end of the connection.
    Dropped(Vec<u8>),
    /// Bytes without an end.
    Endless,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) artifact: Value,
    pub(crate) at: Instant,
}

#[derive(Debug)]
pub(crate) struct Store {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    items: HashMap<String, Item>,
    calls: Mutex<Vec<Call>>,
    stop: AtomicBool,
}

impl Store {
    pub(crate) fn start(items: impl IntoIterator<Item = (String, Item)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            items: items.into_iter().collect(),
            calls: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.stop.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                std::thread::spawn(move || {
                    // the client may go away at any time
                    let _ = serve(stream.unwrap(), &shared);
                });
            }
        });
        Store { address, shared }
    }

    /// A store with the probe chart and both built-in charts.
    pub(crate) fn with_charts() -> Self {
        Store::start([("probe".to_owned(), Item::Bytes(testkit::archive::package("testdata/stage/charts/probe")))])
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (line, headers) = read_head(&mut reader)?;
        let length = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-length"));
        let mut body = vec![0; length.map_or(0, |(_, n)| n.parse().unwrap())];
        reader.read_exact(&mut body)?;
        let artifact: Value = serde_json::from_slice(&body).unwrap_or_default();
        let name = match line.strip_prefix("GET /") {
            Some(path) => path.split(' ').next().unwrap().to_owned(),
            None => artifact["name"].as_str().unwrap_or_default().to_owned(),
        };
        let before = {
            let mut calls = shared.calls.lock().unwrap();
            let before = calls.iter().filter(|call| call.artifact["name"] == artifact["name"]).count();
            calls.push(Call { line, headers, artifact, at: Instant::now() });
            before
        };
        match shared.items.get(&name) {
            Some(Item::Error(status, message)) => error(&mut stream, *status, message)?,
            Some(Item::Flaky(status, times, _)) if before < *times => error(&mut stream, *status, "not now")?,
            Some(Item::Bytes(bytes) | Item::Flaky(_, _, bytes)) => answer(&mut stream, 200, bytes)?,
            Some(Item::Slow(time, bytes)) => {
                std::thread::sleep(*time);
                answer(&mut stream, 200, bytes)?;
            }
            Some(Item::Dropped(bytes)) => {
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len())?;
                return stream.write_all(&bytes[..bytes.len() / 2]);
            }
            Some(Item::Endless) => {
                write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
                loop {
                    write!(stream, "10000\r\n")?;
                    stream.write_all(&vec![b'x'; 0x10000])?;
                    write!(stream, "\r\n")?;
                }
            }
            None => error(&mut stream, 404, "no such artifact")?,
        }
    }
}

fn answer(stream: &mut TcpStream, status: u16, body: &[u8]) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    text.extend_from_slice(body);
    stream.write_all(&text)
}

fn error(stream: &mut TcpStream, status: u16, message: &str) -> std::io::Result<()> {
    answer(stream, status, serde_json::json!({"status": status, "message": message}).to_string().as_bytes())
}
