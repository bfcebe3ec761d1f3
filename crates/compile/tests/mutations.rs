//! Programs with something taken out or doubled: they compile to sound code, or are refused.

mod flow;

use snakeye_bytecode::verify;
use snakeye_compile::{Mode, Options, compile_source};

const SOURCES: &[&str] = &[
    include_str!("sources/leaving.py"),
    include_str!("sources/operators.py"),
    include_str!("sources/scopes.py"),
    include_str!("sources/waiting.py"),
];

/// A linear congruential generator: the same changes on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

/// Words, runs of spaces, and single other characters.
fn tokens(source: &str) -> Vec<&str> {
    let class = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '_' | '0'..='9' => 1,
        ' ' => 2,
        _ => 3,
    };
    let mut list = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let end = match class(first) {
            3 => first.len_utf8(),
            kind => rest.find(|c| class(c) != kind).unwrap_or(rest.len()),
        };
        let (token, tail) = rest.split_at(end);
        list.push(token);
        rest = tail;
    }
    list
}

fn check(source: &str) -> bool {
    let options = Options::default();
    let Ok(code) = compile_source(source.as_bytes(), "t.py", Mode::Exec, options) else {
        return false;
    };
    assert_eq!(verify(&code), Ok(()), "{source}");
    if let Err(error) = flow::check(&code) {
        panic!("{error}\n{source}");
    }
    let left = flow::leftovers(&code);
    assert!(left.is_empty(), "registers {left:?} keep objects alive in\n{source}");
    true
}

#[test]
fn changed_lines_compile_to_sound_code_or_not_at_all() {
    let mut random = Random(7);
    let mut compiled = 0;
    for source in SOURCES {
        for _ in 0..150 {
            let mut lines: Vec<&str> = source.lines().collect();
            for _ in 0..1 + random.below(3) {
                let at = random.below(lines.len());
                match random.below(3) {
                    0 => drop(lines.remove(at)),
                    1 => lines.insert(at, lines[random.below(lines.len())]),
                    _ => {
                        let other = random.below(lines.len());
                        lines.swap(at, other);
                    }
                }
            }
            compiled += u32::from(check(&lines.join("\n")));
        }
    }
    assert!(compiled > 50, "{compiled}");
}

#[test]
fn changed_tokens_compile_to_sound_code_or_not_at_all() {
    let mut random = Random(11);
    let mut compiled = 0;
    for source in SOURCES {
        let all = tokens(source);
        for _ in 0..300 {
            let mut changed = all.clone();
            for _ in 0..1 + random.below(2) {
                let at = random.below(changed.len());
                match random.below(3) {
                    0 => drop(changed.remove(at)),
                    1 => changed[at] = all[random.below(all.len())],
                    _ => changed.insert(at, all[random.below(all.len())]),
                }
            }
            compiled += u32::from(check(&changed.concat()));
        }
    }
    assert!(compiled > 50, "{compiled}");
}
