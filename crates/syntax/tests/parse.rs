//! What the parser makes of single cases, and what it says of mistakes.

use snakeye_syntax::dump::{dump_expression, dump_module};
use snakeye_syntax::{ErrorKind, Options, Parser, SyntaxError, parse_expression, parse_interactive, parse_module};

fn tree(source: &str) -> String {
    match parse_module(source.as_bytes(), "test.py", &Options::default()) {
        Ok(module) => dump_module(&module, false).trim_end().to_string(),
        Err(error) => format!("{error}"),
    }
}

fn error(source: &str) -> SyntaxError {
    match parse_module(source.as_bytes(), "test.py", &Options::default()) {
        Ok(module) => panic!("{source:?} gives {}", dump_module(&module, false)),
        Err(error) => error,
    }
}

#[test]
fn runs_of_operators_are_one_node() {
    use snakeye_syntax::ast::ExprKind;
    let parse = |text: &str| parse_expression(text.as_bytes(), "x", &Options::default()).unwrap();
    let sum = parse("a + b - c * d");
    assert_eq!(sum.body.height(), 3);
    assert!(matches!(&sum.body.kind, ExprKind::BinOp { rest, .. } if rest.len() == 2));
    assert_eq!(
        dump_expression(&sum, false),
        "(BinOp (BinOp (Name a) Add (Name b)) Sub (BinOp (Name c) Mult (Name d)))"
    );
}

#[test]
fn micropython_shows_str_in_debug_fields() {
    assert_eq!(tree("f'{x = }'"), "(Expr (JoinedStr [(Constant \"x = \") (FormattedValue (Name x) -1 _)]))");
}

#[test]
fn t_strings_call_template() {
    assert_eq!(
        tree("t'a{x }b{y!r:>{w}}' t'{z=}'"),
        "(Expr (Call (Name __template__) [(Tuple [(Constant \"a\") (Constant \"b\") \
         (Constant \"z=\") (Constant \"\")]) (Name x) (Constant \"x\") (Constant None) \
         (Constant \"\") (Name y) (Constant \"y\") (Constant \"r\") (JoinedStr [(Constant \">\") \
         (FormattedValue (Name w) -1 _)]) (Name z) (Constant \"z\") (Constant \"r\") \
         (Constant \"\")] []))"
    );
    assert_eq!(tree(&format!("t'{}'", "{x}".repeat(64))).matches("Tuple").count(), 2);
}

#[test]
fn nested_quotes_of_one_kind() {
    assert_eq!(
        tree("f'{f'{x['a']}'}'"),
        "(Expr (JoinedStr [(FormattedValue (JoinedStr [(FormattedValue (Subscript (Name x) \
         (Constant \"a\")) -1 _)]) -1 _)]))"
    );
    assert_eq!(
        tree("f'{x:{{a}}}}}'"),
        "(Expr (JoinedStr [(FormattedValue (Name x) -1 (JoinedStr [(Constant \"{a}\")])) \
         (Constant \"}\")]))"
    );
}

#[test]
fn what_micropython_takes_and_cpython_does_not() {
    assert_eq!(tree("1__000_"), "(Expr (Constant 1000))");
    assert_eq!(tree("b'\u{e9}'"), "(Expr (Constant b\"\\xc3\\xa9\"))");
    assert_eq!(tree("'\\ud800'"), tree("'\\ufffd'"));
    assert_eq!(tree("__debug__"), "(Expr (Constant True))");
    assert!(!tree("def f(*): pass").contains("line"));
}

#[test]
fn text_that_is_not_utf8() {
    let latin1 = b"# \xfc\nx = '\xfc'\n";
    let module = parse_module(latin1, "x", &Options::default()).unwrap();
    assert_eq!(dump_module(&module, false).trim_end(), "(Assign [(Name x)] (Constant \"\\xef\\xbf\\xbd\"))");
    assert!(parse_module(b"\xfc = 1", "x", &Options::default()).is_err());
}

#[test]
fn compat_1_11() {
    let source = b"Pin(04, 007)";
    let error = parse_module(source, "x", &Options::default()).unwrap_err();
    assert_eq!(
        error.message,
        "leading zeros in decimal integer literals are not permitted; use an 0o prefix for \
         octal, or --compat 1.11"
    );
    assert_eq!((error.pos.line, error.pos.column), (1, 5));
    let options = Options { compat_1_11: true, ..Options::default() };
    let module = parse_module(source, "x", &options).unwrap();
    assert_eq!(dump_module(&module, false).trim_end(), "(Expr (Call (Name Pin) [(Constant 4) (Constant 7)] []))");
}

#[test]
fn expressions_alone() {
    let parse = |text: &str| {
        parse_expression(text.as_bytes(), "x", &Options::default())
            .map(|e| dump_expression(&e, false))
            .map_err(|e| e.message)
    };
    assert_eq!(parse(" \t1 + 1\n\n").unwrap(), "(BinOp (Constant 1) Add (Constant 1))");
    assert_eq!(parse("1, 2").unwrap(), "(Tuple [(Constant 1) (Constant 2)])");
    for text in ["", "x = 1", "pass", "1; 2", "1\n2", "yield", "x := 1", "*a"] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn interactive_input() {
    let count = |text: &str| parse_interactive(text.as_bytes(), "x", &Options::default()).map(|m| m.body.len());
    assert_eq!(count("").unwrap(), 0);
    assert_eq!(count("\n# nothing\n").unwrap(), 0);
    assert_eq!(count("x; y; z\n").unwrap(), 3);
    assert_eq!(count("if x:\n  y\n  z\n\n").unwrap(), 1);
    assert!(count("x\ny").is_err());
}

#[test]
fn statements_one_by_one() {
    let source = b"a = 1; b = 2\nif a:\n  pass\n  b\nc = )\nd\n";
    let mut parser = Parser::new(source, &Options::default());
    let mut lines = Vec::new();
    let error = loop {
        match parser.next_statement() {
            Ok(statement) => lines.push(statement.unwrap().pos.line),
            Err(error) => break error,
        }
    };
    assert_eq!(lines, [1, 1, 2]);
    assert_eq!(error.pos.line, 5);
    assert!(parser.next_statement().unwrap().is_none());
    assert!(parser.names().lookup("b").is_some());
}

#[test]
fn errors_say_what_is_wrong() {
    for (source, line, column, message) in [
        ("f(1,\n  2\n", 1, 2, "unclosed '(' opened on line 1"),
        ("x = [1,\n  2)\n", 2, 4, "')' does not close the '[' opened on line 1"),
        ("x = 1)", 1, 6, "')' without '('"),
        ("f(1, 2\nx = 3\n", 2, 1, "expected ',' or ')', not the name 'x'; is the '(' opened on line 1 closed?"),
        ("if x\n  y", 1, 5, "expected ':' after the 'if' condition, not the end of the line"),
        ("if x = 1: y", 1, 6, "'=' assigns; to compare, write '=='"),
        ("1 = x", 1, 1, "cannot assign to a literal"),
        ("f() = x", 1, 1, "cannot assign to a function call"),
        ("None = x", 1, 1, "cannot assign to None"),
        ("x, f() = y", 1, 4, "cannot assign to a function call"),
        ("x + 1 += y", 1, 1, "an expression cannot be the target of an augmented assignment"),
        ("del f()", 1, 5, "cannot delete a function call"),
        ("for 1 in x: pass", 1, 5, "cannot assign to a literal"),
        ("print 'x'", 1, 1, "'print' is a function: write print(…)"),
        ("x = 'abc", 1, 5, "unterminated string"),
        ("x = '''abc\n", 1, 5, "unterminated triple-quoted string"),
        ("f'{x'", 1, 5, "unterminated string"),
        ("f'{x", 1, 3, "unclosed '{' opened on line 1"),
        ("f'}'", 1, 3, "single '}' in an f-string; write '}}'"),
        ("f'{}'", 1, 4, "expected an expression after '{' in the f-string"),
        ("123z", 1, 1, "invalid number"),
        ("0b2", 1, 1, "invalid digit in a binary number"),
        ("x = $", 1, 5, "unexpected character '$'"),
        ("def f(a, a): pass", 1, 10, "the parameter 'a' stands twice"),
        ("def f(a=1, b): pass", 1, 12, "a parameter without a default follows one with"),
        ("f(a=1, 2)", 1, 8, "a positional argument follows a keyword argument"),
        ("import if", 1, 8, "expected a module name, not the keyword 'if'"),
        ("x = *y", 1, 5, "a starred expression cannot stand here"),
        ("*a, *b = c", 1, 5, "an assignment can have only one starred target"),
        ("x := 1", 1, 3, "':=' as a statement needs parentheses; use '='"),
        ("'a' b'b'", 1, 5, "bytes and strings cannot be joined"),
        ("try: pass\nx", 2, 1, "expected 'except' or 'finally', not the name 'x'"),
        ("x = 1 \\ ", 1, 7, "unexpected character after '\\'"),
        ("'\\x4'", 1, 1, "the escape in the string needs 2 hexadecimal digits"),
        ("x = \0", 1, 5, "unexpected byte 0x00"),
    ] {
        let error = error(source);
        assert_eq!(error.message, message, "{source:?}");
        assert_eq!((error.pos.line, error.pos.column), (line, column), "{source:?}");
        assert_eq!(error.kind, ErrorKind::Syntax, "{source:?}");
    }
}

#[test]
fn indentation_errors() {
    for (source, line, message) in [
        ("  x", 1, "unexpected indent"),
        ("x\n  y", 2, "unexpected indent"),
        ("def f():\n  a\n    b", 3, "unexpected indent"),
        ("if x:\n    a\n  b", 3, "unindent does not match any outer indentation level"),
        ("if x:\ny", 2, "expected an indented block after the 'if' condition on line 1"),
        ("def f():\n", 2, "expected an indented block after the function definition on line 1"),
    ] {
        let error = error(source);
        assert_eq!(error.message, message, "{source:?}");
        assert_eq!(error.pos.line, line, "{source:?}");
        assert_eq!(error.kind, ErrorKind::Indentation, "{source:?}");
    }
}

#[test]
fn name_escapes_are_not_implemented() {
    assert_eq!(error("'\\N{BULLET}'").kind, ErrorKind::NotImplemented);
    assert_eq!(tree("r'\\N'"), "(Expr (Constant \"\\x5cN\"))");
}

#[test]
fn depth_is_an_option() {
    let deep = format!("{}x{}", "(".repeat(50), ")".repeat(50));
    let parse = |max_depth| {
        let options = Options { max_depth, ..Options::default() };
        parse_module(deep.as_bytes(), "x", &options)
    };
    assert!(parse(51).is_ok());
    assert_eq!(parse(50).unwrap_err().message, "too much nesting");
}
