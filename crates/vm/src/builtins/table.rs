//! The table of builtin names.

use super::{attributes as attr, console, directory, fold, iterate, number as num, text as txt};
use crate::collection as coll;
use crate::exceptions as exc;
use crate::object::{Entry, ModuleDef};
use crate::run::exec;
use crate::{classes, number, text};
use snakeye_heap::Value;

const TYPES_AND_FUNCTIONS: &[(&str, Entry)] = &[
    ("__build_class__", method_kw!("__build_class__", 2, 255, classes::build_class).1),
    method!("__template__", 1, 255, text::builtin_template),
    method_steps!("__import__", 1, 5, exec::builtin_import),
    // Types.
    ("bool", Entry::Type(&number::BOOL)),
    ("bytearray", Entry::Type(&text::BYTEARRAY)),
    ("bytes", Entry::Type(&text::BYTES)),
    ("classmethod", Entry::Type(&classes::CLASS_METHOD)),
    ("complex", Entry::Type(&number::COMPLEX)),
    ("dict", Entry::Type(&coll::DICT)),
    ("enumerate", Entry::Type(&coll::ENUMERATE)),
    ("filter", Entry::Type(&coll::FILTER)),
    ("float", Entry::Type(&number::FLOAT)),
    ("frozenset", Entry::Type(&coll::FROZENSET)),
    ("int", Entry::Type(&number::INT)),
    ("list", Entry::Type(&coll::LIST)),
    ("map", Entry::Type(&coll::MAP)),
    ("memoryview", Entry::Type(&text::MEMORYVIEW)),
    ("object", Entry::Type(&classes::OBJECT)),
    ("property", Entry::Type(&classes::PROPERTY)),
    ("range", Entry::Type(&coll::RANGE)),
    ("reversed", Entry::Type(&coll::REVERSED)),
    ("set", Entry::Type(&coll::SET)),
    ("slice", Entry::Type(&coll::SLICE)),
    ("staticmethod", Entry::Type(&classes::STATIC_METHOD)),
    ("str", Entry::Type(&text::STR)),
    ("super", Entry::Type(&classes::SUPER)),
    ("tuple", Entry::Type(&coll::TUPLE)),
    ("type", Entry::Type(&classes::TYPE)),
    ("zip", Entry::Type(&coll::ZIP)),
    // Constants.
    ("Ellipsis", Entry::Make(|_| Ok(Value::ELLIPSIS))),
    ("NotImplemented", Entry::Make(|_| Ok(Value::NOT_IMPLEMENTED))),
    // Functions.
    method_steps!("abs", 1, 1, num::abs),
    method_steps!("all", 1, 1, fold::all),
    method_steps!("any", 1, 1, fold::any),
    method!("bin", 1, 1, num::bin),
    method!("callable", 1, 1, attr::callable),
    method!("chr", 1, 1, txt::chr),
    method!("compile", 3, 6, exec::builtin_compile),
    method_steps!("delattr", 2, 2, attr::delattr),
    method!("dir", 0, 1, directory::dir),
    method!("divmod", 2, 2, num::divmod),
    method_steps!("eval", 1, 3, exec::builtin_eval),
    method_steps!("exec", 1, 3, exec::builtin_exec),
    method_steps!("execfile", 1, 3, exec::builtin_execfile),
    method_steps!("getattr", 2, 3, attr::getattr),
    method!("globals", 0, 0, exec::builtin_globals),
    method_steps!("hasattr", 2, 2, attr::hasattr),
    method!("hash", 1, 1, num::hash),
    method!("help", 0, 1, directory::help),
    method!("hex", 1, 1, num::hex),
    method!("id", 1, 1, num::id),
    method_steps!("input", 0, 1, console::input),
    method!("isinstance", 2, 2, attr::isinstance),
    method!("issubclass", 2, 2, attr::issubclass),
    method_steps!("iter", 1, 2, iterate::iter),
    method_steps!("len", 1, 1, iterate::len),
    method!("locals", 0, 0, exec::builtin_locals),
    method_kw!("max", 0, 255, fold::max),
    method_kw!("min", 0, 255, fold::min),
    method_steps!("next", 1, 2, iterate::next),
    method!("oct", 1, 1, num::oct),
    method!("ord", 1, 1, txt::ord),
    method!("pow", 2, 3, num::pow),
    method_kw!("print", 0, 255, console::print),
    method!("repr", 1, 1, txt::repr),
    method!("round", 1, 2, num::round),
    method_steps!("setattr", 3, 3, attr::setattr),
    method_kw!("sorted", 1, 255, iterate::sorted),
    method_kw!("sum", 1, 2, fold::sum),
];

const COUNT: usize = TYPES_AND_FUNCTIONS.len() + exc::ALL.len();

/// Every builtin name: functions, types, constants, then the exception classes.
static ENTRIES: [(&str, Entry); COUNT] = {
    let mut all = [("", Entry::Int(0)); COUNT];
    let mut i = 0;
    while i < TYPES_AND_FUNCTIONS.len() {
        all[i] = TYPES_AND_FUNCTIONS[i];
        i += 1;
    }
    while i < COUNT {
        all[i] = exc::ALL[i - TYPES_AND_FUNCTIONS.len()];
        i += 1;
    }
    all
};

/// The `builtins` module.
pub static BUILTINS: ModuleDef = ModuleDef { name: "builtins", entries: &ENTRIES, init: None };
