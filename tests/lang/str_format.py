# str.format, f-strings, the % operator.
print("{} {} {}".format(1, "a", None), "{1} {0}".format("a", "b"), "{x}-{y}".format(x=1, y=2), "{{}}".format())
print("{1[0]} {2[k]} {0.x}".format(type("T", (), {"x": 3}), [7, 8], {"k": 9}))
print("[{:>5}] [{:<5}] [{:^5}] [{:*^7}] [{:05d}] [{:+}] [{: }]".format("a", "b", "c", "d", -42, 5, 6))
print("{:x} {:X} {:#x} {:b} {:o} {:c} {:,} {:_}".format(255, 255, 255, 5, 8, 65, 1234567, 1234567))
print("{:.2f} {:e} {:g} {:.3g} {:%} {:10.1f}|".format(3.14159, 12345.678, 0.1, 1234.5, 0.25, 2.5))
print("{:{w}.{p}}|{:{}}|".format("abcdef", "x", 4, w=8, p=3))
print("{!r} {!s} {!r:>6}".format("a", "a", "b"))
width, name, pi = 8, "é", 3.14159
print(f"{name:>{width}}|{pi:.3f}|{pi!r}|{1 + 1}|{{}}|{name!r}")
print("%d %5d|%-5d|%05d|%+d|%x|%X|%#x|%o" % (1, 2, 3, -4, 5, 255, 255, 255, 8))
print("%s %r %5s|%-5s|%.2s|%c%c|%%" % ("a", "b", "c", "d", "efg", 65, "Z"))
print("%f %.1f %e %g %8.3f|" % (1.5, 2.25, 1234.5, 0.0001, 3.14159))
print("%(a)s-%(b)03d" % {"a": 1, "b": 2}, "%s" % (1,), "%s" % [1, 2], "%*d|%-*d|%.*f" % (5, 1, 4, 2, 2, 1.239))
print(b"%s:%d" % (b"\xff", 5), b"%5s|%-4s|" % (b"ab", b"c"))
class P:
    def __format__(self, spec):
        return "<" + spec + ">"
    def __str__(self):
        return "P!"
print("{:abc} {}".format(P(), P()), f"{P():x}", "%s" % P())
class E(ValueError):
    pass
print("%s %r {} {!r}".format(E(1), E(2)) % (E(3), E(4)))
for f in (
    lambda: "{}".format(), lambda: "{} {0}".format(1, 2), lambda: "{".format(), lambda: "}".format(), lambda: "{a}".format(),
    lambda: "{:d}".format("a"), lambda: "{:s}".format(1), lambda: "{!x}".format(1), lambda: "{:5}".format([1]),
    lambda: "%d" % "a", lambda: "%d" % (1, 2), lambda: "%d %d" % 1, lambda: "%(a)s" % 1, lambda: "%(a)s" % {}, lambda: "%z" % 1,
    lambda: "%" % 1, lambda: "%c" % "ab", lambda: "{:99999999999999}".format(1), lambda: "%99999999999999d" % 1,
):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
