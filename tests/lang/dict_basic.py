# Dicts: order, look-up across number types, methods, views.
d = {"a": 1, 2: "b", (3, 4): [5], None: True}
print(d["a"], d[2], d[2.0], d[3, 4], d[None])
d["z"] = 26
d["a"] = 0
del d[2]
print(d, len(d), "z" in d, 2 in d)
for k in d:
    print(k, end=" ")
print()
print(list(d.keys()), list(d.values()), list(d.items()))
print(d.get("q"), d.get("q", 9), d.setdefault("q", 3), d.setdefault("q", 4))
print(d.pop("q"), d.pop("q", None), d.popitem())
for bad in (lambda: d["q"], lambda: d.pop("q"), lambda: {}.popitem(), lambda: {}.__getitem__(1)):
    try:
        bad()
    except KeyError as e:
        print("KeyError", type(e.args[0]).__name__)
try:
    d[[]] = 1
except TypeError:
    print("TypeError")

print(dict(), dict(a=1), dict({1: 2}, b=3), dict([(1, 2), [3, 4]]), dict(zip("ab", range(2))))
d = {1: 1}
d.update({2: 2}, x=3)
d.update((i, i * i) for i in range(3, 5))
print(d)
print(dict.fromkeys("abc"), dict.fromkeys(range(2), 0))
print({1: 2, 3: 4} == {3: 4, 1: 2}, {1: 2} == {1: 3}, {} != {1: 1}, {1: {2: 3}} == {1: {2: 3}})
print({1: 1} | {1: 2, 3: 4})
e = d
e |= {"new": 0}
print(d is e, d)
c = d.copy()
c.clear()
print(c, len(d))

v = d.items()
d["late"] = 1
print(("late", 1) in v, len(v), 1 in d.keys(), 99 in d.values())
print({1: 2}.keys(), {1: 2}.values(), {1: 2}.items())
print({1: 0, 2: 0}.keys() & {2: 0, 3: 0}.keys(), {1: 0}.keys() == {1}, sorted({1: 0}.keys() | {5}))

big = {}
for i in range(1000):
    big[i] = str(i)
for i in range(0, 1000, 3):
    del big[i]
for i in range(0, 1000, 6):
    big[i] = -i
print(len(big), big[1], big[6], 3 in big, sum(k for k in big))


class Key:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return self.n % 2

    def __eq__(self, other):
        return self.n == other.n


k = {Key(i): i for i in range(20)}
print(len(k), k[Key(7)], Key(20) in k)
r = {}
r["self"] = 1
print({"nested": {"d": {}}}, {True: 1, 1: 2}, {1.0: "f"}[1])
