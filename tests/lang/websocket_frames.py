# Frames of RFC 6455 over streams.
import io
import websocket


def frame(first, data, mask=None):
    n = len(data)
    head = bytes((first, (0x80 if mask else 0) | (n if n < 126 else 126)))
    if n >= 126:
        head += n.to_bytes(2, "big")
    if mask:
        data = bytes(b ^ mask[i & 3] for i, b in enumerate(data))
    return head + (mask or b"") + data


def reader(*frames):
    return websocket.websocket(io.BytesIO(b"".join(frames)))


# One message in several frames, control frames between them, masks, sizes.
ws = reader(
    frame(0x01, b"hello "),
    frame(0x89, b"ping!"),
    frame(0x00, b"wide ", b"mask"),
    frame(0x80, b""),
    frame(0x82, b"world\nline two", b"\1\2\3\4"),
)
print(ws.read(3), ws.ioctl(8), ws.read(9), ws.readline(), ws.ioctl(8))
buf = bytearray(6)
print(ws.readinto(buf), buf, ws.readinto(buf, 1), buf, ws.read(), ws.read())
long = bytes(range(256)) * 3
print(reader(frame(0x81, long, b"abcd")).read() == long)

# Writing: text or what ioctl asks for; short and long ones.
out = io.BytesIO()
ws = websocket.websocket(out)
print(ws.write("hi"), ws.ioctl(9, 2), ws.write(b"\0\xff"), ws.write(b"abcdef", 2, 3), ws.ioctl(9, 1))
print(ws.write(bytes(125)), ws.write(bytes(126)))
print(out.getvalue()[:20], out.getvalue()[13:15], out.getvalue()[140:145])

# A close frame is answered and reads as the end.
both = io.BytesIO(frame(0x81, b"x") + frame(0x88, b"\3\xe8") + b"????")
ws = websocket.websocket(both)
print(ws.read(), both.getvalue())

for action in (
    lambda: ws.ioctl(77),
    lambda: ws.write(bytes(65536)),
    lambda: reader(b"\x81\x7f\0\0\0\0\0\0\0\1x").read(1),
    lambda: websocket.websocket(5),
):
    try:
        print(action())
    except OSError as e:
        print(e.errno)


class Stream(io.IOBase):
    def write(self, buf):
        print("write", bytes(buf))
        return min(3, len(buf))

    def readinto(self, buf):
        return None

    def setblocking(self, on):
        print("setblocking", on)

    def ioctl(self, request, argument):
        print("ioctl", request)
        return 0


ws = websocket.websocket(Stream(), True)
print(ws.write("hello"), ws.read(3))
ws.close()
