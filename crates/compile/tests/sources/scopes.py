# Names across functions, classes, comprehensions and generators.
x = "global"


def closures():
    x = "outer"

    class A:
        x = "class"
        y = x
        z = [x for _ in range(1)]
        w = [y for y in (x, x)]

        def method(self):
            return x

        lam = lambda self: (x, self.x)

    a = A()
    return a.y, a.z, a.w, a.method(), a.lam()


print(closures())


class B:
    x = x
    items = [i for i in range(3) if i]
    pairs = {k: v for k, v in zip("ab", items)}

    def name(self):
        return __class__.__name__

    class Inner:
        def name(self):
            return __class__.__name__


print(B.x, B.items, B.pairs, B().name(), B.Inner().name())


def counter():
    n = 0

    def up(by=1):
        nonlocal n
        n += by
        return n

    def get():
        return lambda: n

    return up, get


up, get = counter()
up()
up(4)
print(get()())


def fresh_cells():
    return [f() for f in [lambda i=i: i * 2 for i in range(3)]], [f() for f in [lambda: i for i in range(3)]]


print(fresh_cells())


def free_in_comprehension(a):
    def inner():
        return [a + b for b in range(2)], {a: [a * c for c in (b, b)] for b in range(2)}, list(a + b for b in (a, a))

    return inner()


print(free_in_comprehension(10))


def walrus(items):
    total = 0
    if (n := len(items)) > 1 and [last := i for i in items]:
        total = sum((total := total + i) for i in items)
    return n, last, total


print(walrus([1, 2, 3]))
print([y := 5, y * 2], y)
print(any((found := i) > 2 for i in range(9)), found)


def deleted():
    v = 1
    del v
    try:
        return v
    except NameError:
        pass
    for v in range(3):
        pass
    else:
        del v
    try:
        v += 1
    except NameError:
        v = "again"
    return v


print(deleted())


def deleted_cell():
    v = 1

    def read():
        return v

    r = read()
    del v
    try:
        read()
    except NameError:
        return r, "gone"


print(deleted_cell())


def handler_names():
    try:
        raise ValueError(1)
    except ValueError as e:
        kept = e.args
    try:
        e
    except NameError:
        kept += ("unbound",)
    for i in range(2):
        try:
            raise KeyError(i)
        except KeyError as e:
            if i == 0:
                continue
    try:
        return e
    except NameError:
        return kept


print(handler_names())


def globals_here():
    global made, x
    made = 1
    x = "changed"

    def inner():
        return made, x

    return inner()


print(globals_here(), made, x)


class Base:
    def __init__(self, v):
        self.v = v

    def hi(self, *args, **kw):
        return ("base", self.v, args, kw)

    @classmethod
    def make(cls):
        return cls(7)


class Derived(Base):
    def __init__(self):
        super().__init__(3)

    def hi(self, *args, **kw):
        f = lambda: super(Derived, self).hi(0)
        return super().hi(*args, k=1, **kw), f()

    def captured(self):
        def inner():
            return self.v

        return super().hi(inner())

    @classmethod
    def make(cls):
        return super().make


print(Derived().hi(1, z=2), Derived().captured())


def decorated(tag):
    def wrap(f):
        def call(*args, **kw):
            return tag, f(*args, **kw)

        return call

    return wrap


@decorated("a")
@decorated("b")
def twice(v, *, w=1):
    return v * w


print(twice(4, w=2))


def defaults(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, kw


print(defaults(1, c=3), defaults(1, 2, 3, 4, c=5, d=6, e=7), defaults(*[1, 2], **{"c": 3}))


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    pass


bases = (Base,)


class Spread(*bases):
    pass


print(type(WithMeta) is Meta, Spread(5).v)


def import_inside():
    import sys as system, os.path
    from os import path as p, sep

    return system is not None, os.path is p


print(import_inside())
