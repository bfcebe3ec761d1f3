# Compressing and decompressing streams.
import deflate
import io


def pack(data, *args):
    b = io.BytesIO()
    with deflate.DeflateIO(b, *args) as d:
        print(d.write(data), end=" ")
    return b.getvalue()


def unpack(data, *args):
    try:
        with deflate.DeflateIO(io.BytesIO(data), *args) as d:
            return d.read()
    except (OSError, EOFError, ValueError) as e:
        return type(e).__name__


text = b"the quick brown fox, the quick brown dog\n" * 3
for form in (deflate.AUTO, deflate.RAW, deflate.ZLIB, deflate.GZIP):
    packed = pack(text, form, 9)
    print(len(packed), unpack(packed, form or deflate.RAW, 9) == text)
    print(unpack(packed) == text, unpack(packed[:-1], form or 1), unpack(packed, 3 - form or 1, 9) == text)

# Known streams, made by zlib with dynamic codes, stored blocks, and by gzip with a name and comment.
print(unpack(b"x\x9c\x05\xc1\x81\x01\x000\x04\x04\xb1\x95\\\x1f\xcfn\x86o\x82d\x06Qq\xc8\x9d\xc5X}<e\xb5g\x83\x0f\x89X\x07\xab"))
print(unpack(b"x\x01\x01\x05\x00\xfa\xffhello\x06,\x02\x15", deflate.ZLIB))
print(unpack(b"\x1f\x8b\x08\x18\0\0\0\0\0\3a.txt\0why\0\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\5\0\0\0"))

# The window limits how far matches reach, both ways.
far = b"0123456789" + bytes(300) + b"0123456789"
wide, narrow = pack(far, deflate.RAW, 9), pack(far, deflate.RAW, 5)
print(len(wide) < len(narrow), unpack(wide, deflate.RAW, 9) == far, unpack(wide, deflate.RAW, 5))

# Only what is needed is read; lines; into buffers.
source = io.BytesIO(pack(text, deflate.ZLIB) + b"behind")
d = deflate.DeflateIO(source)
print(source.tell(), d.read(3), d.readline(), d.readline(4), d.read(0))
buf = bytearray(6)
print(d.readinto(buf), buf, d.readinto(buf, 2), buf)
print(len(d.read()), d.read(), d.readline(), source.read())

# Closing: the stream below only when asked for.
for close in (False, True):
    b = io.BytesIO()
    d = deflate.DeflateIO(b, deflate.RAW, 0, close)
    d.write(b"x")
    d.close()
    d.close()
    try:
        d.write(b"y")
    except OSError as e:
        print(e.errno)
    try:
        print(b.getvalue())
    except ValueError:
        print("closed")


# Over streams written in Python, which see each piece and whose errors come through.
class Stream(io.IOBase):
    def __init__(self, data):
        self.data = data

    def readinto(self, buf):
        if not self.data:
            return 0
        buf[0] = self.data[0]
        self.data = self.data[1:]
        return 1

    def write(self, buf):
        print(bytes(buf), end=" ")
        return len(buf) if buf[0] != 0x4B else -5


print(deflate.DeflateIO(Stream(b"\xcbH\xcd\xc9\xc9\x07\0rest"), deflate.RAW).read())
try:
    deflate.DeflateIO(Stream(b""), deflate.ZLIB).write(b"a")
except OSError as e:
    print(e)
try:
    deflate.DeflateIO(Stream(b"\xcb"), deflate.RAW).read()
except EOFError as e:
    print(repr(e))
for args in ((b"", 4), (b"", 0, 4), (b"", 0, 16), ()):
    try:
        deflate.DeflateIO(*args)
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e.args[0] if args else "")
