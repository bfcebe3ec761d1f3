use super::*;

const STA: WifiInterface = WifiInterface::Station;
const AP: WifiInterface = WifiInterface::AccessPoint;

fn radio(file: &str) -> (SimWifi, TimeSource) {
    let time = TimeSource::simulated();
    let world = match file {
        "" => Neighbourhood::default(),
        text => Neighbourhood::parse(text).unwrap(),
    };
    let mac = [0x24, 0x0A, 0xC4, 1, 2, 4];
    let wifi = SimWifi::new(time.clone(), world, mac, "mpy-esp32", Random::new(1));
    (wifi, time)
}

/// Jumps from event to event until the status is as wanted; fails when nothing more happens.
fn until(wifi: &mut SimWifi, time: &TimeSource, wanted: StationStatus) {
    for _ in 0..50 {
        if wifi.status() == wanted {
            return;
        }
        let at = wifi.next_event().expect("something happens");
        time.advance_to(at);
    }
    panic!("never {wanted:?}, but {:?}", wifi.status());
}

#[test]
fn any_network_is_joined_by_default_after_a_second_or_two() {
    let (mut wifi, time) = radio("");
    assert_eq!(wifi.connect(Some(b"x"), None, None), Err(WifiError::NotStarted));
    wifi.set_active(STA, true).unwrap();
    assert_eq!(wifi.status(), StationStatus::Idle);
    wifi.connect(Some(b"my net"), Some(b"pw"), None).unwrap();
    assert_eq!(wifi.status(), StationStatus::Connecting);
    assert_eq!(wifi.ip_config(STA), IpConfig::NONE);
    assert!(!wifi.is_online());
    until(&mut wifi, &time, StationStatus::GotIp);
    assert!((1_000_000..2_000_000).contains(&time.now_us()));
    assert_eq!(wifi.ip_config(STA).address, Ipv4Addr::new(192, 168, 1, 50));
    assert!(wifi.is_connected(STA) && wifi.is_online());
    wifi.disconnect().unwrap();
    assert_eq!(wifi.status(), StationStatus::Idle);
    assert_eq!(wifi.rssi(), Err(WifiError::NotConnected));
}

const STRICT: &str = r#"
    join_ms = 1000
    [[network]]
    ssid = "Home"
    password = "right"
    address = "10.0.0.9"
    gateway = "10.0.0.1"
    [[network.dropout]]
    after_s = 100
    for_s = 20
"#;

#[test]
fn a_wrong_password_says_so_and_keeps_trying() {
    let (mut wifi, time) = radio(STRICT);
    wifi.set_active(STA, true).unwrap();
    wifi.connect(Some(b"Home"), Some(b"wrong"), None).unwrap();
    assert_eq!(wifi.connect(Some(b"Home"), None, None), Err(WifiError::Connecting));
    until(&mut wifi, &time, StationStatus::WrongPassword);
    assert_eq!(time.now_us(), 1_000_000);
    let at = wifi.next_event().unwrap();
    time.advance_to(at);
    assert_eq!(wifi.status(), StationStatus::WrongPassword, "while it tries again");
    assert!(wifi.next_event().is_some());
}

#[test]
fn attempts_end_when_reconnects_are_limited() {
    let (mut wifi, time) = radio(STRICT);
    wifi.set_active(STA, true).unwrap();
    let limited = InterfaceConfig { reconnects: 1, ..wifi.config(STA) };
    wifi.set_config(STA, limited).unwrap();
    wifi.connect(Some(b"Nowhere"), Some(b"x"), None).unwrap();
    while let Some(at) = wifi.next_event() {
        time.advance_to(at);
        wifi.advance();
    }
    assert_eq!(wifi.status(), StationStatus::NoApFound);
    assert_eq!(time.now_us(), 2_500_000, "two attempts and a pause");
}

#[test]
fn a_dropout_breaks_the_link_and_it_comes_back() {
    let (mut wifi, time) = radio(STRICT);
    wifi.set_active(STA, true).unwrap();
    wifi.connect(Some(b"Home"), Some(b"right"), None).unwrap();
    until(&mut wifi, &time, StationStatus::GotIp);
    assert_eq!(wifi.ip_config(STA).gateway, Ipv4Addr::new(10, 0, 0, 1));
    assert!(!wifi.status_changed());
    assert_eq!(wifi.next_event(), Some(100_000_000));
    time.advance_to(100_000_000);
    wifi.advance();
    assert!(wifi.status_changed());
    assert!(!wifi.is_connected(STA) && !wifi.carries_traffic());
    until(&mut wifi, &time, StationStatus::GotIp);
    assert!(time.now_us() >= 120_000_000);
    assert!(wifi.carries_traffic());
}

#[test]
fn a_scan_takes_time_and_lists_the_strongest_first() {
    let (mut wifi, time) =
        radio("[[network]]\nssid='a'\nrssi=-80\n[[network]]\nssid='b'\nrssi=-40\nhidden=true\nauth='open'");
    assert_eq!(wifi.scan(), Err(Errno::EPERM));
    wifi.set_active(STA, true).unwrap();
    assert_eq!(wifi.scan(), Err(Errno::EAGAIN));
    assert!(!wifi.scan_is_ready());
    time.advance_to(wifi.next_event().unwrap());
    assert!(wifi.scan_is_ready());
    let found = wifi.scan().unwrap();
    let brief: Vec<_> = found.iter().map(|n| (n.ssid.as_slice(), n.rssi, n.auth)).collect();
    assert_eq!(brief, [(&b""[..], -40, AuthMode::Open), (b"a", -80, AuthMode::Wpa2Psk)]);
}

#[test]
fn the_access_point_has_its_address_and_stations() {
    let (mut wifi, time) = radio("[[station]]\nmac='02:00:00:00:00:07'\nafter_s=3");
    wifi.set_active(AP, true).unwrap();
    assert_eq!(wifi.ip_config(AP).address, Ipv4Addr::new(192, 168, 4, 1));
    assert!(!wifi.is_connected(AP));
    time.advance_to(3_000_000);
    assert!(wifi.is_connected(AP));
    assert_eq!(wifi.stations()[0].ip, Some(Ipv4Addr::new(192, 168, 4, 2)));
    let mut config = wifi.config(AP);
    assert_eq!(config.ssid, b"ESP_010205");
    config.auth = AuthMode::Wpa2Psk;
    config.key = b"short".to_vec();
    assert_eq!(wifi.set_config(AP, config), Err(WifiError::BadKey));
}
