# uctypes: fields of structures in every layout.
import uctypes
from uctypes import addressof, struct, sizeof, LITTLE_ENDIAN, BIG_ENDIAN, NATIVE, BF_POS, BF_LEN

DESC = {
    "u8": uctypes.UINT8 | 0,
    "i8": uctypes.INT8 | 0,
    "u16": uctypes.UINT16 | 0,
    "i16": uctypes.INT16 | 2,
    "u32": uctypes.UINT32 | 4,
    "i32": uctypes.INT32 | 4,
    "u64": uctypes.UINT64 | 8,
    "i64": uctypes.INT64 | 8,
    "f32": uctypes.FLOAT32 | 16,
    "low": uctypes.BFUINT16 | 0 | 0 << BF_POS | 4 << BF_LEN,
    "mid": uctypes.BFUINT16 | 0 | 4 << BF_POS | 7 << BF_LEN,
    "top": uctypes.BFUINT32 | 4 | 31 << BF_POS | 1 << BF_LEN,
    "inner": (8, {"a": uctypes.UINT8 | 1, "b": (2, {"c": uctypes.INT16 | 0})}),
}
SCALARS = ("u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "low", "mid", "top")

for name in ("LITTLE_ENDIAN", "BIG_ENDIAN", "NATIVE"):
    data = bytearray(range(0xF0, 0x100)) + bytes(8)
    s = struct(addressof(data), DESC, getattr(uctypes, name))
    print(name, sizeof(s), [hex(getattr(s, f)) for f in SCALARS])
    print(s.inner.a, s.inner.b.c)
    s.u8 = 0x112
    s.i16 = -2
    s.u32 = -1
    s.top = 0
    s.i64 = -(1 << 63)
    s.f32 = -1.5
    s.mid = 0x55
    s.inner.b.c = 0x1234
    print(s.u8, s.i16, hex(s.u32), s.i64, s.f32, s.low, s.mid, hex(s.inner.b.c))
    if name != "NATIVE":
        print(data)

# What has no field, or no such type.
s = struct(addressof(bytearray(24)), DESC)


def fails(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)


fails(lambda: s.missing)
fails(lambda: setattr(s, "inner", 1))
fails(lambda: s["u8"])
fails(lambda: setattr(s, "u8", "text"))
fails(lambda: struct(addressof(data)))
fails(lambda: struct("address", DESC))
fails(lambda: hash(s))
fails(lambda: struct(addressof(data), {"x": "y"}).x)
fails(lambda: sizeof(3))
fails(lambda: sizeof({"x": (5,)}))
fails(lambda: addressof(5))

# Sizes.
print(sizeof({"a": uctypes.UINT8 | 0, "b": uctypes.UINT32 | 4}), sizeof({"a": uctypes.UINT32 | 0, "b": uctypes.UINT8 | 4}))
print(sizeof({"a": uctypes.UINT32 | 0, "b": uctypes.UINT8 | 4}, LITTLE_ENDIAN), sizeof({}))
print(sizeof((uctypes.ARRAY | 0, 3, {"x": uctypes.UINT16 | 0})), sizeof((uctypes.ARRAY | 0, uctypes.FLOAT64 | 4)))
print(sizeof(bytearray(7)))
print(uctypes.VOID == uctypes.UINT8, uctypes.SHORT == uctypes.INT16, uctypes.LONGLONG == uctypes.INT64)
