# uctypes: arrays, pointers, and memory by address.
import uctypes
from array import array
from uctypes import addressof, bytearray_at, bytes_at, sizeof, struct, ARRAY, PTR, LITTLE_ENDIAN

data = bytearray(b"0123456789abcdef")
at = addressof(data)
print(at == addressof(data), at % 8, addressof(memoryview(data)[3:]) - at)
print(bytes_at(at + 2, 3), bytearray_at(at, 4))

# A bytearray at an address shares the memory.
part = bytearray_at(at + 4, 4)
part[0] = ord("X")
part[1:3] = b"YZ"
print(data, part, len(part), part[-1], part[1:], bytes(part), isinstance(part, bytearray))
print(part == b"XYZ7", list(part), part + b"!", addressof(part) - at, part.decode())
data[7] = ord("!")
print(part)

# Other buffers have addresses as well.
numbers = array("H", [1, 2, 3])
print(uctypes.bytes_at(addressof(numbers), 6) == bytes(numbers), bytes_at(addressof(b"bytes"), 5), bytes_at(addressof("text"), 2))

# Arrays of scalars, bytes and structures.
desc = {
    "raw": (ARRAY | 0, uctypes.UINT8 | 4),
    "words": (ARRAY | 4, uctypes.UINT16 | 2),
    "points": (ARRAY | 8, 2, {"x": uctypes.UINT8 | 0, "y": uctypes.INT8 | 1}),
}
s = struct(at, desc, LITTLE_ENDIAN)
print(s.raw, type(s.raw), [hex(w) for w in (s.words[0], s.words[1])], s.points[1].x, sizeof(s.points))
s.words[1] = 0x4142
s.points[0].y = -1
s.raw[3] = 0
print(data, bytes(s)[:4], memoryview(s)[8], len(bytes(s)))
for bad in (2, -1):
    try:
        s.words[bad]
    except IndexError as e:
        print("IndexError", e)
try:
    del s.words[0]
except TypeError:
    print("TypeError")

# Pointers.
node = {"next": (PTR | 0, uctypes.UINT8), "to": (PTR | 0, {"first": uctypes.UINT8 | 0, "second": uctypes.UINT8 | 1})}
size = sizeof(node)
cell = bytearray((at + 1).to_bytes(size, "little"))
p = struct(addressof(cell), node)
print(int(p.next) == at + 1, p.next[0], p.next[1], p.to[0].second, p.to[1].first)
p.to[0].first = 7
print(data[1])

# A structure keeps its buffer alive, an address does not: only for a few temporaries.
s = struct(addressof(bytearray(b"temporary")), {"c": uctypes.UINT8 | 0})
filler = [bytearray(9) for _ in range(20)]
print(chr(s.c))
gone = addressof(bytearray(b"temporary"))
print(bytes_at(gone, 4))
for i in range(8):
    addressof(bytearray(4))


def fails(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, str(e).split("0x")[0])


fails(lambda: bytes_at(gone, 4))
fails(lambda: struct(gone, {"c": uctypes.UINT8 | 0}).c)
# Nothing is read beyond a buffer, or written to one that does not change.
fails(lambda: bytes_at(at + 12, 8))
fails(lambda: bytearray_at(at, 40)[20])
const = b"const"


def store(buffer, value):
    buffer[0] = value


fails(lambda: store(bytearray_at(addressof(const), 5), 1))
fails(lambda: setattr(struct(addressof(const), {"c": uctypes.UINT8 | 0}), "c", 1))
fails(lambda: struct(0, {"c": uctypes.UINT8 | 0}).c)
print(struct(0, {}), struct(0x10, (ARRAY | 0, uctypes.UINT8 | 1)), struct(0, (PTR | 0, uctypes.UINT8)), struct(0, []))
print([addressof(bytearray_at(1 << i, 8)) for i in range(4)])

# A buffer that grows gets a new place; many short-lived ones need no more room than a few.
grown = bytearray(8)
a = addressof(grown)
grown.extend(bytes(1000))
b = addressof(grown)
grown[0] = 5
print(bytes_at(b, 1))
places = set()
for i in range(3000):
    places.add(addressof(bytearray(16)))
print(len(places) > 0)

# struct reads a string where an address says it is.
import struct as packer

word = packer.pack("<S", addressof("a string"))
print(packer.unpack("<S", word), packer.unpack("S", packer.pack("S", addressof(b"cut\0off") + 1)))
try:
    packer.unpack("S", packer.pack("S", 3))
except ValueError as e:
    print(e)
