//! The code that matters for speed and memory has the shape it should have.

use snakeye_bytecode::{Code, CodeFlags, Const, Op, Word};
use snakeye_compile::{Mode, Options, compile_source};

fn compile_with(source: &str, mode: Mode, options: Options) -> Code {
    compile_source(source.as_bytes(), "t.py", mode, options).unwrap_or_else(|e| panic!("{source}: {e}"))
}

fn compile(source: &str) -> Code {
    compile_with(source, Mode::Exec, Options::default())
}

/// The operations of a body.
fn ops(code: &Code) -> Vec<Op> {
    let mut list = Vec::new();
    let mut pc = 0;
    while let Some(&word) = code.words.get(pc) {
        let op = Op::from_u8(Word(word).op()).expect("an operation");
        pc += 1 + usize::from(op.shape().has_ext());
        list.push(op);
    }
    list
}

/// The operations of the first function of a module.
fn body(source: &str) -> Vec<Op> {
    ops(&compile(source).children[0])
}

#[test]
fn locals_are_operands_in_place() {
    use Op::*;
    assert_eq!(body("def f(a, b): return a + b"), [Add, Return]);
    assert_eq!(body("def f(a, b): a += b; return a"), [IAdd, Return]);
    assert_eq!(body("def f(a): b = a - 1; return b * b"), [SubI, Mul, Return]);
    assert_eq!(body("def f(o): o.x = o.y"), [LoadAttr, StoreAttr, ReturnNone]);
    assert_eq!(body("def f(a, b): a, b = b, a + b"), [Move, Add, Take, ReturnNone]);
    assert_eq!(body("def f(p):\n for k, v in p: pass"), [Move, ForPrep, ForIter, Unpack, JumpBack, Clear, ReturnNone]);
}

#[test]
fn conditions_are_jumps() {
    use Op::*;
    let source = "def f(n):\n while n < 10:\n  n += 1";
    assert_eq!(body(source), [JumpLtI, IAddI, JumpBack, ReturnNone]);
    assert_eq!(body("def f():\n while True: pass"), [JumpBack]);
    assert_eq!(body("def f(a, b):\n if a is not b and not a: return"), [JumpIs, JumpTrue, ReturnNone, ReturnNone]);
    assert_eq!(body("def f(a):\n if 0: a()\n elif __debug__: return a\n else: a()"), [Return]);
}

#[test]
fn only_doubtful_locals_are_checked() {
    let checks = |source| body(source).iter().filter(|&&op| op == Op::CheckBound).count();
    assert_eq!(checks("def f(a):\n if a: b = 1\n else: b = 2\n return b"), 0);
    assert_eq!(checks("def f(a):\n if a: b = 1\n return b + b"), 1);
    assert_eq!(checks("def f(a):\n if a: b = 1\n else: return\n return b"), 0);
    assert_eq!(checks("def f(a):\n for i in a: b = i\n return b"), 1);
    assert_eq!(checks("def f(a):\n while True:\n  b = a()\n  if b: break\n return b"), 0);
    assert_eq!(checks("def f(a):\n try: b = a()\n except: return\n return b"), 0);
    assert_eq!(checks("def f(a):\n try: b = a()\n finally: a()\n return b"), 0);
    assert_eq!(checks("def f(a):\n try: b = a()\n finally: b\n return b"), 1);
    assert_eq!(checks("def f(a):\n b = 1\n del b\n return b"), 1);
    assert_eq!(checks("def f(a):\n b = 1\n while a:\n  b\n  del b"), 1);
}

#[test]
fn results_leave_no_second_reference() {
    use Op::*;
    assert_eq!(body("def f(g):\n x = g()\n return x"), [Move, Call, Take, Return]);
    let top = compile("x = capture().header\ny = x");
    let operations = ops(&top);
    let clear = operations.iter().position(|&op| op == Clear || op == StoreGlobal);
    assert!(clear.is_some());
    // The module's frame lives on; nothing may stay in its registers.
    let moves = |op: Op, words: &[u32]| words.iter().any(|&w| Op::from_u8(w as u8) == Some(op));
    assert!(moves(StoreGlobal, &top.words));
    assert_eq!(ops(&compile("f(1)")), [LoadGlobal, LoadInt, Call, Clear, ReturnNone]);
}

#[test]
fn constants_are_folded() {
    let top = compile("x = 2 ** 10 - 3 * -4\ny = (1, 'a', (2.5, None))\nz = 1 << 70");
    let text = snakeye_bytecode::disassemble(&top);
    assert!(text.contains("1036"), "{text}");
    let tuple =
        Const::Tuple(vec![Const::Int(1), Const::Str("a".into()), Const::Tuple(vec![Const::Float(2.5), Const::None])]);
    assert!(top.consts.contains(&tuple));
    assert!(ops(&top).contains(&Op::Shl));
    let named = compile("_A = const(5)\nB = const(_A * 2)\ndef f(): return _A + B");
    assert_eq!(named.names, ["B".into(), "f".into()]);
    assert_eq!(ops(&named.children[0]), [Op::LoadInt, Op::Return]);
    // -0.0 and 0.0, 1 and True, are different constants.
    let top = compile("x = [1e5, -0.0, 0.0, (1,), (True,), (1.0,)]");
    assert_eq!(top.consts.len(), 6);
}

#[test]
fn options_and_modes_change_what_is_emitted() {
    let assertion = "assert x\nprint(__debug__)";
    let optimized = Options { optimize: 1, ..Options::default() };
    assert!(!ops(&compile_with(assertion, Mode::Exec, optimized)).contains(&Op::Raise));
    assert!(ops(&compile(assertion)).contains(&Op::Raise));
    assert_eq!(ops(&compile_with("if __debug__: x()", Mode::Exec, optimized)), ops(&compile("")));
    let separate = Options { separate_locals: true, ..Options::default() };
    let code = compile_with("x = y\nglobal z\nz = 1", Mode::Exec, separate);
    assert_eq!(ops(&code)[..2], [Op::LoadName, Op::StoreName]);
    assert!(ops(&code).contains(&Op::StoreGlobal));
    let code = compile_with("x + 1", Mode::Eval, Options::default());
    assert_eq!(ops(&code), [Op::LoadGlobal, Op::AddI, Op::Return]);
    assert_eq!(ops(&compile_with("x", Mode::Single, Options::default()))[1], Op::PrintExpr);
    assert!(compile("pass").flags.has(CodeFlags::MODULE));
}

#[test]
fn lines_are_those_of_statements_and_calls() {
    let code = compile("x = 1\n\ny = f(1,\n  g(2),\n  3)\n");
    let lines: Vec<u32> = code.lines.iter().map(|&(_, line)| line).collect();
    assert_eq!(lines, [1, 3, 4, 3]);
    let function = &compile("\n@d\ndef f():\n  return 1\n").children[0];
    assert_eq!((function.first_line, function.line_of(0)), (3, 4));
}
