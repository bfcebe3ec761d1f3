//! Scripts with expected output, and scripts that go wrong.

use crate::report::Report;
use crate::root;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, atomic::AtomicUsize, atomic::Ordering};
use std::time::{Duration, Instant};

/// A script that runs longer has failed.
const LIMIT: Duration = Duration::from_secs(60);

/// The scripts of a folder of `tests`, in order.
pub fn list(folder: &str, filter: &str) -> Vec<PathBuf> {
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(root().join("tests").join(folder))
        .into_iter()
        .flatten()
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "py") && p.to_string_lossy().contains(filter))
        .collect();
    scripts.sort();
    scripts
}

/// Runs a command to its end or the limit: (exit code, output).
pub fn capture(command: &mut Command) -> Result<(i32, String), String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut out = child.stdout.take();
    let mut err = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(o) = &mut out {
            let _ = o.read_to_end(&mut text);
        }
        if let Some(e) = &mut err {
            let _ = e.read_to_end(&mut text);
        }
        text
    });
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let text = reader.join().unwrap_or_default();
                return Ok((status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned()));
            }
            Ok(None) if start.elapsed() > LIMIT => {
                let _ = child.kill();
                return Err(format!("still running after {} s", LIMIT.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(e) => return Err(e.to_string()),
        }
    }
}

/// Where two texts first differ.
pub fn difference(expected: &str, got: &str) -> Option<String> {
    if expected == got {
        return None;
    }
    let (mut e, mut g) = (expected.lines(), got.lines());
    for line in 1.. {
        match (e.next(), g.next()) {
            (None, None) => return Some("ends of lines differ".into()),
            (a, b) if a != b => {
                return Some(format!(
                    "line {line}: expected {:?}, got {:?}",
                    a.unwrap_or("(end)"),
                    b.unwrap_or("(end)")
                ));
            }
            _ => {}
        }
    }
    None
}

/// Runs scripts side by side and compares their output with the `.exp` files.
fn compare(report: &mut Report, what: &str, scripts: &[PathBuf], run: impl Fn(&Path) -> Command + Sync) {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = match std::fs::read_to_string(script.with_extension("exp")) {
                        Err(e) => Err(format!("no expected output: {e}")),
                        Ok(expected) => {
                            capture(&mut run(script)).and_then(|(_, got)| match difference(&expected, &got) {
                                None => Ok(()),
                                Some(d) => Err(d),
                            })
                        }
                    };
                    if let Ok(mut all) = results.lock() {
                        all.push((script.clone(), result));
                    }
                }
            });
        }
    });
    let mut all = results.into_inner().unwrap_or_default();
    all.sort();
    for (script, result) in all {
        let name = format!("{what} {}", script.file_stem().unwrap_or_default().to_string_lossy());
        match result {
            Ok(()) => report.pass(&name),
            Err(e) => report.fail(&name, &e),
        }
    }
}

/// `tests/lang` on the desktop personality.
pub fn language(report: &mut Report, snakeye: &Path, filter: &str) {
    compare(report, "lang", &list("lang", filter), |script| {
        let mut c = Command::new(snakeye);
        c.arg(script);
        c
    });
}

/// `tests/board`, each on a fresh simulated board.
pub fn boards(report: &mut Report, snakeye: &Path, filter: &str) {
    compare(report, "board", &list("board", filter), |script| {
        let mut c = Command::new(snakeye);
        c.args(["run", "--flash", "memory"]);
        if std::fs::read_to_string(script).is_ok_and(|s| s.starts_with("# virtual time")) {
            c.arg("--virtual-time");
        }
        c.arg(script);
        c
    });
}

/// Scripts that go wrong: a clear message, the right exit code, never a panic.
pub fn robustness(report: &mut Report, snakeye: &Path) {
    let cases: &[(&str, &[&str], i32, &str)] = &[
        ("syntax error", &["-c", "x = (1,\ny = 2"], 1, "SyntaxError"),
        ("missing file", &["no-such-file.py"], 2, "cannot read no-such-file.py"),
        (
            "missing module",
            &["-c", "import nothing_of_that_name"],
            1,
            "ImportError: no module named 'nothing_of_that_name'",
        ),
        ("endless recursion", &["-c", "def f(): return f()\nf()"], 1, "RuntimeError: maximum recursion depth exceeded"),
        (
            "endless allocation",
            &["-X", "heapsize=4M", "-c", "x = []\nwhile True: x.append(bytearray(1000))"],
            1,
            "MemoryError",
        ),
        (
            "use after a full heap",
            &[
                "-X",
                "heapsize=4M",
                "-c",
                "x = []\ntry:\n  while True: x.append(bytearray(1000))\nexcept MemoryError:\n  x = None\nprint(len(bytearray(1000000)))",
            ],
            0,
            "1000000",
        ),
        ("huge repetition", &["-c", "b'x' * 10**10"], 1, "MemoryError"),
        ("exit code", &["-c", "import sys; sys.exit(3)"], 3, ""),
        ("unknown option", &["--frobnicate"], 2, "unknown option"),
        ("leading zeros", &["-c", "print(04)"], 1, "--compat 1.11"),
        ("leading zeros in old scripts", &["--compat", "1.11", "-c", "print(04)"], 0, "4"),
        (
            "coroutines of 2019",
            &[
                "--compat",
                "1.11",
                "-c",
                "import uasyncio as a\nloop = a.get_event_loop()\nasync def f(n):\n  for i in range(n):\n    yield\n  yield 3\n  print('bare', n)\ndef g():\n  yield from a.sleep_ms(1)\n  yield f(1)\n  yield 9\n  return 'end'\nloop.create_task(f(2))\nloop.call_later_ms(5, print, 'later')\nprint(loop.run_until_complete(g()))",
            ],
            0,
            "bare 2\nbare 1\nlater\nend",
        ),
        ("run without script", &["run"], 2, "run needs a script"),
        ("run a missing script", &["run", "--flash", "memory", "no-such-file.py"], 2, "cannot read"),
        ("unknown board", &["run", "--board", "toaster", "x.py"], 2, "no board is called"),
    ];
    for (name, args, code, text) in cases {
        let name = format!("robust: {name}");
        match capture(Command::new(snakeye).args(*args)) {
            Ok((got, out)) if out.contains("panicked") => {
                report.fail(&name, &format!("panic (exit code {got}): {out}"))
            }
            Ok((got, _)) if got != *code => report.fail(&name, &format!("exit code {got}, not {code}")),
            Ok((_, out)) if !out.contains(text) => report.fail(&name, &format!("no '{text}' in: {out}")),
            Ok(_) => report.pass(&name),
            Err(e) => report.fail(&name, &e),
        }
    }
}
