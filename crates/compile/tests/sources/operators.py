# Order of evaluation, operands in place, conditions, displays and formatted strings.
log = []


def say(v):
    log.append(v)
    return v


def order():
    log.clear()
    d = {}
    d[say("k")] = say("v")
    d[say(1)], d[say(2)] = say(3), say(4)
    say({"a": say("b"), **{say("c"): 1}})
    say(max)(say(1), *[say(2)], key=say(None))
    return log


print([v for v in order() if v is not max])


def in_place(x):
    a = x + (x := 3)
    b = x * (x := x + 1) - x
    c = [x, (x := 0), x]
    d = (x, x := 9)[0], x
    e = x < (x := 1) or x
    x += (x := 10)
    f = x if (x := x - 1) > 5 else -x
    t = (1, 2, 3)
    t[(i := 1)]
    return a, b, c, d, e, x, f, i


print(in_place(1))


def own_source(v, w):
    v, w = w, = (v,)
    u = v, w = w
    return u, v, w


try:
    own_source((1, 2), 3)
except (TypeError, ValueError) as e:
    print(type(e).__name__)


def swap(a, b, c):
    a, b = b, a
    a, b, c = b, c, a
    (a, b), c = (c, a), b
    [a, *rest] = a, b, c
    *init, c = rest
    x = y = [a]
    x.append(1)
    first, (second, *_), third = 1, "abc", 3
    return a, rest, init, c, y, second, _, third


print(swap(1, 2, 3))


def conditions(a, b, c):
    r = []
    if a < b < c:
        r.append("chain")
    if not (a < b and b < c) or a == 1:
        r.append("or")
    if a is not None and b not in (4, 5) and not c == 4:
        r.append("and")
    if (a > 1) is False and (b != 2) is (not True):
        r.append("is")
    r.append(a or b)
    r.append(a and b and c)
    r.append(not a)
    r.append(a if b else c)
    r.append(1 < a <= 2 < b)
    r.append((a < b) < c)
    while a < 100 and (a % 7 != 0 or a == 7):
        a += 1
        if a == 20:
            continue
        elif a > 22:
            break
    else:
        r.append("else")
    r.append(a)
    return r


print(conditions(1, 2, 3), conditions(8, 2, 0))


def augmented():
    class O:
        pass

    o = O()
    o.v = 1
    o.v += 2
    d = {1: [1], (2, 3): 4}
    d[1] += [2]
    d[2, 3] -= 5
    n = 7
    n <<= 2
    n |= 1
    n //= 2
    n **= 2
    n %= 50
    n ^= 3
    n &= 0xFE
    n >>= 1
    s = "a"
    s *= 3
    return o.v, d, n, s


print(augmented())


def slices(a):
    a[1:2] = [8, 9]
    del a[0], a[-1:]
    return a[::2], a[1:], a[:-1], a[slice(None)], (a, a)[-1][0]


print(slices([1, 2, 3, 4, 5]))

w = 6
print(f"{w}|{w:>4}|{w!r:<{w}}|{w + 1:0{w}.2f}|{{}}|{'x'!s}{w=}" f"{''}")
print(f"{w}", f"", f"plain", "%d" % w)
print([*range(3), 5, *"ab"], (*[1], 2), {*[3, 3], 4}, {**{1: 2}, 3: 4, **{5: 6}})
print(1 + 2 * 3 - 4 // 3, -5 // 3, -5 % 3, 2**10, 1 << 4 >> 2, ~5 & 0xFF ^ 1, -(2**63), 2**63, -9223372036854775808)
print(7 if 0 else 8, 0 or "x", 1 and "y", not 0, "" or 0 or [], () and 1)
print(True + 1, -0.0, 1e100, 1.5 * 2, 0x7FFFFFFFFFFFFFFF + 1)
big = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57,
]
mixed = [
    w, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, w,
]
print(sum(big), sum(mixed), len((*big, *mixed)))
table = {
    0: 1, 1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 8: 9, 9: 10, 10: 11, 11: 12, 12: 13, 13: 14, 14: 15, 15: 16,
    16: 17, 17: 18, 18: 19, 19: 20, 20: 21, 21: 22, 22: 23, 23: 24, 24: 25, 25: 26, 26: 27, w + 100: w,
}
print(sum(table), sum(table.values()))
