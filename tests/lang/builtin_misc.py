# Built-in functions that are not about iteration.
print(abs(-3), abs(2.5), abs(-(1 << 70)), abs(True))
print(bin(10), bin(-5), oct(64), hex(255), hex(-(1 << 64)), bin(0))
print(chr(65), chr(0x20AC), ord("a"), ord("€"), ord(b"x"))
for f in (lambda: chr(0x110000), lambda: chr(-1), lambda: ord("ab"), lambda: ord(""), lambda: ord(5), lambda: hex("a")):
    try:
        f()
    except (ValueError, TypeError) as e:
        print(type(e).__name__)
print(divmod(7, 3), divmod(-7, 3), divmod(7.5, 2), divmod(1 << 70, 1000))
print(pow(2, 10), pow(2, -1), pow(3, 200, 13), pow(-2, 3, 5), pow(2, 3, -5), pow(7, 1 << 70, 11))
print(round(2.5), round(3.5), round(-0.5), round(2.675, 2), round(1234, -2), round(1250, -2), round(7), round(1e3, 1))
print(callable(print), callable(int), callable(5), callable(lambda: 0), callable("a".upper))


class A:
    x = 1

    def __call__(self):
        return "called"

    def __len__(self):
        return 5

    def __repr__(self):
        return "A()"


class B(A):
    pass


b = B()
print(callable(b), b(), len(b), repr(b), str(b), [b])
print(isinstance(b, A), isinstance(b, (int, A)), issubclass(B, A), issubclass(B, (int, str)), isinstance(5, object))
print(isinstance("a", str), isinstance(None, type(None)))
try:
    isinstance(1, 2)
except TypeError:
    print("TypeError")
print(getattr(b, "x"), getattr(b, "y", "none"), hasattr(b, "x"), hasattr(b, "y"))
setattr(b, "y", 2)
print(b.y, hasattr(b, "y"))
delattr(b, "y")
print(hasattr(b, "y"))
try:
    getattr(b, "y")
except AttributeError:
    print("AttributeError")
print("x" in dir(b), "append" in dir([]), "A" in dir())
print(hash(5) == hash(5.0), hash("a") == hash("a"), hash((1, 2)) == hash((1, 2)), hash(True))
print(id(b) == id(b), id(b) == id(A()))
print(int("ff", 16), float("1.5"), str(5), bool(""), bytes(2), tuple("ab"))
print(type(5), type([]), type(None), type(print("", end="")).__name__)
print(1, 2, sep="-", end="!\n")
print("a", None, True, 1.0, [1, "x"], sep="\n")
print()
try:
    print(1, wrong=2)
except TypeError:
    print("TypeError")


class Out:
    def __init__(self):
        self.text = ""

    def write(self, s):
        self.text += s
        return len(s)


o = Out()
print("to", "file", file=o)
print(repr(o.text))
print(eval("1 + 2"), eval("x * 2", {"x": 21}))
exec("y = 5")
print(y, "y" in globals())
s = slice(1, 10, 2)
print(s, s.start, s.stop, s.step, s.indices(6), slice(3) == slice(None, 3, None))
print(Ellipsis, ..., NotImplemented)
