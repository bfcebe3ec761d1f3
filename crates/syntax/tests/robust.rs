//! No source text makes the parser panic, loop or overflow a small stack.

use snakeye_syntax::{Options, Parser, is_incomplete, parse_expression, parse_module};

const SCRIPTS: [&[u8]; 4] = [
    include_bytes!("scripts/statements.py"),
    include_bytes!("scripts/expressions.py"),
    include_bytes!("scripts/strings.py"),
    include_bytes!("scripts/layout.py"),
];

/// xorshift64*, seeded: a failure repeats.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }
}

const PIECES: [&str; 40] = [
    "(", ")", "[", "]", "{", "}", "'", "\"", "'''", "\"\"\"", "f'", "f\"{", "t'{", ":", "=", ":=", "\n", "\n    ",
    "\t", "\r", "\\", "#", "\0", "\u{e9}", "if ", "else", "for ", "lambda ", "yield ", "await ", "async ", "with (",
    " as ", "*", "**", ",", "0x", "1e", "!r", "def f",
];

fn mutate(source: &[u8], random: &mut Random) -> Vec<u8> {
    let start = random.below(source.len());
    let end = start + random.below((source.len() - start).min(300)) + 1;
    let mut text = source[start..end].to_vec();
    for _ in 0..random.below(8) {
        let at = random.below(text.len() + 1);
        match random.below(4) {
            0 => drop(text.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
            1 => text.truncate(at.max(1)),
            2 => text.insert(at, random.below(256) as u8),
            _ => drop(text.drain(at..(at + random.below(5)).min(text.len()))),
        }
    }
    text
}

fn parse_all_ways(text: &[u8]) {
    let options = Options { max_depth: 40, ..Options::default() };
    let whole = parse_module(text, "x", &options);
    let mut parser = Parser::new(text, &options);
    let mut count = 0;
    let end = loop {
        match parser.next_statement() {
            Ok(Some(_)) => count += 1,
            other => break other.err(),
        }
    };
    assert!(parser.next_statement().unwrap().is_none());
    match whole {
        Ok(module) => {
            assert_eq!(module.body.len(), count);
            snakeye_syntax::dump::dump_module(&module, true);
        }
        Err(error) => {
            assert!(error.pos.line >= 1 && error.pos.column >= 1);
            assert_eq!(Some(error), end);
        }
    }
    let _ = parse_expression(text, "x", &options);
    is_incomplete(text);
}

#[test]
fn mutated_scripts() {
    let mut random = Random(0x5eed_cafe_f00d_1234);
    for _ in 0..30_000 {
        let source = SCRIPTS[random.below(SCRIPTS.len())];
        parse_all_ways(&mutate(source, &mut random));
    }
}

#[test]
fn random_bytes() {
    let mut random = Random(0x0dd_ba11);
    for _ in 0..10_000 {
        let text: Vec<u8> = (0..random.below(60)).map(|_| random.below(256) as u8).collect();
        parse_all_ways(&text);
        let text: String = (0..random.below(40)).map(|_| PIECES[random.below(40)]).collect();
        parse_all_ways(text.as_bytes());
    }
}

/// Sources that nest without end, by what is repeated.
fn nested(n: usize) -> Vec<String> {
    let blocks: String = (0..n.min(500)).map(|i| format!("{}if x:\n", " ".repeat(i))).collect();
    [
        "(",
        "[",
        "{",
        "{1:",
        "-",
        "~",
        "not ",
        "lambda:",
        "x**",
        "f(",
        "x[",
        "1 if 1 else ",
        "[x for x in ",
        "f'{",
        "f'{x:{",
        "t'{",
        "(x,",
        "x(**",
        "*",
        "await ",
        "(yield ",
        "a or (",
        "with (",
        "x:=",
        "(x:=",
        "del (",
        "for (",
        "@(",
        "a,(",
        "lambda x=",
    ]
    .iter()
    .map(|piece| piece.repeat(n))
    .chain([
        blocks,
        format!("x{}", ".a".repeat(n)),
        format!("x{}", "()".repeat(n)),
        format!("x{}", "[0]".repeat(n)),
        format!("async def f():{}", "await ".repeat(n)),
    ])
    .collect()
}

#[test]
fn nesting_ends_in_an_error() {
    // Unoptimised builds need more stack than a board has; what counts is that depth is bounded.
    let run = || {
        for text in nested(20_000) {
            let error = parse_module(text.as_bytes(), "x", &Options::default());
            assert!(error.is_err(), "{}", &text[..20]);
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run);
    thread.unwrap().join().unwrap();
}

#[test]
fn long_flat_code_is_no_nesting() {
    let n = 20_000;
    for text in [
        format!("x = 1{}", " + 1".repeat(n)),
        format!("x = 1{}", " < 1".repeat(n)),
        format!("x = 1{}", " and 1".repeat(n)),
        format!("f({})", "1,".repeat(n)),
        format!("if x: pass\n{}", "elif x: pass\n".repeat(n)),
        format!("x = {}1", "y = ".repeat(n)),
        "'a' f'{b}'".repeat(n),
        "pass;".repeat(n),
    ] {
        let result = parse_module(text.as_bytes(), "x", &Options::default());
        assert!(result.is_ok(), "{:?}", result.err());
    }
}
