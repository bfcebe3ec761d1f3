# needs: f64
# math, cmath, random, struct.
import cmath
import math
import random
import struct

print(math.sqrt(2), math.floor(-1.5), math.ceil(1.2), math.trunc(-1.7), math.floor(10**20), math.exp(1) == math.e)
print(math.factorial(25), math.gamma(5), math.isclose(1, 1 + 1e-10), math.isclose(1, 1.1, rel_tol=0.2))
print(math.modf(-1.5), math.frexp(10.0), math.ldexp(0.5, 4), math.fmod(-7, 3), math.copysign(1, -0.0))
print("%.6f %.6f %.6f" % (math.erf(0.5), math.lgamma(10), math.atan2(1, -1)), math.log(8, 2), math.log2(8), math.log10(1000))
print(math.isnan(math.nan), math.isinf(math.inf), math.isfinite(1.0), math.degrees(math.pi), math.radians(180) == math.pi)
for f in (lambda: math.sqrt(-1), lambda: math.log(0), lambda: math.gamma(-1), lambda: math.exp(1000), lambda: math.log(2, 1)):
    try:
        print(f())
    except (ValueError, ZeroDivisionError) as e:
        print(type(e).__name__, e)
print(cmath.polar(1j), cmath.phase(-1), "%.4f" % cmath.exp(1j).real, "%.4f" % cmath.sqrt(-4).imag)

random.seed(1)
print([random.getrandbits(32) for _ in range(4)])
random.seed(5)
print([random.randint(1, 6) for _ in range(8)], random.random(), random.randrange(0, 100, 7), random.choice("abc"))
print(all(0 <= random.random() < 1 and 2 <= random.uniform(2, 3) <= 3 for _ in range(100)))
for f in (lambda: random.randint(2, 1), lambda: random.randrange(0), lambda: random.choice([]), lambda: random.getrandbits(33)):
    try:
        print(f())
    except (ValueError, IndexError) as e:
        print(type(e).__name__, e)

print(struct.pack("<bBhHiIqQ", -1, 255, -2, 65535, -3, 7, -4, 2**64 - 1))
print(struct.pack(">hIfd", 1, 2, 1.5, -2.5), struct.pack("<e", 0.1), struct.calcsize("<bhiq"), struct.calcsize("bhiq"))
print(struct.unpack("<bBhiq", b"\xff\xff\xfe\xff\x03\x00\x00\x80" + b"\xfc" + b"\xff" * 7))
print(struct.unpack(">3sx2h", b"abc\x00\x00\x01\xff\xff"), struct.unpack_from("<H", b"\x00\x01\x02\x03", -2))
buf = bytearray(6)
struct.pack_into("<HH", buf, 1, 0x1234, 0x5678)
print(buf, struct.unpack_from("<H", memoryview(buf), 1))
for f in (lambda: struct.pack("z", 1), lambda: struct.unpack("<I", b"abc"), lambda: struct.pack_into("<I", buf, 3, 1), lambda: struct.pack("<h", "a")):
    try:
        print(f())
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
