# Lists: growing, shrinking, slices of every kind.
l = [1, 2, 3]
l.append(4)
l.insert(0, 0)
l.insert(100, 5)
l.insert(-1, 4.5)
print(l, len(l))
print(l.pop(), l.pop(0), l.pop(-2), l)
l.extend(range(3))
l.extend(x * x for x in (7, 8))
l += (9,)
l += "ab"
print(l)
l.remove(9)
print(l.index(2), l.index(2, 3), l.count(1))
for bad in (lambda: [].pop(), lambda: [1].pop(3), lambda: [1].remove(2), lambda: [1].index(5), lambda: [1][1]):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__)

x = list(range(10))
print(x[2:5], x[:-3], x[-3:], x[::-1], x[8:2:-2], x[20:], x[5:2])
y = x[:]
y[2:4] = "abc"
print(y)
y[1:1] = [-1]
print(y)
y[::3] = [0] * len(y[::3])
print(y)
del y[::2]
print(y)
del y[1:3], y[-1]
print(y)
y[:] = iter(range(3))
print(y)
del y[:]
print(y)
try:
    x[::2] = [1]
except ValueError:
    print("ValueError")
try:
    x["a"]
except TypeError:
    print("TypeError")
x[:] = x
print(x)
x[2:5] = x
print(x)

print([1, 2] * 3, 2 * [0], [1] * -1, [1, 2] + [3])
a = [1]
b = a
b *= 3
print(a is b, a)
print([1, 2] < [1, 3], [1] < [1, 0], [2] > [1, 5], [1, 2] == [1, 2], [1] != [1], [] <= [])
print([1, [2, [3]]].copy(), 3 in [1, 2, 3], 4 not in [1, 2, 3])
a.clear()
print(a, bool(a), not a)
print(list("aé€"), list({1: 2}), list((1, 2)), list())
try:
    hash([])
except TypeError:
    print("unhashable")
try:
    [] < ()
except TypeError:
    print("TypeError")
