# Code objects as bytes and back.
import marshal

function = type(lambda: 0)


def again(f, **names):
    return function(marshal.loads(marshal.dumps(f.__code__)), names)


# Every kind of constant, handlers, nested functions, closures inside, comprehensions, generators.
def constants():
    return (None, True, ..., 1, -(1 << 40), 1 << 100, -(1 << 100), 1.5, 2j, "text", "ä" * 40, b"\0\xff", (1, ("x", ())))


def busy(n, *args, key="k", **kw):
    def outer(a):
        def inner(b):
            nonlocal a
            a += b
            return a

        return inner

    total = [x * n for x in range(4)]
    try:
        total[9]
    except IndexError as e:
        total.append(type(e).__name__)
    finally:
        total.append(key)
    f = outer(n)
    f(1)
    return total, f(2), args, sorted(kw.items()), list(y for y in (n, n + 1))


print(again(constants)() == constants(), again(constants)()[3:7])
# Defaults belong to the function, not to its code.
names = dict(range=range, IndexError=IndexError, type=type, sorted=sorted, list=list)
print(again(busy, **names)(3, 4, 5, key="K", z=1))


def count(n):
    while n:
        yield n
        n -= 1


print(list(again(count)(3)))
module = marshal.dumps(compile("x = 5\ndef f(y):\n    return x + y\n", "m.py", "exec"))
space = {}
exec(marshal.loads(module), space)
print(space["f"](2), eval(marshal.loads(marshal.dumps(compile("6 * n", "", "eval"))), {"n": 7}))
code = marshal.loads(bytearray(marshal.dumps(count.__code__)))
print(function(code, {}) is not function(code, {}), next(function(code, {})(9)))

# What has no form, and what is no code or damaged.
captured = (lambda v: lambda: v)(1)
for value in (5, function, captured.__code__):
    try:
        marshal.dumps(value)
    except ValueError as e:
        print(e)
for data in (b"", b"M\x06\x00\x1f", module[:-1], module + b"x", module[:3] + b"\xff" + module[4:]):
    try:
        marshal.loads(data)
    except ValueError as e:
        print(e)
# A changed bit is refused or makes other code, which is verified: nothing worse can happen.
survived = 0
for i in range(5, len(module)):
    for bit in range(8):
        changed = bytearray(module)
        changed[i] ^= 1 << bit
        try:
            marshal.loads(changed)
        except (ValueError, MemoryError):
            pass
        survived += 1
print(survived == 8 * (len(module) - 5))
