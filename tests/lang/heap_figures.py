# What gc and micropython say about the heap.
import gc
import micropython


class Ring:
    pass


def rings(n):
    for i in range(n):
        a, b = Ring(), Ring()
        a.b, b.a = b, a


# A large object shows in all figures, and its end in those for the present.
gc.collect()
used, free = gc.mem_alloc(), gc.mem_free()
current, peak, total = micropython.mem_current(), micropython.mem_peak(), micropython.mem_total()
print(current <= peak, current <= total, used > 0, free > 0)
big = bytearray(100000)
print(100000 <= gc.mem_alloc() - used < 103000, 100000 <= free - gc.mem_free() < 103000)
print(micropython.mem_current() - current >= 100000, micropython.mem_total() - total >= 100000)
del big
print(abs(gc.mem_alloc() - used) < 3000, micropython.mem_peak() >= used + 100000)
print(micropython.mem_total() - total >= 100000)

# Cycles: found when asked for, and how many objects they were.
gc.collect()
gc.disable()
print(gc.isenabled())
rings(100)
print(gc.collect() >= 200)
gc.enable()
print(gc.isenabled())

# A threshold: so many more bytes in use at most before they are looked for.
print(gc.threshold())
gc.threshold(64 * 1024)
print(gc.threshold())
before = gc.mem_alloc()
most = 0
for i in range(200):
    rings(10)
    most = max(most, gc.mem_alloc() - before)
print(most < 150 * 1024)
gc.threshold(-1)
print(gc.threshold())

# A full heap leaves a usable one.
kept = []
try:
    while True:
        kept.append(bytearray(50000))
except MemoryError as e:
    print(type(e).__name__, e)
kept = None
print(len(bytearray(50000)))

# Names that scripts bring are kept for good; a longer one than MicroPython's is none.
print(getattr(Ring, "x" * 255, None))
try:
    getattr(Ring, "x" * 256, None)
except RuntimeError as e:
    print(e)
