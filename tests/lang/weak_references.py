# References that do not keep their object, and finalizers: they hear of its end at gc.collect() at the latest.
import gc
import weakref


class Node:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return "<node {}>".format(self.name)


def show(*args, **kw):
    print("gone:", args, sorted(kw.items()))


# A reference gives the object as long as something else holds it.
n = Node("a")
r = weakref.ref(n)
print(r(), r() is n)
keep = r()
n = None
gc.collect()
print(r())
keep = None
gc.collect()
print(r())

# The callback gets the reference.
n = Node("b")
r = weakref.ref(n, lambda ref: print("callback", ref is r, ref()))
n = None
gc.collect()
print("after")

# A reference nobody holds is silent.
n = Node("c")
weakref.ref(n, lambda ref: print("never"))
n = None
gc.collect()

# Finalizers live by themselves.
n = Node("d")
weakref.finalize(n, show, 1, 2, key=3)
n = None
gc.collect()

# Called, detached and looked at.
n = Node("e")
f = weakref.finalize(n, lambda x: x * 2, 21)
print(f.alive, f.peek()[0] is n, f.peek()[2:])
print(f(), f.alive, f(), f.peek(), f.detach())
f = weakref.finalize(n, show, "detached")
print(f.detach()[2], f.alive)
n = None
gc.collect()

# A cycle goes as a whole, and each of its parts tells.
a, b = Node("f"), Node("g")
a.other, b.other = b, a
ra, rb = weakref.ref(a), weakref.ref(b)
weakref.finalize(a, show, "f")
del a, b
gc.collect()
print(ra(), rb())

# Finalizers come before callbacks, the youngest first.
n = Node("h")
r1 = weakref.ref(n, lambda _: print("ref 1"))
weakref.finalize(n, print, "finalize 1")
r2 = weakref.ref(n, lambda _: print("ref 2"))
weakref.finalize(n, print, "finalize 2")
n = None
gc.collect()

# A new object in the old place is another object.
refs = []
for i in range(50):
    refs.append(weakref.ref(Node(i)))
others = [Node(i) for i in range(50)]
print(all(r() is None for r in refs))

# What lives in no heap cannot be watched.
for v in (None, True, 1, "", ()):
    try:
        weakref.ref(v)
        print("watched", v)
    except TypeError as e:
        print("TypeError", e)
try:
    weakref.ref()
except TypeError:
    print("TypeError")

# Without gc.collect(): within a while.
done = []
n = Node("i")
weakref.finalize(n, done.append, 1)
n = None
while not done:
    pass
print(done)

# An object that comes back to life in its own finalizer cannot: it is gone before.
n = Node("j")
r = weakref.ref(n)
weakref.finalize(n, lambda: print("ref is", r()))
n = None
gc.collect()
