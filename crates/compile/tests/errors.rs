//! What is not a program, and where the error is said to be.

use snakeye_compile::{CompileError, ErrorKind, Mode, Options, compile_source};

fn error(source: &str) -> Option<CompileError> {
    compile_source(source.as_bytes(), "t.py", Mode::Exec, Options::default()).err()
}

#[test]
fn misplaced_statements_are_refused() {
    let cases = [
        ("return 1", "'return' outside function", 1),
        ("class A:\n  return", "'return' outside function", 2),
        ("yield 1", "'yield' outside function", 1),
        ("def f():\n  x = [(yield i) for i in y]", "'yield' outside function", 2),
        ("await x", "'await' outside function", 1),
        ("break", "'break'/'continue' outside loop", 1),
        ("for i in x:\n  def f():\n    continue", "'break'/'continue' outside loop", 3),
        ("while x: pass\nelse: break", "'break'/'continue' outside loop", 2),
        ("if 0:\n  break", "'break'/'continue' outside loop", 2),
        ("def f():\n  async with x: pass", "async for/with outside async function", 2),
        ("def f():\n  return [i async for i in x]", "async for/with outside async function", 2),
        ("def f():\n  from x import *", "import * not at module level", 2),
    ];
    for (source, message, line) in cases {
        let error = error(source).unwrap_or_else(|| panic!("accepted: {source}"));
        assert_eq!((&*error.message, error.line), (message, line), "{source}");
        assert_eq!(error.kind, ErrorKind::Syntax);
        assert_eq!(&*error.file, "t.py");
    }
}

#[test]
fn contradicting_names_are_refused() {
    let cases = [
        ("nonlocal x", "can't declare nonlocal in outer code"),
        ("def f():\n  nonlocal x", "no binding for nonlocal found"),
        ("x = 1\ndef f():\n  nonlocal x", "no binding for nonlocal found"),
        ("class A:\n  x = 1\n  def f(self):\n    nonlocal x", "no binding for nonlocal found"),
        ("def f(x):\n  global x", "identifier redefined as global"),
        ("def f():\n  x = 1\n  global x", "identifier redefined as global"),
        ("def f(x):\n  def g():\n    print(x)\n    nonlocal x", "identifier redefined as nonlocal"),
        ("[(i := 1) for i in x]", "can't rebind the variable of a comprehension"),
        ("def f(): super()", "super() can't find self"),
        ("@micropython.asm_thumb\ndef f(): pass", "invalid micropython decorator"),
        ("f(x=1, *y)", "* arg after kwarg"),
        ("() = x", "can't assign to expression"),
        ("del ()", "can't delete expression"),
        ("X = const(y)", "not a constant"),
        ("X = const(1 // 0)", "not a constant"),
        ("X = const(1)\nX = 2", "can't assign to expression"),
    ];
    for (source, message) in cases {
        let error = error(source).unwrap_or_else(|| panic!("accepted: {source}"));
        assert_eq!(&*error.message, message, "{source}");
    }
}

#[test]
fn what_micropython_accepts_is_accepted() {
    for source in [
        "async def f(): yield",
        "def f(): await x",
        "def f():\n  async def g():\n    return [i async for i in x]",
        "def f():\n  global x\n  def g(): return x\n  x = 1",
        "class A:\n  def f(self):\n    return [__class__ for i in x]",
        "@micropython.native\n@micropython.viper\ndef f(): pass",
        "for i in x:\n  try: pass\n  finally: continue",
        "x: int\ny: str = 1\nz.w: int",
        "X = const(1 << 100)\nY = const(X + 1)",
    ] {
        assert_eq!(error(source), None, "{source}");
    }
}

#[test]
fn a_frame_has_a_limit_of_registers() {
    let locals: String = (0..260).map(|i| format!("  v{i} = 1\n")).collect();
    let error = error(&format!("def f():\n{locals}")).expect("too many locals");
    assert_eq!(error.message, "too many local variables or expression too complex");
    // Long calls and displays need few registers.
    let args = vec!["a"; 1000].join(", ");
    for source in [format!("f({args})"), format!("[{args}]"), format!("x = ({args})"), format!("{{{args}}}")] {
        let result = compile_source(source.as_bytes(), "t.py", Mode::Exec, Options::default());
        assert!(result.is_ok(), "{:?}", result.err());
    }
}

#[test]
fn eval_and_single_take_what_they_should() {
    let compile = |source: &str, mode| compile_source(source.as_bytes(), "t.py", mode, Options::default());
    assert!(compile("1 + x", Mode::Eval).is_ok());
    assert!(compile("x = 1", Mode::Eval).is_err());
    assert!(compile("def f(a, a): pass", Mode::Single).is_err());
    assert!(compile("x = 1", Mode::Single).is_ok());
    assert!(compile("(yield)", Mode::Eval).is_err());
}
