# Iteration: builtin iterators over builtin and Python-made ones.
def gen(n):
    for i in range(n):
        yield i


class Count:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


class Seq:
    def __len__(self):
        return 3

    def __getitem__(self, i):
        if i >= 3:
            raise IndexError
        return i * 10


print(list(gen(3)), list(Count(3)), list(Seq()), tuple(gen(2)), set(gen(1)), sorted(Count(4)))
print(list(zip(gen(3), Count(3), "abcd")), list(zip()), list(zip([1])))
print(list(map(lambda x: x + 1, gen(3))), list(map(lambda x, y: x * y, Count(3), [1, 2, 3])))
print(list(map(str, [1, 2])), list(map(int, "123")))
print(list(filter(lambda x: x % 2, gen(6))), list(filter(None, [0, 1, "", "a"])), list(filter(lambda x: x, Count(3))))
print(list(enumerate("ab")), list(enumerate(gen(2), 5)), list(enumerate(Seq(), start=-1)))
print(list(reversed([1, 2, 3])), list(reversed("abc")), list(reversed(range(4))), list(reversed(Seq())), list(reversed({1: 2, 3: 4})))
it = iter([1, 2, 3])
print(next(it), next(it), next(it), next(it, "end"), next(it, None))
for f in (lambda: next(it), lambda: next(gen(0)), lambda: next(Count(0)), lambda: next(5), lambda: iter(5)):
    try:
        f()
    except (StopIteration, TypeError) as e:
        print(type(e).__name__)


def returns():
    yield 1
    return "result"


g = returns()
next(g)
try:
    next(g)
except StopIteration as e:
    print(e.value)
values = [3, 2, 1, 0]
print(list(iter(values.pop, 1)), values)
print(3 in gen(5), 9 in gen(5), 2 in Count(3), 20 in Seq())
print(sum(gen(5)), sum([[1], [2]], []), sum(Count(3), 10), sum([0.5, 1]))
print(all(gen(3)), any(gen(3)), all([]), any([]), all(x < 9 for x in gen(3)))
print(min(gen(4)), max(Count(4)), min(3, 1, 2), max("hello"), min([], default=7), max("a", "bc", key=len))
print(max([1, -5, 3], key=abs), min(["b", "A"], key=lambda s: s.lower()), min((1, "x"), (1, "a")))
try:
    max([])
except ValueError:
    print("ValueError")
a, *b = gen(4)
print(a, b)
print([*gen(2), *Seq()], {**{"a": 1}}, max(*gen(3)))
l = [1, 2]
for x in l:
    if len(l) < 6:
        l.append(x * 2)
print(l)


def broken():
    yield 1
    raise ValueError("inside")


for f in (list, sum, sorted, tuple, lambda g: list(zip(g)), lambda g: list(map(str, g)), lambda g: list(enumerate(g))):
    try:
        f(broken())
    except ValueError as e:
        print("ValueError", e)
print(list(map(lambda p: p[0], zip(enumerate(gen(2)), filter(None, Count(3))))))
print(list(range(5, 0, -2)), list(range(0)), range(2, 8, 3)[1], range(10)[2:8:3], len(range(0, 10, 3)))
print(range(3) == range(0, 3, 1), range(0) == range(2, 1), 4 in range(0, 10, 2), 5 in range(0, 10, 2), range(1, 5).step)
