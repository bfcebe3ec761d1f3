# What tasks wait for: events, locks, flags; and the loop's own functions.
import asyncio
import micropython


async def waiter(name, thing):
    print(name, "waits")
    print(name, await thing.wait())


async def events():
    print("-- events")
    e = asyncio.Event()
    print(e.is_set())
    tasks = [asyncio.create_task(waiter(n, e)) for n in "abc"]
    await asyncio.sleep_ms(1)
    tasks[1].cancel()
    e.set()
    print(e.is_set(), await e.wait())
    await asyncio.gather(*tasks, return_exceptions=True)
    e.clear()
    print(e.is_set())
    try:
        await asyncio.wait_for_ms(e.wait(), 5)
    except asyncio.TimeoutError:
        print("timeout")


async def user(name, lock, ms):
    async with lock:
        print(name, "in", lock.locked())
        await asyncio.sleep_ms(ms)
        print(name, "out")


async def locks():
    print("-- locks")
    lock = asyncio.Lock()
    print(lock.locked())
    try:
        lock.release()
    except RuntimeError as e:
        print(e)
    tasks = [asyncio.create_task(user(n, lock, 2)) for n in "abcd"]
    await asyncio.sleep_ms(1)
    # One that waits for the lock goes; the others keep their order.
    tasks[2].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    print([type(r).__name__ for r in results], lock.locked())
    # The one that is about to get it is cancelled: the next one gets it.
    await lock.acquire()
    tasks = [asyncio.create_task(user(n, lock, 0)) for n in "ef"]
    await asyncio.sleep_ms(1)
    lock.release()
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(lock.locked())


async def flags():
    print("-- flags")
    flag = asyncio.ThreadSafeFlag()
    t = asyncio.create_task(waiter("a", flag))
    await asyncio.sleep_ms(1)
    flag.set()
    await t
    flag.set()
    await waiter("b", flag)
    flag.set()
    flag.clear()
    t = asyncio.create_task(waiter("c", flag))
    await asyncio.sleep_ms(1)
    print(t.done())
    # Set while the loop has nothing to run at all.
    micropython.schedule(lambda flag: flag.set(), flag)
    await t

    class Mine(asyncio.ThreadSafeFlag):
        def __init__(self, name):
            super().__init__()
            self.name = name

    mine = Mine("m")
    t = asyncio.create_task(waiter(mine.name, mine))
    await asyncio.sleep_ms(1)
    mine.set()
    await t


class Channel:
    # A queue as libraries write it.
    def __init__(self):
        self.items = []
        self.filled = asyncio.Event()

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self.items:
            self.filled.clear()
            await self.filled.wait()
        item = self.items.pop(0)
        if item is None:
            raise StopAsyncIteration
        return item

    def put(self, item):
        self.items.append(item)
        self.filled.set()


async def channels():
    print("-- channels")
    c = Channel()

    async def produce():
        for item in ("x", "y", "z", None):
            c.put(item)
            await asyncio.sleep_ms(1)

    asyncio.create_task(produce())
    async for item in c:
        print(item)


async def main():
    await events()
    await locks()
    await flags()
    await channels()


asyncio.run(main())

print("-- loop")
loop = asyncio.new_event_loop()
print(loop is asyncio.get_event_loop())


async def ticker(n):
    for i in range(n):
        print("tick", i)
        await asyncio.sleep_ms(1)
    loop.stop()


loop.create_task(ticker(2))
loop.run_forever()
print("stopped")
print(loop.run_until_complete(asyncio.sleep_ms(0)) if False else loop.run_until_complete(ticker(1)))
loop.close()
