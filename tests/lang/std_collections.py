# collections, heapq, errno, sys, gc: what CPython has as well.
from collections import namedtuple, deque, OrderedDict
import heapq, errno, sys, gc

P = namedtuple("Point", ["x", "y"])
p = P(1, y=2)
print(p, p.x, p[1], len(p), p == (1, 2), p + (3,), isinstance(p, tuple), isinstance(p, P), type(p) is P)
x, y = p
print(x, y, P._fields, P.__name__, issubclass(P, tuple), hash(p) == hash((1, 2)))
for f in (lambda: P(1), lambda: P(1, 2, 3), lambda: P(1, z=2), lambda: P(1, x=2)):
    try:
        f()
    except TypeError:
        print("TypeError")
try:
    p.x = 5
except AttributeError:
    print("AttributeError")
print(namedtuple("Q", "a b, c")(1, 2, 3))


class Vec(namedtuple("Vec", "x y")):
    def norm(self):
        return self.x * self.x + self.y * self.y


v = Vec(3, 4)
print(v.norm(), v.x, v[1], v == (3, 4), sorted([P(2, 1), P(1, 9)]))

o = OrderedDict([("z", 1), ("a", 2)])
o["m"] = 3
del o["z"]
o["z"] = 4
print(list(o), list(o.items()), o == {"a": 2, "m": 3, "z": 4}, isinstance(o, dict))
print(OrderedDict([(1, 1), (2, 2)]) == OrderedDict([(2, 2), (1, 1)]), o.popitem())

d = deque((), 3)
for i in range(5):
    d.append(i)
print(list(d), len(d), d[0], d[-1])
d.appendleft(9)
print(list(d), d.popleft(), d.pop(), list(d), bool(d))
d.extend([7, 8, 9])
d[0] = "first"
print(list(d), 8 in d, [i for i in d])
for f in (lambda: deque((), 2).pop(), lambda: deque((), 2).popleft(), lambda: d[3], lambda: d[-4]):
    try:
        f()
    except IndexError:
        print("IndexError")
d = deque([1, 2, 3], 100)
for i in range(250):
    d.append(i)
    if i % 3 == 0:
        d.popleft()
print(len(d), d[0], d[-1])

h = []
for n in (5, 1, 4, 1, 9, 2, 6):
    heapq.heappush(h, n)
print(h[0], [heapq.heappop(h) for _ in range(7)], h)
h = [(3, "c"), (1, "a"), (2, "b")]
heapq.heapify(h)
print(heapq.heappop(h))
try:
    heapq.heappop([])
except IndexError:
    print("IndexError")
print(errno.ENOENT, errno.errorcode[errno.EIO], errno.EINPROGRESS)
print(sys.byteorder, type(sys.path), sys.maxsize > 1 << 20, "sys" in sys.modules, type(sys.argv))
try:
    sys.exit(3)
except SystemExit as e:
    print("exit", e.args)
print(type(gc.collect()), gc.isenabled())
