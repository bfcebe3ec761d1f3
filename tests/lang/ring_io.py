# RingIO: a queue of bytes with the methods of a stream, also for tasks.
import asyncio
from micropython import RingIO

r = RingIO(8)
print(r.any(), r.read(), r.read(3), r.readline())
print(r.write(b"abc\nde"), r.any(), r.write(b"123"), r.any())
print(r.readline(), r.read(2), r.read())
print(r.write("text"), r.read())
buf = bytearray(3)
print(r.write(b"12345"), r.readinto(buf), buf, r.readinto(buf), buf)
print(r.write(b"0123456", 2), r.read(), r.write(b"0123456", 2, 3), r.read())
print(RingIO(bytearray(4)).write(b"12345"))
for bad in (0, -1, 1 << 16, bytearray(1), None):
    try:
        RingIO(bad)
        print("?")
    except (ValueError, TypeError) as e:
        print(type(e).__name__)
for i in range(50):
    r.write(b"abcde"[: i % 5 + 1])
    assert r.read(4) == b"abcde"[: min(i % 5 + 1, 4)]
    r.read()


async def reader(stream, name):
    while True:
        line = await stream.readline()
        print(name, line)
        if line == b"end\n":
            return name


async def main():
    ring = RingIO(6)
    stream = asyncio.StreamReader(ring)
    task = asyncio.create_task(reader(stream, "r"))
    await asyncio.sleep_ms(1)
    for part in (b"one", b"\ntw", b"o\n", b"end\n"):
        # Longer than the ring: drain waits until there is room.
        stream.write(part)
        await stream.drain()
        await asyncio.sleep_ms(1)
    print(await task)
    data = bytes(range(200))
    out = asyncio.StreamWriter(ring, {"peername": "ring"})
    out.write(data[:150])
    out.write(bytearray(data[150:]))

    async def collect():
        return await out.readexactly(200)

    task = asyncio.create_task(collect())
    await out.drain()
    print(await task == data, out.get_extra_info("peername"))
    out.write(b"xy")
    print(await out.read(10))
    try:
        await asyncio.wait_for_ms(out.read(1), 2)
    except asyncio.TimeoutError:
        print("nothing came")
    buf = bytearray(4)
    out.write(b"pq")
    print(await out.readinto(buf), buf)
    # Two that wait for the same: one gets it, the other waits on.
    a = asyncio.create_task(out.readexactly(1))
    b = asyncio.create_task(out.read(1))
    await asyncio.sleep_ms(1)
    out.write(b"1")
    await asyncio.sleep_ms(1)
    out.write(b"2")
    await asyncio.sleep_ms(1)
    print(a.done(), b.done())


asyncio.run(main())
