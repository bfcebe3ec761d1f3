#!/usr/bin/env python3
"""Every statement, in every form."""
from __future__ import annotations
import os
import os.path as path, sys
from . import sibling
from .... import far
from ..pkg.mod import (one as uno, two,)
from time import *
from time import sleep, ticks as t

x = 1
x = y = z = 2
a, b = b, a
a, (b, *c), [d] = 1, (2, 3, 4), [5]
*a, b = range(5)
x, = 1,
() = []
[] = ()
(x) = 1
x.y.z[1].w = x[1:2, ::3, ...] = None
x += 1; x -= 1; x *= 2; x /= 3; x //= 4; x %= 5; x **= 6
x <<= 1; x >>= 1; x &= 1; x |= 1; x ^= 1; x @= m
v: int = 3
v: int
(v): int
self.v: "list[int]" = []
tail[0]: str

del x
del x, y[0], z.w
del (a, b), [c, (d)]
del (x),
pass; pass;
assert x
assert x, "message"
assert (x, y)

if x: pass
if x:
    pass
elif y:
    pass
elif z: pass
else:
    pass
if a:
    if b:
        c
    else:
        d
    e
if (n := f()) > 1: pass
if n := f(): pass

while x:
    if y:
        break
    continue
else:
    pass
while m := next(it): print(m)

for i in x: pass
for i, in x: pass
for i, (j, *k) in x, y:
    pass
else:
    pass
for x.a in *a, b: pass
for x[0], x[1] in pairs: pass
for (a, b) in c: pass
for [a, b] in c: pass

try:
    pass
except:
    pass
try:
    pass
except A:
    pass
except (B, C) as e:
    pass
except d.E as e: pass
except:
    pass
else:
    pass
finally:
    pass
try: pass
finally: pass

with a: pass
with a as b: pass
with a as b, c as (d, e), f: pass
with (a): pass
with (a, b): pass
with (a as b): pass
with (a as b, c as d,): pass
with (a, b) as c: pass
with (a).b as c, d: pass
with (a if b else c) as d: pass
with (yield x): pass
with (a), (b): pass
with (a for a in b) as c: pass
with f(x)[0] as y.z, g() as y[0]: pass

raise
raise E
raise E("x") from None

def f(): pass
def f(a, b=1, *args, c, d=2, **kw) -> None:
    """Doc."""
    global g, h
    def inner():
        nonlocal a, b
        return
    return a, *args
def f(a: int, /, b: str = "x", *, c: float = 1.0, **k: dict) -> "list[int]": ...
def f(*, a): pass
def f(*a: int,): pass
def f(a, b, /): pass
def f(a=1, /, b=2, *, c, d=3): pass
def g():
    yield
    yield 1
    yield 1, 2
    yield *a, b
    x = yield
    x = yield y
    x += yield y
    yield from h()
    x = yield from h()
    return (yield)
    await_ = (yield x), 1

@decorator
def f(): pass
@a.b.c
@d(1, x=2)
@e[0]
@(lambda f: f)
class C(A, B, metaclass=M, *bases, **kw):
    x = 1

    def method(self): return self.x

    class Inner: pass
class D: pass
class E(): pass

async def f():
    await x
    await x.y(z) ** 2
    async for i in x:
        pass
    else:
        pass
    async with a as b, c: pass
    async with (a as b, c): pass
    return [i async for i in x if await y]
@dec
async def f(): pass
