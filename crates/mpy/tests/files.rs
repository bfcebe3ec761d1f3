//! Files as mpy-cross makes them, damaged ones, and ones that no compiler would make.

use snakeye_bytecode::{Code, verify};
use snakeye_mpy::{Error, load};
use std::path::Path;
use std::time::{Duration, Instant};

/// The compiled modules of the language tests: (name, content).
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/lang/mpy");
    ["ways", "shapes"]
        .iter()
        .map(|name| (name.to_string(), std::fs::read(folder.join(name).with_extension("mpy")).expect("fixture")))
        .collect()
}

/// A file whose module has these names, instructions and children.
fn file(names: &[&str], code: &[u8], children: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![b'M', 6, 0, 31, names.len() as u8, 0];
    for name in names {
        out.push((name.len() as u8) << 1);
        out.extend(name.bytes());
        out.push(0);
    }
    out.extend(body(&[], code, children));
    out
}

/// A body: its name is name 0, no parameters, at most one cell.
fn body(cells: &[u8], code: &[u8], children: &[Vec<u8>]) -> Vec<u8> {
    let mut data = vec![0x78, 2 | cells.len() as u8, 0];
    data.extend(cells);
    data.extend(code);
    let mut out = Vec::new();
    let kind = data.len() << 3 | usize::from(!children.is_empty()) << 2;
    for shift in [14, 7] {
        if kind >> shift != 0 {
            out.push((kind >> shift) as u8 & 0x7F | 0x80);
        }
    }
    out.push(kind as u8 & 0x7F);
    out.extend(data);
    if !children.is_empty() {
        out.push(children.len() as u8);
        children.iter().for_each(|c| out.extend(c));
    }
    out
}

fn try_load(data: &[u8]) -> Result<Code, Error> {
    let start = Instant::now();
    let result = load(data, 63);
    assert!(start.elapsed() < Duration::from_secs(5), "loading takes too long");
    result
}

#[test]
fn files_of_mpy_cross_load() {
    for (name, data) in fixtures() {
        let code = load(&data, 31).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(&*code.name, "<module>");
        assert_eq!(&*code.file, format!("{name}.py"));
        assert!(code.children.iter().any(|c| c.first_line > 1));
    }
}

#[test]
fn headers_are_checked() {
    let error = |data: &[u8], bits| load(data, bits).err();
    assert_eq!(error(b"", 63), Some(Error::Incompatible));
    assert_eq!(error(b"M\x06\x00", 63), Some(Error::Incompatible));
    assert_eq!(error(b"X\x06\x00\x1f\x00\x00", 63), Some(Error::Incompatible));
    assert_eq!(error(b"M\x05\x00\x1f\x00\x00", 63), Some(Error::Incompatible));
    assert_eq!(error(b"M\x06\x00\x3f\x00\x00", 31), Some(Error::Incompatible));
    // Machine code: of another sub-version, then of this one.
    assert_eq!(error(b"M\x06\x0a\x1f\x00\x00", 63), Some(Error::Incompatible));
    assert_eq!(error(b"M\x06\x0b\x1f\x00\x00", 63), Some(Error::Native));
    // The sub-version alone does not matter.
    let mut old = fixtures().remove(0).1;
    old[2] = 1;
    assert!(load(&old, 63).is_ok());
}

#[test]
fn truncated_files_are_refused() {
    for (_, data) in fixtures() {
        for n in 0..data.len() {
            assert!(try_load(&data[..n]).is_err(), "{n} bytes");
        }
    }
}

#[test]
fn damaged_files_are_refused_or_verified() {
    for (name, mut data) in fixtures() {
        let mut loaded = 0;
        for i in 0..data.len() {
            let byte = data[i];
            for other in [byte ^ 1, byte ^ 0x10, byte ^ 0x80, byte.wrapping_add(7), !byte, 0] {
                data[i] = other;
                if let Ok(code) = try_load(&data) {
                    loaded += 1;
                    assert_eq!(verify(&code), Ok(()));
                }
            }
            data[i] = byte;
        }
        assert!(loaded > 0, "{name}: text can be changed without harm");
    }
}

#[test]
fn impossible_code_is_refused() {
    let cases: &[(&str, &[u8])] = &[
        ("empty", &[]),
        ("runs off the end", &[0x51]),
        ("pops from nothing", &[0x59, 0x51, 0x63]),
        ("no such operation", &[0x01]),
        ("no such name", &[0x12, 9, 0x63]),
        ("no such constant", &[0x23, 0, 0x63]),
        ("no such child", &[0x32, 0, 0x63]),
        ("jump into an instruction", &[0x42, 0x40 - 1, 0x51, 0x63]),
        ("jump before the start", &[0x42, 0x40 - 9, 0x51, 0x63]),
        ("jump behind the end", &[0x42, 0x40 + 9, 0x51, 0x63]),
        ("handler behind the end", &[0x49, 9, 0x51, 0x63]),
        ("no block to end", &[0x51, 0x5D, 0x51, 0x63]),
        ("no iterator", &[0x51, 0x4B, 1, 0x59, 0x51, 0x63]),
        ("yield outside a generator", &[0x51, 0x67, 0x63]),
        ("nothing as a value", &[0x53, 0x63]),
        ("exit call of nothing", &[0x51, 0x5C, 0x5D, 0x51, 0x63]),
        ("number cut off", &[0x22, 0x80]),
    ];
    for (what, code) in cases {
        assert!(try_load(&file(&["m"], code, &[])).is_err(), "{what}");
    }
    assert!(try_load(&file(&["m"], &[0x51, 0x63], &[])).is_ok());
}

#[test]
fn growing_stacks_end() {
    // None is pushed in a loop; a handler is; nothing is.
    assert!(try_load(&file(&["m"], &[0x51, 0x42, 0x40 - 3], &[])).is_err());
    assert!(try_load(&file(&["m"], &[0x49, 2, 0x42, 0x40 - 4, 0x51, 0x63], &[])).is_err());
    assert!(try_load(&file(&["m"], &[0x53, 0x42, 0x40 - 3], &[])).is_err());
}

#[test]
fn states_do_not_multiply_without_end() {
    // Each `finally` block lies in the one before and is entered at its end, by an exception and by return.
    let mut code = Vec::new();
    for _ in 0..60 {
        // Handler at +7; a name decides between `return None` and falling into the handler.
        code.extend([0x49, 7, 0x12, 0, 0x44, 0x42, 0x51, 0x63, 0x51]);
    }
    code.extend([0x5D; 60]);
    code.extend([0x51, 0x63]);
    assert_eq!(try_load(&file(&["m"], &code, &[])).err(), Some(Error::TooComplex));
    // A child that is used many times is translated once.
    let mut child = body(&[], &[0x51, 0x63], &[]);
    for _ in 0..40 {
        let make = [0x32, 0, 0x59].repeat(8);
        child = body(&[], &[&make[..], &[0x51, 0x63]].concat(), &[child]);
    }
    assert!(try_load(&file(&["m"], &[0x32, 0, 0x63], &[child])).is_ok());
}

#[test]
fn cells_do_not_leak() {
    // A function that returns a cell itself.
    let leak = body(&[0], &[0xB0, 0x63], &[]);
    assert_eq!(try_load(&file(&["m"], &[0x32, 0, 0x63], &[leak])).err(), Some(Error::Corrupt));
    // The same as the body of a class, which may.
    let class = body(&[0], &[0xB0, 0x63], &[]);
    assert!(try_load(&file(&["m"], &[0x54, 0x32, 0, 0x10, 0, 0x34, 2, 0x63], &[class])).is_ok());
}
