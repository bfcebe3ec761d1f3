//! What scripts see of a camera that does not work.

mod common;

use common::Console;
use snakeye_sim::SimConfig;
use snakeye_sim::sensor::{Fault, Faults, SimCameraOptions, SimCameraPort};

/// Runs a script with these faults from the start; what it printed, by lines.
fn with_faults(faults: &[Fault], script: &str) -> Vec<String> {
    let console = Console::default();
    let board = console.attach(SimConfig::default().virtual_time()).build().unwrap();
    let present = Faults::new();
    for &fault in faults {
        present.set(fault, true);
    }
    let camera = SimCameraPort::new(SimCameraOptions { faults: present, ..board.camera_options() });
    common::run(board, Some(Box::new(camera)), script.as_bytes());
    console.text().lines().map(String::from).collect()
}

#[test]
fn a_failing_init_says_what_to_check_in_one_line() {
    let script =
        "import camera\nprint(camera.init(), camera.last_error()[0])\nprint(camera.capture(), camera.flip(1))\n";
    let cases =
        [(Fault::NoAck, "ribbon cable", 0x105), (Fault::WrongChip, "0x77", 0x106), (Fault::NoIdentity, "ID", 0x20001)];
    for (fault, hint, code) in cases {
        let lines = with_faults(&[fault], script);
        let [said, init, off, after] = lines.as_slice() else { panic!("{fault:?}: {lines:#?}") };
        assert!(said.starts_with("camera.init: ") && said.contains(hint), "{said}");
        assert_eq!(*init, format!("False {code}"));
        assert_eq!(off, "camera.capture: camera is not initialised: call init() first");
        assert_eq!(after, "False False");
    }
}

#[test]
fn a_capture_without_frames_ends_after_four_seconds() {
    let script = "import camera, time
print(camera.init())
start = time.ticks_ms()
print(camera.capture(), time.ticks_diff(time.ticks_ms(), start) // 100, camera.last_error()[0] == 0x107)
";
    let lines = with_faults(&[Fault::LostVsync], script);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[1].starts_with("camera.capture: ") && lines[1].contains("VSYNC"), "{}", lines[1]);
    assert_eq!([&lines[0], &lines[2]], ["True", "False 40 True"]);
}

#[test]
fn other_threads_run_while_a_capture_waits() {
    let script = "import camera, time, _thread
camera.init()
ticks = []
def count():
    for n in range(10):
        time.sleep_ms(100)
        ticks.append(n)
_thread.start_new_thread(count, ())
camera.capture()
print(len(ticks))
";
    assert_eq!(with_faults(&[Fault::LostVsync], script).last().unwrap(), "10");
}

#[test]
fn broken_frames_end_a_capture_with_their_reason() {
    let script = "import camera\ncamera.init()\nprint(camera.capture())\nprint(camera.last_error()[1])\n";
    let lines = with_faults(&[Fault::TruncatedJpeg], script);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_eq!(lines[1], "False");
    assert!(lines[2].contains("NO-EOI") && lines[0].ends_with(&lines[2]), "{lines:#?}");
}

#[test]
fn a_board_without_a_camera_says_so() {
    let console = Console::default();
    let board = console.attach(SimConfig::default().virtual_time()).build().unwrap();
    let script = b"import camera\nprint(camera.init(), camera.quality(10), camera.last_error(), camera.deinit())\n";
    common::run(board, None, script);
    assert_eq!(console.text(), "camera.init: this board has no camera\nFalse False None True\n");
}
