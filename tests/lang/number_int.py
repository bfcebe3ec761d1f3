# needs: f64
# Integers: floor division, shifts, powers, conversions, limits.
for a in (7, -7, 1 << 70, -(1 << 70)):
    for b in (3, -3, 1 << 65):
        print(a // b, a % b, divmod(a, b), a & b, a | b, a ^ b)
print(1 << 100 >> 98, -1 >> 1000, -(1 << 100) >> 98, ~(1 << 64))
print(2**64, (-3) ** 41, 0**0, 2**-2, (-2) ** 63 - 1)
print(pow(3, 200, 1000007), pow(3, -1, 7), pow(5, 3, -7))
print(1 << 62, (1 << 62) + (1 << 62), -(1 << 63), (1 << 63) - 1, 9223372036854775807 + 1)
print(10**30 / 10**28, (10**30 + 1) / 3, 1 / 3, -7 / 2)
print(int("0x1f", 16), int("0b101", 0), int("-0o17", 0), int(" 1_000 "), int("zz", 36), int(b"12"))
print(int(1e20), int(-2.9), int(True), int("9" * 25))
print(1 == 1.0, 2**53 + 1 == float(2**53), 10**30 > 1e29, hash(5) == hash(5.0), {1: "a", True: "b"})
print((1000).to_bytes(2, "big"), (-2).to_bytes(3, "little", signed=True), int.from_bytes(b"\x01\x00\xff", "big"))
print(int.from_bytes(b"\xff" * 10, "little"), round(1250, -2), round(-1350, -2), abs(-(2**70)))


def error(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


error(lambda: 1 // 0)
error(lambda: 1 << -1)
error(lambda: (256).to_bytes(1, "big"))
error(lambda: (-1).to_bytes(1, "big"))
error(lambda: int("12x"))
error(lambda: int("", 16))
error(lambda: int("1", 1))
error(lambda: int(float("nan")))
error(lambda: int(float("inf")))
error(lambda: int([]))
error(lambda: 1 << 10**20)


def out_of_memory(f):
    try:
        f()
        print("fits")
    except MemoryError:
        print("MemoryError")


out_of_memory(lambda: 1 << 10**12)
out_of_memory(lambda: 7 ** (10**15))
out_of_memory(lambda: (5).to_bytes(10**12, "big"))
out_of_memory(lambda: "%0*d" % (10**12, 5))


class Int(int):
    def twice(self):
        return Int(self * 2)


class Like:
    def __int__(self):
        return 42


print(Int(21).twice(), Int("7") + 1, Int(3) == 3, int(Like()), isinstance(Int(3), int))
