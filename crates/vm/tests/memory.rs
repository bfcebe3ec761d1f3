//! What scripts make the VM take from the system beside its heap is bounded: each of these runs into the heap's
//! limit, and at no time is much more than the limit allocated.

use snakeye_vm::host::NoHost;
use snakeye_vm::run::exec::Source;
use snakeye_vm::{Config, Vm};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator, and how much it has given.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The heap's limit in bytes.
const LIMIT: usize = 2 << 20;
/// What may be allocated beside it.
const SLACK: usize = 768 << 10;

/// Scripts that want more than there is.
const HUNGRY: &[(&str, &str)] = &[
    ("list", "x = []\nwhile True: x.append([])"),
    ("list of range", "list(range(10**7))"),
    ("tuple of range", "tuple(range(10**7))"),
    ("set of range", "set(range(10**7))"),
    ("comprehension", "[i * 1.5 for i in range(10**7)]"),
    ("dict", "{i: i for i in range(10**7)}"),
    ("generator to list", "list(i for i in range(10**7))"),
    ("map", "list(map(lambda i: i, range(10**7)))"),
    ("zip", "list(zip(range(10**7), range(10**7)))"),
    ("enumerate", "list(enumerate(range(10**7)))"),
    ("sorted", "sorted(range(10**7))"),
    ("reversed", "list(reversed(range(10**7)))"),
    ("star arguments", "(lambda *a: len(a))(*range(10**7))"),
    ("star list", "[*range(10**7)]"),
    ("unpacking", "a, *b = range(10**7)"),
    ("bytes of items", "bytes(i & 255 for i in range(10**7))"),
    ("bytearray", "bytearray(10**7)"),
    ("bytearray of items", "bytearray([1] * 100000 + list(range(200)) * 1000)"),
    ("slice assignment", "x = [0]\nx[0:0] = range(10**7)"),
    ("extend", "x = []\nx.extend(range(10**7))"),
    ("repeat str", "'abc' * 10**7"),
    ("repeat list", "[1, 2] * 10**7"),
    ("repr", "x = ['abc' * 100] * 20000\nrepr(x)"),
    ("nested repr", "x = ['abc' * 10] * 1000\nrepr([x] * 1000)"),
    ("repr of bytes", "repr(bytes(10**6))"),
    ("percent", "'%s' % (['abc' * 100] * 20000,)"),
    ("percent width", "'%9999999d' % 1"),
    ("format", "'{}'.format(['abc' * 100] * 20000)"),
    ("format width", "'{:9999999}'.format(1)"),
    ("f-string", "x = ['abc' * 100] * 20000\nf'{x}'"),
    ("join", "','.join('x' * 100 for i in range(10**6))"),
    ("join list", "','.join(['x' * 100] * 10**5)"),
    ("replace", "('a' * 10**5).replace('a', 'b' * 1000)"),
    ("split", "('a ' * 10**5).split()"),
    ("splitlines", "('a\\n' * 10**5).splitlines()"),
    ("decode", "(b'a' * 10**6).decode() * 2"),
    ("center", "'a'.center(10**7)"),
    ("big integer", "1 << 10**8"),
    ("power", "3 ** 10**7"),
    ("digits", "str(1 << 2 * 10**5)"),
    ("int.to_bytes", "(1).to_bytes(10**8, 'big')"),
    ("one statement", "exec('x = [' + '1,' * 200000 + ']')"),
    ("statements", "exec('x = f(1)\\n' * 50000)"),
    ("functions", "exec('def f(): pass\\n' * 50000)"),
    ("names", "exec('\\n'.join('name%d = 1' % i for i in range(20000)))"),
    ("closures", "x = []\nwhile True: x.append(lambda: x)"),
    ("classes", "x = []\nwhile True: x.append(type('C', (), {}))"),
    ("attributes", "class A: pass\na = A()\ni = 0\nwhile True:\n  setattr(a, 'name%d' % i, i)\n  i += 1"),
    ("generators", "def g(): yield\nx = []\nwhile True:\n  x.append(g())\n  next(x[-1])"),
    ("exceptions", "x = []\nwhile True:\n  try: 1 // 0\n  except ZeroDivisionError as e: x.append(e)"),
    ("json.dumps", "import json\njson.dumps([['abc'] * 1000] * 1000)"),
    ("json.loads", "import json\njson.loads('[' + '[1],' * 40000 + '1]')"),
    ("re.split", "import re\nre.compile(',').split('a,' * 200000)"),
    ("re.sub", "import re\nre.sub('a', 'b' * 100, 'a' * 100000)"),
    ("re.compile", "import re\nre.compile('a' * 400000)"),
    ("struct", "import struct\nstruct.pack('9999999B')"),
    ("StringIO", "import io\ns = io.StringIO()\nwhile True: s.write('abc' * 1000)"),
    ("deque", "from collections import deque\ndeque(range(10**7), 10**7)"),
    ("namedtuple", "from collections import namedtuple\nnamedtuple('T', ['f%d' % i for i in range(10**6)])"),
    ("hexlify", "import binascii\nbinascii.hexlify(bytes(10**6))"),
    ("base64", "import binascii\nbinascii.b2a_base64(bytes(1500000))"),
    ("array", "from array import array\narray('i', range(10**7))"),
    ("heapq", "import heapq\nh = []\nwhile True: heapq.heappush(h, 1)"),
    ("templates", "x = []\nwhile True: x.append(t'{x}')"),
    ("weak references", "import weakref\nclass A: pass\na = A()\nx = []\nwhile True: x.append(weakref.ref(a))"),
    ("finalizers", "import weakref\nclass A: pass\na = A()\nwhile True: weakref.finalize(a, print)"),
    ("RingIO", "import micropython\nx = []\nwhile True: x.append(micropython.RingIO(16))"),
];

fn vm() -> Box<Vm> {
    let config = Config { heap_limit: LIMIT, recursion_limit: 400, ..Config::default() };
    Vm::new(config, Box::new(NoHost), snakeye_stdlib::MODULES).expect("the heap holds the VM")
}

#[test]
fn what_scripts_take_is_bounded() {
    let mut wrong = Vec::new();
    for (what, script) in HUNGRY {
        let before = NOW.load(Relaxed);
        PEAK.store(before, Relaxed);
        let mut vm = vm();
        // In a function, so that what it holds goes with it.
        let script = format!("def run():\n {}\nrun()\n", script.replace('\n', "\n "));
        let ended = vm.run_main(script.as_bytes(), "test.py", Source::File);
        let taken = PEAK.load(Relaxed) - before;
        if ended.is_err() {
            let e = vm.take_exception();
            let text = vm.traceback_text(&e);
            if !text.contains("MemoryError") && !text.contains("OverflowError") {
                wrong.push(format!("{what}: {}", text.trim_end()));
            }
        }
        if taken > LIMIT + SLACK {
            wrong.push(format!("{what}: {} KB beyond the limit", (taken - LIMIT) >> 10));
        }
        let usable = vm.run_main(b"len(bytearray(20000))", "test.py", Source::File);
        if usable.is_err() {
            let e = vm.take_exception();
            wrong.push(format!("{what}: not usable afterwards: {}", vm.traceback_text(&e).trim_end()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
