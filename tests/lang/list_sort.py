# Sorting is stable, takes keys, and survives meddling.
print(sorted([3, 1, 2]), sorted("hello"), sorted([2.5, -1.0, 1]), sorted({"b": 1, "a": 2}))
words = ["banana", "Apple", "cherry", "apple", "Banana"]
print(sorted(words), sorted(words, reverse=True))
print(sorted(words, key=lambda w: w.lower()))
print(sorted(words, key=lambda w: w.lower(), reverse=True))
print(sorted(words, key=len), sorted(words, key=len, reverse=True))
pairs = [(i * 7 % 5, i) for i in range(20)]
print(sorted(pairs))
print(sorted(pairs, key=lambda p: p[0]))
print(sorted(pairs, key=lambda p: -p[0], reverse=True))


class Card:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        return self.n < other.n

    def __repr__(self):
        return "C%d" % self.n


cards = [Card(i * 11 % 17) for i in range(17)]
cards.sort()
print(cards)
cards.sort(reverse=True)
print(cards)

l = [3, 2, 1]


def key(x):
    l.append(x)
    return x


try:
    l.sort(key=key)
except ValueError:
    print("ValueError")


def bad(x):
    if x == 2:
        raise KeyError(x)
    return x


l = [3, 2, 1]
try:
    l.sort(key=bad)
except KeyError as e:
    print("KeyError", e)
print(l)
try:
    [1, "a"].sort()
except TypeError:
    print("TypeError")
n = 1
big = []
for i in range(500):
    n = n * 1103515245 + 12345 & 0x7FFFFFFF
    big.append(n)
s = sorted(big)
print(all(s[i] <= s[i + 1] for i in range(499)), sorted(big, key=lambda v: -v) == s[::-1])
big.sort(key=str)
print(big == sorted(big, key=str))
nan = float("nan")
print(len(sorted([nan, 1.0, nan, 0.5])))
