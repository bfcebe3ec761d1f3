# bytearray, memoryview, array.
from array import array
b = bytearray(b"hello")
b[0] = 74
b.append(33)
b.extend(b"??")
b.extend([1, 2])
b += b"."
print(b, len(b), b[1:3], b[-1], b.find(b"l"))
b[1:4] = b"EL"
b[len(b):] = b"end"
del b[0]
del b[1:3]
print(b, b[::-1], b + b"x", b * 2 == b + b)
b[:] = b
b.extend(b)
print(len(b), bytearray(3), bytearray([1, 2]), bytearray("é", "utf-8"))
m = memoryview(b)
m[0] = 65
m[1:3] = b"yz"
n = m[1:-1]
n[0] = 66
print(b[:4], len(n), bytes(n[:3]), n[:2] == b"Bz", m.hex()[:6], m.itemsize)
a = array("h", [1, -2, 300])
a.append(4)
a.extend(array("h", [5]))
a[0] = 9
print(a, len(a), a[1], a[1:3], list(memoryview(a)[3:]), sum(a), a == array("h", a), a[0] < a[1])
print(array("B", b"ab"), array("d", [0.5]), array("Q", [2**64 - 1]), array("i"), array("f", [0.5])[0] == 0.5)
a[1:2] = array("h", [7, 8])
a += array("h", [6])
print(a, bytes(array("H", [1])) in (b"\x01\x00", b"\x00\x01"), 300 in a)
for f in (
    lambda: bytearray(-1), lambda: array("z"), lambda: memoryview(1),
    lambda: bytearray(2)[2], lambda: array("h", ["a"]), lambda: bytearray(1 << 60), lambda: {bytearray(): 1},
):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
def change():
    m[0:2] = b"abc"
try:
    change()
except ValueError:
    print("sizes differ")
try:
    memoryview(b"ab")[0] = 1
except TypeError:
    print("read-only")
