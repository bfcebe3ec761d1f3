//! Host names, looked up on threads so that the board never blocks.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use snakeye_hal::Errno;

use crate::Waker;

/// Look-ups on their way or answered; `None` while on its way.
type Table = HashMap<String, Option<Result<Vec<IpAddr>, Errno>>>;

/// Asks the host's resolver.
pub(crate) struct Resolver {
    table: Arc<Mutex<Table>>,
    waker: Waker,
}

/// Names that need no question: numeric addresses and the board itself.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    if host.is_empty() {
        return Some(Ipv4Addr::UNSPECIFIED.into());
    }
    if host.eq_ignore_ascii_case("localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    host.parse().ok()
}

impl Resolver {
    pub(crate) fn new(waker: Waker) -> Self {
        Self { table: Arc::default(), waker }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer, or `EAGAIN` while the question is on its way.
    pub(crate) fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Errno> {
        let mut table = self.lock();
        match table.remove(host) {
            Some(Some(answer)) => return answer,
            Some(None) => {
                table.insert(host.to_owned(), None);
                return Err(Errno::EAGAIN);
            }
            None => {}
        }
        let name = host.to_owned();
        let answers = Arc::clone(&self.table);
        let waker = self.waker.clone();
        let look_up = move || {
            let answer = match (name.as_str(), 0).to_socket_addrs() {
                Ok(found) => Ok(found.map(|a| a.ip()).filter(IpAddr::is_ipv4).collect()),
                Err(_) => Err(Errno::EAI_FAIL),
            };
            let answer = answer.and_then(|all: Vec<_>| if all.is_empty() { Err(Errno::EAI_FAIL) } else { Ok(all) });
            let mut table = answers.lock().unwrap_or_else(PoisonError::into_inner);
            // A question that was forgotten meanwhile gets no answer.
            if let Some(slot) = table.get_mut(&name) {
                *slot = Some(answer);
                drop(table);
                waker.wake();
            }
        };
        let thread = std::thread::Builder::new().name("resolve".into());
        if thread.spawn(look_up).is_err() {
            return Err(Errno::ENOMEM);
        }
        table.insert(host.to_owned(), None);
        Err(Errno::EAGAIN)
    }

    /// Whether any answer waits to be collected.
    pub(crate) fn is_ready(&self) -> bool {
        self.lock().values().any(Option::is_some)
    }

    /// Forgets all questions.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }
}
