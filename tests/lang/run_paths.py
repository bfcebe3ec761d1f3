# Paths of the run loop that take short cuts: each must do what the long way does.


# ---- natives that take all items of a generator ----
def count(n, log=None):
    for i in range(n):
        if log is not None:
            log.append(i)
        yield i


print(list(count(4)), tuple(count(3)), sum(count(5)), set(count(3)) == {0, 1, 2})
log = []
g = count(9, log)
print(any(x == 2 for x in g), log, next(g), list(g))
print(all(x < 3 for x in count(9)), max(count(4)), min(count(4)), sorted(count(3)))
print(",".join(str(x) for x in count(3)))


def failing():
    yield 1
    raise KeyError("inside")


for take in (list, sum, any, max, set):
    try:
        print(take(x - 1 for x in failing()))
    except KeyError as e:
        print("KeyError", e.args)


def itself():
    yield 1
    yield list(me)


me = itself()
print(next(me))
try:
    next(me)
except ValueError as e:
    print("ValueError", e)


class Odd:
    def __init__(self, n):
        self.n = n

    def __bool__(self):
        if self.n == 3:
            raise RuntimeError("three")
        return self.n % 2 == 1


print(any(Odd(i) for i in count(2)))
try:
    print(any(Odd(i) for i in (0, 2, 3)))
except RuntimeError as e:
    print("RuntimeError", e)


# ---- generators call, are called, delegate ----
def add(a, b, c=100):
    return a + b + c


def calling(n):
    total = 0
    for i in range(n):
        got = yield add(i, total)
        total += add(i, 1, c=0) if got is None else got
    return total


g = calling(3)
print(next(g), g.send(7), g.send(None))
try:
    g.send(1)
except StopIteration as e:
    print("StopIteration", e.value)


def inner():
    try:
        while True:
            try:
                x = yield
                print("inner got", x)
            except ValueError as e:
                print("inner caught", e)
                yield "caught"
    finally:
        print("inner ends")


def outer(depth):
    r = yield from (outer(depth - 1) if depth else inner())
    return r


g = outer(4)
next(g)
g.send(5)
print(g.throw(ValueError("thrown")))
g.close()


def deep(n):
    if n:
        yield from deep(n - 1)
    yield n


print(list(deep(6)), [x for x in deep(3)])


def many_args(a, b, c, d, e, f, g, h):
    return [a, b, c, d, e, f, g, h]


def from_generator():
    x = yield many_args(1, 2, 3, 4, 5, 6, 7, 8)
    yield many_args(*range(8)), x


print(list(from_generator()))


# ---- operators written in Python ----
class Num:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        return Num(self.n + other.n) if isinstance(other, Num) else NotImplemented

    def __sub__(self, other, unused=0):
        return "sub"

    def __mul__(self, other):
        raise ArithmeticError("mul")


class Other:
    def __radd__(self, left):
        return "radd"


print((Num(1) + Num(2)).n, Num(1) + Other(), Num(1) - 1)
a = Num(1)
a += Num(4)
print(a.n)
for bad in (lambda: Num(1) + 1, lambda: Num(1) * 2, lambda: 1 + Num(1)):
    try:
        print(bad())
    except (TypeError, ArithmeticError) as e:
        print(type(e).__name__)


class Row:
    def __getitem__(self, i):
        return ("item", i)

    def __setitem__(self, i, v):
        self.last = (i, v)


r = Row()
r[3] = 4
print(r[2], r["k"], r[1:2] is not None, r.last)


# ---- what caches remember, and when it changes ----
class Base:
    def who(self):
        return "base"


class Child(Base):
    pass


def ask(o):
    return o.who()


c = Child()
print(ask(c), ask(c))
Child.who = lambda self: "child"
print(ask(c))
del Child.who
print(ask(c))
c.who = lambda: "own"
print(ask(c))


class Wide:
    pass


w = Wide()
for i in range(40):
    setattr(w, "a%d" % i, i)
print(sum(getattr(w, "a%d" % i) for i in range(40)), getattr(w, "a40", None), hasattr(w, "a39"))
del w.a7
print(hasattr(w, "a7"), getattr(w, "a7", "gone"))


def read_global():
    return shared


shared = 1
print(read_global(), read_global())
shared = 2
print(read_global())
del shared
try:
    read_global()
except NameError as e:
    print("NameError", e)
shared = 3
print(read_global())

# ---- rows ----
x = [0, 1, 2, 3, 4]
x[:3] = x[2::-1]
print(x)
x[1:3] = x
print(x)
x[0:2] = [[], "s"]
x[0:2] = [7, 8]
print(x, x[-2:], x[::2], x[10:], x[3:1])
d = {1: "one", True: "true", 1.0: "float", "k": 2}
print(d, d[True], 1.0 in d, "k" in d, "z" in d, 2 in [1, 2.0], None in (0, None))


# ---- exceptions ----
def nested(n):
    try:
        if n == 0:
            raise ValueError("bottom")
        return nested(n - 1)
    except KeyError:
        return "wrong"
    finally:
        if n == 2:
            print("finally", n)


try:
    nested(4)
except ValueError as e:
    print("ValueError", e)


def endless():
    return endless()


try:
    endless()
except RuntimeError as e:
    print("RuntimeError", e)
bound = [].append
bound(1)
print(int(5), int("7"), abs(-3), len([1, 2]), "abc".upper(), str(12))
