# Every expression, in every form.
1 + 2 - 3 + 4
1 + 2 * 3 - 4 / 5 // 6 % 7 @ 8
-1 ** 2
2 ** -1
2 ** 3 ** 4
(2 ** 3) ** 4
- - + ~ x
-x.y ** -z
a | b ^ c & d << e + f * g ** h
a << b >> c << d
not a == b
not not a
a and b and c or d and not e or f
a < b <= c == d != e > f >= g
a is b is not c in d not in e
a if b else c if d else e
(a if b else c) if d else e
lambda: 0
lambda x, y=1, *z, w, v=2, **k: x + y
lambda *, x: x
lambda x, /, y: x
lambda x: lambda y: x if y else lambda: 1
f(lambda x: x, key=lambda y: y)
a.b.c(d)[e].f
(a).b
(a + b).c
(yield)
()
(1,)
(1, 2, *c)
1, 2, *c
(1), 2
(a, b), c
[]
[1]
[1, *b, 2,]
{}
{1}
{1, *b}
{1: 2}
{1: 2, **b, 'c': 3,}
{**a}
[x for x in y]
[x for x, in y]
[x for x, *y in z if x if y or z for w in lambda_ if w]
[(x, y) for x in a for y in b]
[[x for x in y] for y in z]
{x for x in y}
{x: y for x, y in z if x}
(x for x in y)
(x for x in y if not z)
f(x for x in y)
f((x for x in y), 1)
f()
f(a, b, *c, d, *e, k=1, *g, **h, l=2, **m)
f(*a or b, **c or d)
f(a)(b)(c)
f(x := 1, y)
f(x=(y := 1))
[y := 1, y ** 2]
[z := x for x in y]
{z := 1}
x[(y := 1)]
x[y := 1]
(x := y, z)
x[1]
x[1:2]
x[:]
x[::]
x[1:]
x[:2]
x[::3]
x[1:2:3]
x[1:2, 3]
x[1, 2:3, ...]
x[1,]
x[*a]
x[*a, b]
x[a, *b]
x[()]
x[lambda: 0]
x[a if b else c:d]
None, True, False, ..., Ellipsis
__debug
print
match(x)
case = type = 1
1if x else 2
[1for x in y]
0 or 00 or 0_0
123_456
0xDEAD_beef, 0o17, 0b1010, 0XFF, 0O7, 0B1
9223372036854775807, 9223372036854775808
0xFFFF_FFFF_FFFF_FFFF, 0o7777777777777777777777777, 0b1111111111111111111111111111111111111111111111111111111111111111111
123456789012345678901234567890
1.0, .5, 1., 1e5, 1.5E-3, 1_0.0_1e+1_0, 1e400, 1e-400, 0.1, 3.141592653589793, 5e-324
1j, 1.5J, 1e3j, 00j, 09.5, 0777.5
1 .real, 1..real, 1.0.real
a\
    + b
(a  # comment
 +
      b)
f(
a,
  b
)
