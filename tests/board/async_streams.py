# virtual time
# asyncio over sockets: a server, its clients, time-outs, and what goes wrong.
import asyncio
import errno

PORT = 8160


async def upper(reader, writer):
    print("from", type(writer.get_extra_info("peername")).__name__)
    while True:
        line = await reader.readline()
        if not line:
            break
        writer.write(line.upper())
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def ask(words):
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    answers = []
    for word in words:
        writer.write(word + b"\n")
        await writer.drain()
        answers.append(await reader.readline())
        await asyncio.sleep_ms(5)
    writer.close()
    await writer.wait_closed()
    return answers


async def several():
    print("-- several clients")
    async with await asyncio.start_server(upper, "0.0.0.0", PORT) as server:
        for answers in await asyncio.gather(*[ask([b"a%d" % i, b"b%d" % i]) for i in range(3)]):
            print(answers)
    print(server.task.done())


async def long(reader, writer):
    data = bytes(range(256)) * 400
    writer.write(data[:1000])
    writer.write(memoryview(data)[1000:2000])
    writer.write(bytearray(data[2000:3000]))
    writer.write(data[3000:])
    writer.write(b"")
    await writer.drain()
    await writer.wait_closed()


async def reading():
    print("-- ways to read")
    server = await asyncio.start_server(long, "0.0.0.0", PORT)
    want = bytes(range(256)) * 400
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    head = await reader.readexactly(5000)
    part = await reader.read(100)
    buf = bytearray(300)
    n = await reader.readinto(buf)
    rest = await reader.read()
    print(len(head), 0 < len(part) <= 100, 0 < n <= 300, head + part + buf[:n] + rest == want)
    print(await reader.read(5), await reader.read(), await reader.readline())
    try:
        await reader.readexactly(1)
    except EOFError:
        print("EOFError")
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()


async def silent(reader, writer):
    try:
        await asyncio.sleep(100)
    finally:
        await writer.wait_closed()


async def failing():
    print("-- going wrong")
    server = await asyncio.start_server(silent, "0.0.0.0", PORT)
    try:
        await asyncio.start_server(silent, "0.0.0.0", PORT)
    except OSError as e:
        print(errno.errorcode[e.errno])
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    try:
        await asyncio.wait_for_ms(reader.read(1), 50)
    except asyncio.TimeoutError:
        print("nothing to read")
    # Nobody reads: the buffers fill up, and drain waits.
    try:
        writer.write(bytes(1000000))
        await asyncio.wait_for_ms(writer.drain(), 50)
    except asyncio.TimeoutError:
        print("nobody reads")
    # Cancelled while it waits for the socket.
    task = asyncio.create_task(reader.read(1))
    await asyncio.sleep_ms(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")
    # One task reads and one writes on the same stream.
    task = asyncio.create_task(reader.read(1))
    await asyncio.sleep_ms(1)
    await writer.wait_closed()
    try:
        await task
    except OSError as e:
        print(errno.errorcode[e.errno])
    server.close()
    await server.wait_closed()
    try:
        await asyncio.open_connection("127.0.0.1", PORT)
    except OSError as e:
        print(errno.errorcode[e.errno])
    try:
        await asyncio.open_connection("no.such.host", PORT)
    except OSError as e:
        print("no such host")


async def main():
    await several()
    await reading()
    await failing()


asyncio.run(main())
