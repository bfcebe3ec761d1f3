# Sets and frozensets.
def show(s):
    print(type(s).__name__, sorted(s))


a, b = {1, 2, 3}, {2, 3, 4}
for r in (a | b, a & b, a - b, a ^ b):
    show(r)
show(a.union(b, [9]))
show(a.intersection((1, 2), [2]))
show(a.difference([1], {2}))
show(a.symmetric_difference(range(2, 6)))
print(a <= b, a < {1, 2, 3, 4}, a >= {1}, a > a, a == {3, 2, 1}, a != b)
print(a.issubset(range(5)), a.issuperset([1]), a.isdisjoint({7}), a.isdisjoint(x for x in [3]))
a.add(4)
a.discard(1)
a.discard(100)
a.remove(2)
show(a)
a.update([5, 6], (7,))
a |= {8}
show(a)
a &= {5, 6, 7, 8, 9}
a -= {5}
a ^= {6, 60}
show(a)
a.intersection_update([7, 8])
a.difference_update([8])
a.symmetric_difference_update([1, 7])
show(a)
print(a.pop(), len(a))
for bad in (lambda: set().pop(), lambda: {1}.remove(2), lambda: {[]}, lambda: hash({1})):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__)
try:
    {1} | [2]
except TypeError:
    print("TypeError")
f = frozenset([1, 2, 3])
show(f | {9})
show({9} | f)
print(f == {1, 2, 3}, hash(f) == hash(frozenset((3, 2, 1))), {f: "frozen"}[frozenset([2, 1, 3])])
try:
    f.add(4)
except AttributeError:
    print("AttributeError")
print(set(), frozenset(), {1}, frozenset({1}))
print(len({1, 1.0, True}), len(set("hello")), 1 in f, 9 in f, bool(set()))
c = f.copy()
print(c == f, c is f)
g = f
f |= {4}
print(g is f, len(g), len(f))
print(sorted({x % 3 for x in range(10)}))
