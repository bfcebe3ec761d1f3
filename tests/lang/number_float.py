# needs: f64
# Floats: text, arithmetic, comparison; complex numbers.
print(0.1, 1e15, 1e16, 1e22, 1e23, -0.0, 5.0, 1e-4, 1e-5, 123456789012345678.0, 0.1 + 0.2)
print(float("inf"), -float("inf"), float("nan"), 1e308 * 10, float(" 1_0.5 "), float("1E3"), float(b".5"))
print(7.5 // 2, -7.5 // 2, 7.5 % -2, -7.5 % 2, divmod(-7.5, 2), 1.0 % 0.1, 4.0 % -2.0)
print(10.0**-3, 2**0.5, 100**0.25, 2.5**3, 0.0**0, (-8.0) ** 3, 2.0**-1074 > 0)
print(round(2.5), round(3.5), round(-2.5), round(2.675, 2), round(1234.5, -2), round(1.5, 3))
print(1.5 < 2, 2 < 1.5, float("nan") == float("nan"), 0.0 == -0.0, 1e300 > 10**299, 0.5 == 1 / 2)
print("%.3f %e %g %G %.0f %5.1f| %-8.2f| %+.1f %08.3f" % (3.14159, 12345.678, 1e-7, 1e20, 1.5, 2.25, 1.5, 2.0, -1.5))
print("{:.2f} {:10.3e} {:g} {:%} {:+.1f} {:08.2f} {:>9} {:<9}|".format(2.5, 1234.5, 1e10, 0.25, 1.0, -3.5, 1.5, 1.5))
print("{:,} {:_} {:x} {:#X} {:#o} {:b} {:+d} {:^7} {:010,} {:_x}".format(1234567, 1234567, 255, 255, 8, 5, 3, 9, 1234, 65536))
print("%d %i %5d|%-5d|%05d %x %#x %o %+d % d %.3d %c" % (1.9, -3, 42, 42, 42, 255, 255, 8, 5, 5, 7, 65))
print(bool(0.0), bool(0.1), abs(-1.5), -1.5, +1.5, int(-1.5), hash(2.0) == hash(2))

z = 1 + 2j
print(z, z * z, z / (3 - 1j), z - 1, -z, abs(3 + 4j), z == 1 + 2j, z.real, z.imag, 2j * 0.5, z != 1)
print(complex("1+2j"), complex(1.5), complex(1, -2), complex("-j"), 1j**2 == -1, bool(0j))


def error(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


error(lambda: 1.0 / 0)
error(lambda: 1.0 // 0)
error(lambda: 1.0 % 0)
error(lambda: 0.0**-1)
error(lambda: 1j / 0)
error(lambda: 1j // 1)
error(lambda: 1j < 2)
error(lambda: float("1e"))
error(lambda: float([]))
error(lambda: complex("1+"))
error(lambda: 1.5 & 1)
error(lambda: "{:d}".format(1.5))
error(lambda: "{:s}".format(1))
error(lambda: "%d" % "a")
