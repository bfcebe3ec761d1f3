//! `snakeye soak`: streams to two clients inside the process for hours of the board's time, in minutes, and compares
//! memory, frame buffers and open files at a quarter of the run with those at its end.

use crate::board;
use snakeye_modules::host::board as host_of;
use snakeye_sim::{PeerNet, PeerPoll, PeerStream};
use snakeye_vm::object::{NativeFn, Step, Wait};
use snakeye_vm::{Res, Rom, Value, Vm};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is measured.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    heap: u64,
    slots: u64,
    resident: u64,
    files: u64,
}

static SAMPLES: Mutex<Vec<Sample>> = Mutex::new(Vec::new());
static QUARTER_US: AtomicU64 = AtomicU64::new(0);
static BYTES: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// The thread that measures: sleeps a quarter of the run, looks, four times; then asks for a reset.
static WATCH: Rom<NativeFn> = Rom::new(NativeFn::steps("watch", 0, 0, |vm, _| watch(vm)));

fn watch(vm: &mut Vm) -> Res<Step> {
    let deadline = vm.host.now_us() + QUARTER_US.load(Ordering::Relaxed);
    Ok(Step::park(Wait { interests: Vec::new(), deadline_us: Some(deadline) }, |vm, r| {
        r?;
        let sample = measure(vm);
        let mut samples = SAMPLES.lock().unwrap_or_else(|e| e.into_inner());
        samples.push(sample);
        if samples.len() < 4 {
            drop(samples);
            return watch(vm);
        }
        host_of(vm).board.system().request_reset(snakeye_hal::ResetRequest::Hard);
        Ok(Step::Done(Value::NONE))
    }))
}

fn measure(vm: &mut Vm) -> Sample {
    vm.heap.collect();
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident = pages.split(' ').nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let files = std::fs::read_dir("/proc/self/fd").map_or(0, |d| d.count() as u64);
    Sample { heap: vm.heap.stats().used as u64, slots: host_of(vm).camera.held() as u64, resident, files }
}

/// A client that connects to the stream and reads it as fast as it comes.
fn client(net: PeerNet, number: usize) -> impl FnMut(u64) -> PeerPoll + Send {
    let mut stream: Option<PeerStream> = None;
    let mut buf = vec![0u8; 65_536];
    move |now_us| {
        let Some(s) = &mut stream else {
            match net.connect_peer(80) {
                Ok(mut s) => {
                    let _ = s.write(b"GET /apikey/live HTTP/1.1\r\n\r\n");
                    stream = Some(s);
                    return PeerPoll::At(now_us + 1000);
                }
                // The script does not listen yet.
                Err(_) => return PeerPoll::At(now_us + 200_000),
            }
        };
        while let Ok(n) = s.read(&mut buf) {
            if n == 0 {
                return PeerPoll::Done;
            }
            BYTES[number].fetch_add(n as u64, Ordering::Relaxed);
        }
        PeerPoll::At(now_us + 5_000)
    }
}

/// `snakeye soak [--minutes N] SCRIPT`; the exit code.
pub fn run(args: &[String]) -> i32 {
    let (minutes, script) = match args {
        [flag, n, script] if flag == "--minutes" => (n.parse().unwrap_or(0), script),
        [script] => (60u64, script),
        _ => return crate::usage("soak takes [--minutes N] SCRIPT"),
    };
    if minutes == 0 {
        return crate::usage("--minutes takes a whole number");
    }
    QUARTER_US.store(minutes * 60_000_000 / 4, Ordering::Relaxed);
    let started = |vm: &mut Vm, net: PeerNet| {
        for number in 0..BYTES.len() {
            net.add_peer(client(net.clone(), number));
        }
        let _ = vm.start_thread(WATCH.value(), Vec::new(), Vec::new());
    };
    if let Err(e) = board::run_virtual(script, started) {
        eprintln!("snakeye: {e}");
        return 1;
    }
    let samples = SAMPLES.lock().unwrap_or_else(|e| e.into_inner());
    let (Some(first), Some(last)) = (samples.first(), samples.get(3)) else {
        println!("the script ended before the run was over");
        return 1;
    };
    println!("after      heap bytes   slots   resident pages   files");
    for (n, s) in samples.iter().enumerate() {
        println!("{}/4 {:>16} {:>7} {:>16} {:>7}", n + 1, s.heap, s.slots, s.resident, s.files);
    }
    let received: Vec<u64> = BYTES.iter().map(|b| b.load(Ordering::Relaxed)).collect();
    println!("bytes received by the clients: {received:?}");
    let steady = |name: &str, a: u64, b: u64| {
        let fine = a.abs_diff(b) * 100 <= a;
        if !fine {
            println!("{name} changed from {a} to {b}");
        }
        fine
    };
    let fine = [
        steady("heap", first.heap, last.heap),
        first.slots.abs_diff(last.slots) <= 1,
        steady("resident memory", first.resident, last.resident),
        steady("open files", first.files, last.files),
        received.iter().all(|&n| n > minutes * 1_000_000),
    ];
    i32::from(fine.contains(&false))
}
