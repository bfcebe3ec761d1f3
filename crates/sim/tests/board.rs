//! Waiting, interrupts, resets and storage of the simulated board.

use std::time::Duration;

use snakeye_hal::{Board, FlashError, Interest, PinConfig, PinMode, ResetCause, ResetRequest, Wake, WakeReason};
use snakeye_sim::{PowerSwitch, RtcStart, SimConfig, SimEvent};

#[test]
fn typing_ends_a_wait() {
    let mut board = SimConfig::default().build().unwrap();
    let cable = board.console_handle();
    let typist = std::thread::spawn(move || cable.push(b"x"));
    assert_eq!(board.wait(&[Interest::ConsoleInput], None), Wake::Ready);
    typist.join().unwrap();
    assert_eq!(board.console().read(&mut [0; 4]), 1);
}

#[test]
fn an_interrupt_ends_a_wait_and_stays_until_taken() {
    let mut board = SimConfig::default().build().unwrap();
    board.console().set_interrupt_char(Some(3));
    let cable = board.console_handle();
    let typist = std::thread::spawn(move || cable.push(b"\x03"));
    assert_eq!(board.wait(&[], None), Wake::Interrupt);
    typist.join().unwrap();
    assert_eq!(board.wait(&[Interest::ConsoleInput], None), Wake::Interrupt);
    assert!(board.interrupted() && board.take_interrupt());
    assert!(!board.interrupted() && !board.take_interrupt());
    let soon = board.clock().ticks_us() + 1000;
    assert_eq!(board.wait(&[], Some(soon)), Wake::Deadline);
}

#[test]
fn real_time_waits_for_the_deadline() {
    let mut board = SimConfig::default().build().unwrap();
    let deadline = board.clock().ticks_us() + 20_000;
    assert_eq!(board.wait(&[], Some(deadline)), Wake::Deadline);
    assert!(board.clock().ticks_us() >= deadline);
}

#[test]
fn a_frame_wakes_the_board() {
    let mut board = SimConfig::default().build().unwrap();
    let signal = board.frame_signal();
    let camera = std::thread::spawn(move || signal.set_ready(true));
    assert_eq!(board.wait(&[Interest::Frame], None), Wake::Ready);
    camera.join().unwrap();
}

#[test]
fn resets_keep_what_they_should() {
    let mut board = SimConfig::default().virtual_time().build().unwrap();
    assert_eq!(board.system().reset_cause(), ResetCause::PowerOn);
    board.clock().set_rtc_us(1_000_000_000);
    board.system().set_rtc_memory(b"note").unwrap();
    let output = PinConfig { mode: PinMode::Output, ..PinConfig::default() };
    board.pins().configure(4, output).unwrap();
    board.pins().write(4, true).unwrap();

    assert_eq!(board.restart(), ResetRequest::Soft);
    assert_eq!(board.system().reset_cause(), ResetCause::Soft);
    assert!(board.lamp().brightness() > 0, "pins survive a soft reset");

    let hour = 3_600_000_000;
    let nap = ResetRequest::DeepSleep { wake_after_us: Some(hour) };
    board.system().request_reset(nap);
    assert_eq!(board.wait(&[], None), Wake::Reset);
    assert_eq!(board.restart(), nap);
    assert_eq!(board.system().reset_cause(), ResetCause::DeepSleep);
    assert_eq!(board.system().wake_reason(), WakeReason::Timer);
    assert_eq!(board.system().rtc_memory(), b"note");
    assert!(board.clock().rtc_us() >= 1_000_000_000 + i64::try_from(hour).unwrap());
    assert!(board.clock().ticks_us() < 1000, "ticks start again");
    assert_eq!(board.lamp().brightness(), 0);

    board.power_cycle();
    assert_eq!(board.system().reset_cause(), ResetCause::PowerOn);
    assert_eq!(board.system().rtc_memory(), b"");
    assert!(board.clock().rtc_us() < 1000);
}

#[test]
fn flash_survives_a_restart_of_the_simulation() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("board.bin");
    let config = || SimConfig::default().flash_image(&path);
    {
        let mut board = config().build().unwrap();
        assert!(board.flash_is_new());
        let flash = board.flash();
        assert_eq!(flash.size(), 4 << 20);
        flash.write(0x20_0000, b"main.py").unwrap();
    }
    let mut board = config().build().unwrap();
    assert!(!board.flash_is_new());
    let mut buf = [0; 7];
    board.flash().read(0x20_0000, &mut buf).unwrap();
    assert_eq!(&buf, b"main.py");
    let second = config().build().err().unwrap().to_string();
    assert!(second.contains("board.bin") && second.contains("in use"), "{second}");
}

#[test]
fn a_power_cut_ends_the_program_and_keeps_flash() {
    let power = PowerSwitch::default();
    let mut board = SimConfig::default().power(power.clone()).build().unwrap();
    board.flash().write(0, &[1]).unwrap();
    power.cut_after(0, false);
    assert_eq!(board.flash().write(1, &[2]), Err(FlashError::PowerLost));
    assert_eq!(board.wait(&[], None), Wake::Reset);
    assert_eq!(board.events().take(), Some(SimEvent::PowerCut));
    board.restart();
    assert_eq!(board.system().reset_cause(), ResetCause::PowerOn);
    let mut buf = [0; 2];
    board.flash().read(0, &mut buf).unwrap();
    assert_eq!(buf, [1, 0xFF]);
}

#[test]
fn the_rtc_can_start_at_the_hosts_time() {
    let mut board = SimConfig::default().rtc(RtcStart::Host).build().unwrap();
    // 2024-01-01 in seconds since 2000.
    assert!(board.clock().rtc_us() > 757_382_400_000_000);
}

#[test]
fn output_goes_to_the_sink_or_is_kept() {
    let mut board = SimConfig::default().build().unwrap();
    let cable = board.console_handle();
    board.console().write(b"hello\r\n");
    let got = cable.wait_output(b"\r\n", Duration::from_secs(20));
    assert_eq!(got.as_deref(), Some(&b"hello\r\n"[..]));
    let (sender, receiver) = std::sync::mpsc::channel();
    let sink = move |bytes: &[u8]| sender.send(bytes.to_vec()).unwrap();
    let mut board = SimConfig::default().console(sink).build().unwrap();
    board.console().write(b"hi");
    assert_eq!(receiver.recv().unwrap(), b"hi");
}

#[test]
fn an_sd_card_is_there_when_put_in() {
    let board = SimConfig::default().build().unwrap();
    assert!(board.sd_card().is_none());
    let board = SimConfig::default().sd_memory(1 << 20).build().unwrap();
    assert_eq!(board.sd_card().unwrap().block_count(), 2048);
}
