# Functions, classes, displays, constants.


def takes(a, b=2, *rest, c, d=4, **more):
    return a, b, rest, c, d, sorted(more.items())


print(takes(1, c=3))
print(takes(1, 5, 6, 7, c=8, d=9, e=10, f=(1 if takes else 2)))
print(takes(*[1, 2], *(3,), c=0, **{"x": 1}, **dict(y=2)))
for call in (lambda: takes(), lambda: takes(1), lambda: takes(1, c=2, a=3), lambda: len(1, 2)):
    try:
        call()
    except TypeError as e:
        print("TypeError")


def counter(start):
    n = start

    def step(by=1):
        nonlocal n
        n += by
        return n

    def nested():
        return lambda: (n, start)

    return step, nested


step, nested = counter(10)
print(step(), step(5), nested()())


class Base:
    kind = "base"

    def __init__(self, *args, **kw):
        self.args, self.kw = args, kw

    def tell(self, x, *, loud=False):
        return "%s %s %s" % (self.kind, x, loud)

    @property
    def count(self):
        return len(self.args)

    @classmethod
    def make(cls, *args):
        return cls(*args)

    @staticmethod
    def plain(x):
        return x


class Derived(Base):
    kind = "derived"
    total = sum(range(4))
    squares = [i * i for i in range(3)]

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)

    def tell(self, x, **kw):
        return "<" + super().tell(x, **kw) + ">"


d = Derived.make(1, 2)
print(d.count, d.tell("hi"), d.tell("hi", loud=True), Derived.total, Derived.squares)
print(d.tell(*["star"], **{"loud": 1}), Base.plain(*(7,)), [].__class__, Derived.__name__, takes.__name__)
m = d.tell
print(m(x="bound"), (lambda *a, **k: (a, k))(1, *[2], z=3))


def local_class(n):
    class Local:
        value = n

        def get(self):
            return n, self.value, __class__.__name__

    return Local()


print(local_class(3).get())


def edit(items):
    a, *b, c = items
    items[1:3] = [20, 30]
    items[0] += 5
    del items[-1]
    x, y = y, x = a, c
    (p, q), r = (x, y), b
    return items, p, q, r, items[::2], [i for i in items if i > 5], sorted({i % 3 for i in items}), sorted({i: -i for i in b}.items())


print(edit([1, 2, 3, 4, 5]))
print(list(i * j for i in range(3) for j in range(i)), [[x for x in range(n)] for n in range(3)])


class Bag:
    def __getitem__(self, key):
        return key

    def __setitem__(self, key, value):
        print("set", key, value)

    def __delitem__(self, key):
        print("del", key)


b = Bag()
b[1:2, 3] = 4
b.x = b.y = b[5]
del b[6:], b.x
print(b[:], b[1:2:3], b.y, hasattr(b, "x"))


def operators(a, b):
    print(a + b, a - b, a * b, a // b, a % b, a**b, a << b, a >> b, a & b, a | b, a ^ b, -a, +a, ~a, not a)
    a += 1
    a -= b
    a *= 7
    a //= 2
    a %= 100
    a **= 2
    a <<= 1
    a >>= 2
    a |= 8
    a ^= 3
    a &= 0xFF
    return a, a == b, a != b, a <= b, a >= b, a in (b,), a is b


print(operators(13, 3), operators(-7, 2))
print(1234567890123456789012345678901234567890, -(2**64), 70000, -70000, "text", b"by\x00tes", "ünï", 0.5)
print((1, "two", b"3", None, True, (4, ...)), [1, [2, (3,)], {}], {"k": [1], "l": ()}, {5, 5})
print(f"{1 + 1} {'s'!r:>5} {3:04d}", "%d%%" % 5, 1 if b else 2, b and 3 or 4, None or 0)
# fmt: off
numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6,
           7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3,
           4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0,
           1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7,
           8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4,
           5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, step(),
           len("four"), 1 if step else 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6]
pairs = ([(1, 2), [1], [2], [3], [4], [5], [6], [7], [8], [9]] + [[n] for n in numbers])[:12]
# fmt: on
print(len(numbers), sum(numbers), pairs)
import sys
import math as m, sys as s
from math import sqrt, floor as down
from sys import *

print(m.floor(2.5), sqrt(16) == 4, down(1.5), s is sys, implementation is sys.implementation)
try:
    from math import nothing
except ImportError:
    print("ImportError")
try:
    (lambda x: x.missing)(1)
except AttributeError as e:
    print(e)
print(__name__)
