# Shapes, formats and blits of framebuf.FrameBuffer.
import framebuf
from array import array


def show(fb, w, h):
    for y in range(h):
        print("".join(".123456789abcdef"[fb.pixel(x, y) & 15] for x in range(w)))


fb = framebuf.FrameBuffer(bytearray(24 * 16), 24, 16, framebuf.GS8)
fb.rect(0, 0, 24, 16, 1)
fb.rect(2, 2, 5, 4, 2, True)
fb.line(22, 1, 1, 14, 3)
fb.line(-50, 8, 80, 10, 4)
fb.ellipse(16, 8, 6, 4, 5)
fb.ellipse(16, 8, 3, 2, 6, True, 0b0101)
fb.poly(1, 6, array("h", [0, 0, 9, 2, 3, 4, 7, 8, 0, 8]), 7, True)
fb.poly(12, 1, array("b", [0, 0, 4, 0, 2, 3, 1]), 8)
show(fb, 24, 16)
fb.scroll(-3, 5)
show(fb, 24, 16)

# Every format keeps what its pixels can hold, and clips at its sides.
for fmt in ("MONO_VLSB", "MONO_HLSB", "MONO_HMSB", "GS2_HMSB", "GS4_HMSB", "GS8", "RGB565"):
    buf = bytearray(72)
    fb = framebuf.FrameBuffer(buf, 10, 3, getattr(framebuf, fmt), 12)
    fb.fill(0x1E5)
    fb.fill_rect(-3, 1, 9, 9, 0)
    fb.pixel(1, 2, 0xFFFF)
    fb.hline(4, 0, 50, 0)
    fb.vline(9, -4, 6, 3)
    print(fmt, [fb.pixel(x, 2) for x in range(-1, 11)], fb.pixel(9, 1), bytes(buf[:30]))

# Blitting: other formats through a palette, a transparent colour, tuples, itself.
mono = framebuf.FrameBuffer(bytearray(3), 8, 3, framebuf.MONO_HLSB)
mono.line(0, 0, 7, 2, 1)
colours = framebuf.FrameBuffer(bytearray((3, 9)), 2, 1, framebuf.GS8)
data = bytearray(80)
fb = framebuf.FrameBuffer(data, 10, 8, framebuf.GS8)
fb.blit(mono, 1, 1, -1, colours)
fb.blit(mono, 4, 4, 3, colours)
fb.blit((b"\x05\x06\x00\x07", 2, 2, framebuf.GS8), -1, 0)
fb.blit([b"\x05\x06\xee\x00\x07", 2, 2, framebuf.GS8, 3], 9, 7)
fb.blit(fb, 3, 5)
show(fb, 10, 8)
for bad in ((0, 0, 0), (b"", 1, 1, framebuf.GS8), (b"1", 1, 1, 99), None, 5):
    try:
        fb.blit(bad, 0, 0)
    except (ValueError, TypeError) as e:
        print(type(e).__name__)

# It shows its buffer.
print(memoryview(fb)[11], len(memoryview(fb)), bytes(fb) == data)
memoryview(fb)[0] = 77
print(data[0], fb.pixel(0, 0))


# Derived from, with an __init__ that makes the buffer.
class Screen(framebuf.FrameBuffer):
    def __init__(self, *, side):
        self.side = side
        super().__init__(bytearray(side * side * 2), side, side, framebuf.RGB565)

    def cross(self, c):
        self.line(0, 0, self.side - 1, self.side - 1, c)
        self.line(self.side - 1, 0, 0, self.side - 1, c)


screen = Screen(side=3)
screen.cross(0x1234)
print([screen.pixel(x, y) for y in range(3) for x in range(3)], len(bytes(screen)))

# What does not fit.
for args in (
    (bytearray(9), 8, 8, framebuf.GS8),
    (bytearray(9), 0, 8, framebuf.GS8),
    (bytearray(9), 3, 3, framebuf.GS8, 2),
    (bytearray(9), 3, 3, 7),
    (b"123456789", 3, 3, framebuf.GS8),
    (bytearray(9), 3),
):
    try:
        framebuf.FrameBuffer(*args)
    except (ValueError, TypeError) as e:
        print(type(e).__name__)
old = framebuf.FrameBuffer1(bytearray(8), 8, 8)
old.pixel(2, 3, 1)
print(bytes(old), framebuf.MVLSB == framebuf.MONO_VLSB)

# Text: cells of 8 by 8, clipped at the sides.
fb = framebuf.FrameBuffer(bytearray(8 * 18), 18, 8, framebuf.GS8)
fb.text("h", 1, 0, 3)
fb.text("\x7f", 14, 2)
show(fb, 18, 8)
