# What grows with a script's input runs into the heap's limit as objects do, and leaves a usable VM.
import gc


def usable():
    gc.collect()
    print(len(bytearray(50000)))


def attempt(what, f):
    try:
        f()
        print(what, "done")
    except MemoryError as e:
        print(what, "MemoryError")


# As little is left as a small board has.
kept = []
free = gc.mem_free()
while gc.mem_free() > 400000:
    kept.append(bytearray(100000))

# Texts in the making.
row = ["x" * 50] * 10000
attempt("repr", lambda: repr(row))
attempt("%", lambda: "%s" % (row,))
attempt("format", lambda: "{}".format(row))
attempt("f-string", lambda: f"{row}")
attempt("join", lambda: ", ".join(row))
attempt("repeat", lambda: "abc" * 1000000)
row = None
usable()

# Source that is too large to compile, in one statement and in many.
attempt("one statement", lambda: exec("x = [" + "1, " * 10000 + "]"))
attempt("many functions", lambda: exec("def f(a): return a + 1\n" * 6000))
attempt("small source", lambda: exec("x = [" + "1, " * 10 + "]"))
usable()


# Attributes of many names.
class Thing:
    pass


def names():
    thing = Thing()
    for i in range(100000):
        setattr(thing, "name%d" % i, i)


attempt("names", names)
kept = None
usable()
