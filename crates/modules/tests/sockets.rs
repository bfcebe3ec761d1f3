//! The socket scripts of `tests/board` on the computer's own network: there they run in virtual time.

mod common;

use common::Console;
use snakeye_sim::SimConfig;

/// Runs a script whose listeners use these ports of the board, published under free ones.
fn same_as_in_virtual_time(name: &str, ports: &[u16]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/board");
    let script = std::fs::read(folder.join(name).with_extension("py")).unwrap();
    let expected = std::fs::read_to_string(folder.join(name).with_extension("exp")).unwrap();
    let console = Console::default();
    let mut config = console.attach(SimConfig::default());
    for &port in ports {
        config = config.publish(port, 0);
    }
    common::run(config.build().unwrap(), None, &script);
    assert_eq!(console.text(), expected);
}

#[test]
fn streams() {
    same_as_in_virtual_time("socket_stream", &[8123]);
}

#[test]
fn waits() {
    same_as_in_virtual_time("socket_wait", &[8124]);
}

#[test]
fn datagrams() {
    same_as_in_virtual_time("socket_udp", &[8125, 8126]);
}

#[test]
fn dropped_sockets() {
    same_as_in_virtual_time("socket_drop", &[8127]);
}

#[test]
fn addresses() {
    same_as_in_virtual_time("socket_address", &[8130]);
}
