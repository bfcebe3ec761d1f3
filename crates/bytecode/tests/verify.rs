//! The verifier accepts sound code, names each fault, and survives anything.

use snakeye_bytecode::{Code, CodeFlags, Const, Fault, FreeVar, Handler, OPS, Op, Special, Word, disassemble, verify};

/// A frame with four registers and one of everything, and these instructions.
fn code(words: &[u32]) -> Code {
    Code {
        name: "f".into(),
        file: "t.py".into(),
        n_regs: 4,
        consts: vec![Const::Int(7), Const::Tuple(vec![Const::Str("k".into())]), Const::Str("text".into())],
        names: vec!["name".into()],
        n_caches: 1,
        words: words.to_vec(),
        ..Code::default()
    }
}

fn abc(op: Op, a: u8, b: u8, c: u8) -> u32 {
    Word::abc(op, a, b, c).0
}

fn abx(op: Op, a: u8, bx: u16) -> u32 {
    Word::abx(op, a, bx).0
}

const END: u32 = Word::abc(Op::ReturnNone, 0, 0, 0).0;

fn fault(code: &Code) -> Option<Fault> {
    verify(code).err().map(|e| e.fault)
}

#[test]
fn sound_code_passes() {
    let mut sound = code(&[
        abx(Op::LoadInt, 0, 5),
        Word::abc(Op::JumpLtI, 0, 9, 1).0,
        1,
        abc(Op::Call, 0, 3, 0),
        abx(Op::LoadGlobal, 1, 0),
        0,
        abc(Op::CallKw, 1, 1, 1),
        1,
        Word::jump(Op::JumpBack, -9).0,
    ]);
    assert_eq!(verify(&sound), Ok(()));
    sound.handlers.push(Handler { start: 3, end: 9, handler: 8, reg: 2 });
    assert_eq!(verify(&sound), Ok(()));
    let mut child = code(&[abx(Op::LoadFree, 0, 0), abc(Op::Return, 0, 0, 0)]);
    child.free.push(("x".into(), FreeVar::Cell(3)));
    sound.children.push(child);
    assert_eq!(verify(&sound), Ok(()));
    let text = disassemble(&sound);
    assert!(text.contains("JumpLtI") && text.contains("r0, 9, 1 => 4"), "{text}");
    assert!(text.contains("f.f") && text.contains("the cell in outer r3"), "{text}");
}

#[test]
fn each_fault_is_named() {
    let cases: &[(&[u32], Fault)] = &[
        (&[], Fault::End),
        (&[OPS.len() as u32], Fault::Opcode),
        (&[abc(Op::Nop, 0, 0, 0)], Fault::End),
        (&[abc(Op::Move, 4, 0, 0), END], Fault::Register),
        (&[abc(Op::Add, 0, 1, 4), END], Fault::Register),
        (&[abc(Op::Take, 1, 1, 0), END], Fault::Operand),
        (&[abc(Op::Clear, 2, 3, 0), END], Fault::Register),
        (&[abc(Op::Call, 0, 4, 0), END], Fault::Register),
        (&[abc(Op::CallMethod, 0, 3, 0), END], Fault::Register),
        (&[abc(Op::CallKw, 0, 3, 1), 1, END], Fault::Register),
        (&[abc(Op::CallKw, 0, 1, 1), 0, END], Fault::Constant),
        (&[abc(Op::CallKw, 0, 0, 2), 1, END], Fault::Constant),
        (&[abc(Op::CallEx, 2, 0, 0), END], Fault::Register),
        (&[abc(Op::ForPrep, 2, 0, 0), END], Fault::Register),
        (&[abc(Op::ForIter, 0, 2, 0), 0, END], Fault::Register),
        (&[abc(Op::Unpack, 2, 0, 3), END], Fault::Register),
        (&[abc(Op::UnpackEx, 0, 0, 2), 2, END], Fault::Register),
        (&[abc(Op::BuildMap, 0, 0, 3), END], Fault::Register),
        (&[abc(Op::BuildSlice, 0, 2, 0), END], Fault::Register),
        (&[abc(Op::Format, 0, 3, 4), END], Fault::Register),
        (&[abc(Op::LoadMethod, 3, 0, 0), 0, END], Fault::Register),
        (&[abx(Op::LoadConst, 0, 3), END], Fault::Constant),
        (&[abc(Op::LoadSpecial, 0, 9, 0), END], Fault::Operand),
        (&[abx(Op::LoadName, 0, 1), END], Fault::Name),
        (&[abx(Op::LoadGlobal, 0, 0), 1, END], Fault::Cache),
        (&[abx(Op::LoadGlobal, 0, 0), 1 << 16, END], Fault::Operand),
        (&[abc(Op::LoadAttr, 0, 0, 0), 1 << 16, END], Fault::Cache),
        (&[abc(Op::LoadAttr, 0, 0, 0), 1, END], Fault::Name),
        (&[abx(Op::LoadFree, 0, 0), END], Fault::FreeVariable),
        (&[abx(Op::MakeFunction, 0, 0), 0, END], Fault::Child),
        (&[abx(Op::Import, 0, 0), 2, END], Fault::Constant),
        (&[abc(Op::JumpTrue, 0, 0, 0)], Fault::Truncated),
        (&[abc(Op::JumpTrue, 0, 0, 0), 1, END], Fault::Jump),
        (&[abc(Op::JumpTrue, 0, 0, 0), u32::MAX, END], Fault::Jump),
        (&[abc(Op::JumpEq, 0, 0, 2), 0, END], Fault::Operand),
        (&[END, Word::jump(Op::Jump, -2).0], Fault::Jump),
        (&[Word::jump(Op::JumpBack, 0).0, END], Fault::Jump),
    ];
    for (words, expected) in cases {
        let code = code(words);
        assert_eq!(fault(&code), Some(*expected), "{}", disassemble(&code));
    }
}

#[test]
fn frames_and_tables_are_checked() {
    let mut bad = code(&[END]);
    bad.n_pos = 5;
    bad.varnames = vec!["x".into(); 5];
    assert_eq!(fault(&bad), Some(Fault::Frame));
    let mut bad = code(&[END]);
    bad.flags = CodeFlags(CodeFlags::COROUTINE);
    assert_eq!(fault(&bad), Some(Fault::Frame));
    let mut bad = code(&[END]);
    bad.lines = vec![(0, 1), (0, 2)];
    assert_eq!(fault(&bad), Some(Fault::Lines));
    for handler in [
        Handler { start: 0, end: 0, handler: 0, reg: 0 },
        Handler { start: 0, end: 2, handler: 0, reg: 0 },
        Handler { start: 0, end: 1, handler: 1, reg: 0 },
        Handler { start: 0, end: 1, handler: 0, reg: 4 },
    ] {
        let mut bad = code(&[END]);
        bad.handlers = vec![handler];
        assert_eq!(fault(&bad), Some(Fault::Handler));
    }
    let mut bad = code(&[END]);
    bad.free.push(("x".into(), FreeVar::Free(0)));
    assert_eq!(fault(&bad), Some(Fault::FreeVariable));
    let mut bad = code(&[END]);
    bad.consts.push(Const::BigInt("12a".into(), 10));
    assert_eq!(fault(&bad), Some(Fault::Constant));
    let mut deep = Const::None;
    for _ in 0..300 {
        deep = Const::Tuple(vec![deep]);
    }
    let mut bad = code(&[END]);
    bad.consts.push(deep);
    assert_eq!(fault(&bad), Some(Fault::Nesting));
}

#[test]
fn every_operation_has_its_code() {
    for (i, &op) in OPS.iter().enumerate() {
        assert_eq!(op as usize, i);
        assert_eq!(Op::from_u8(i as u8), Some(op));
    }
    assert_eq!(Special::from_u8(Special::True as u8), Some(Special::True));
}

/// A linear congruential generator: the same words on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }
}

#[test]
fn random_words_are_refused_or_accepted_without_panic() {
    let mut random = Random(1);
    let mut accepted = 0;
    for round in 0..20_000 {
        let n = random.next() as usize % 12;
        let mut words: Vec<u32> = (0..n).map(|_| random.next()).collect();
        if round % 2 == 0 {
            // Closer to real code: valid operations, small operands.
            words.iter_mut().for_each(|w| *w = (*w % OPS.len() as u32) | (*w & 0x0303_0300));
            words.push(END);
        }
        let mut code = code(&words);
        code.lines = vec![(0, 1), (1, 2)];
        if round % 3 == 0 {
            code.handlers.push(Handler {
                start: random.next() % 8,
                end: random.next() % 8,
                handler: random.next() % 8,
                reg: random.next() as u8 % 8,
            });
        }
        accepted += u32::from(verify(&code).is_ok());
        disassemble(&code);
    }
    assert!(accepted > 100, "{accepted}");
}
