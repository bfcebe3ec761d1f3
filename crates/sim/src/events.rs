//! What the simulated board tells the program around it.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use snakeye_hal::{Protocol, StationStatus};

/// Something happened on the board that a person at the host wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimEvent {
    /// The script listens; `host` is where clients on this computer reach it (none in virtual
    /// time, where only in-process peers exist).
    Listening {
        /// TCP or UDP.
        protocol: Protocol,
        /// The port that the script asked for.
        board_port: u16,
        /// Where that port is published.
        host: Option<SocketAddr>,
    },
    /// A port could not be published; the script got `EADDRINUSE` or `EACCES`.
    PortRefused {
        /// The port that the script asked for.
        board_port: u16,
        /// Where it was to be published.
        host: SocketAddr,
        /// Whether this computer's system forbids the port, rather than having it in use.
        forbidden: bool,
    },
    /// The station's state changed.
    Wifi(StationStatus),
    /// The injected power cut happened.
    PowerCut,
}

impl fmt::Display for SimEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening { protocol, board_port, host } => {
                let name = match protocol {
                    Protocol::Tcp => "port",
                    Protocol::Udp => "UDP port",
                };
                match host {
                    Some(host) => write!(f, "board {name} {board_port} is published at {host}"),
                    None => write!(f, "the board listens on {name} {board_port}"),
                }
            }
            Self::PortRefused { board_port, host, forbidden } => {
                let why = if *forbidden { "this computer does not allow that port" } else { "another program uses it" };
                write!(
                    f,
                    "board port {board_port} cannot be published at {host}: {why}. Publish it \
                     elsewhere, for example {board_port}:{} ({board_port}:0 takes any free port)",
                    other_port(host.port())
                )
            }
            Self::Wifi(status) => {
                let text = match status {
                    StationStatus::Idle => "idle",
                    StationStatus::Connecting => "connecting",
                    StationStatus::GotIp => "connected",
                    StationStatus::BeaconTimeout => "lost the network",
                    StationStatus::NoApFound => "no such network",
                    StationStatus::WrongPassword => "wrong password",
                    StationStatus::AssocFail => "refused by the network",
                    StationStatus::HandshakeTimeout => "handshake timed out",
                };
                write!(f, "Wi-Fi: {text}")
            }
            Self::PowerCut => f.write_str("power was cut"),
        }
    }
}

/// A port to suggest in place of `port`: unprivileged and close by.
fn other_port(port: u16) -> u16 {
    match port {
        ..1024 => port + 8000,
        u16::MAX => 8080,
        _ => port + 1,
    }
}

/// Called for each event as it happens.
pub type EventCallback = Box<dyn FnMut(&SimEvent) + Send>;

/// Where events go: to the callback, or into a queue that [`take`](Self::take) empties.
#[derive(Clone)]
pub struct EventSink {
    shared: Arc<Mutex<Inner>>,
}

struct Inner {
    queue: VecDeque<SimEvent>,
    callback: Option<EventCallback>,
}

/// Events kept when nobody takes them.
const KEPT: usize = 256;

impl EventSink {
    pub(crate) fn new(callback: Option<EventCallback>) -> Self {
        let queue = VecDeque::new();
        Self { shared: Arc::new(Mutex::new(Inner { queue, callback })) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn send(&self, event: SimEvent) {
        let mut inner = self.lock();
        if let Some(callback) = &mut inner.callback {
            callback(&event);
            return;
        }
        if inner.queue.len() == KEPT {
            inner.queue.pop_front();
        }
        inner.queue.push_back(event);
    }

    /// The oldest event not yet taken, when there is no callback.
    #[must_use]
    pub fn take(&self) -> Option<SimEvent> {
        self.lock().queue.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_port_says_what_to_do() {
        let host = SocketAddr::from(([127, 0, 0, 1], 8080));
        let event = SimEvent::PortRefused { board_port: 80, host, forbidden: false };
        let text = event.to_string();
        assert!(text.contains("127.0.0.1:8080") && text.contains("80:8081"), "{text}");
    }

    #[test]
    fn events_go_to_the_callback_or_wait() {
        let sink = EventSink::new(None);
        sink.send(SimEvent::PowerCut);
        assert_eq!(sink.take(), Some(SimEvent::PowerCut));
        assert_eq!(sink.take(), None);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let sink = EventSink::new(Some(Box::new(move |e| log.lock().unwrap().push(*e))));
        sink.send(SimEvent::PowerCut);
        assert_eq!(*seen.lock().unwrap(), [SimEvent::PowerCut]);
        assert_eq!(sink.take(), None);
    }
}
