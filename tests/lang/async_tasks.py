# Tasks: order, results, failures, cancellation, waiting for several or not for ever.
import asyncio


async def count(name, n, ms):
    for i in range(n):
        print(name, i)
        await asyncio.sleep_ms(ms)
    return name * 2


async def fail(ms, exc):
    await asyncio.sleep_ms(ms)
    raise exc


async def forever(name):
    try:
        while True:
            await asyncio.sleep(10)
    except asyncio.CancelledError:
        print(name, "cancelled")
        raise
    finally:
        print(name, "left")


async def stubborn():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("not now")
    await asyncio.sleep_ms(1)
    return "late"


async def turns():
    print("-- turns")
    a = asyncio.create_task(count("a", 3, 0))
    b = asyncio.create_task(count("b", 2, 0))
    print("made", a.done(), b.done())
    print(await a, await b, a.done())
    # Awaited again, it gives its result again.
    print(await a)
    # Those that are due at the same time run in the order in which they were made.
    await asyncio.gather(*[count(str(i), 1, 5) for i in range(8)])


async def sleeping():
    print("-- sleeping")
    order = []

    async def sleeper(ms):
        await asyncio.sleep_ms(ms)
        order.append(ms)

    await asyncio.gather(*[sleeper(ms) for ms in (70, 10, 90, 50, 30)])
    print(order)
    print(await asyncio.sleep(0), await asyncio.sleep_ms(-5), await asyncio.sleep(0.001))
    pause = asyncio.sleep_ms(1)
    await asyncio.sleep_ms(0)
    await pause
    for bad in ("x", None):
        try:
            await asyncio.sleep_ms(bad)
        except TypeError:
            print("TypeError")
    try:
        await asyncio.sleep_ms(1 << 29)
    except OverflowError:
        print("OverflowError")


async def failing():
    print("-- failing")
    t = asyncio.create_task(fail(1, ValueError("one")))
    for _ in range(2):
        try:
            await t
        except ValueError as e:
            print(repr(e))
    loop = asyncio.get_event_loop()
    loop.set_exception_handler(lambda loop, c: print("handler", c["message"], repr(c["exception"]), type(c["future"])))
    print(loop.get_exception_handler() is None)
    asyncio.create_task(fail(0, KeyError(5)))
    await asyncio.sleep_ms(5)
    # Nothing is reported for one that is awaited in time, nor for a cancelled one.
    t = asyncio.create_task(fail(0, IndexError()))
    await asyncio.sleep_ms(0)
    try:
        await t
    except IndexError:
        print("in time")
    t = asyncio.create_task(forever("x"))
    await asyncio.sleep_ms(0)
    t.cancel()
    await asyncio.sleep_ms(5)
    loop.set_exception_handler(None)


async def cancelling():
    print("-- cancelling")
    t = asyncio.create_task(forever("t"))
    await asyncio.sleep_ms(0)
    print(t.cancel())
    try:
        await t
    except asyncio.CancelledError as e:
        print(repr(e), isinstance(e, Exception), t.done(), t.cancel())
    # Before it has begun, none of its code runs.
    t = asyncio.create_task(forever("never"))
    t.cancel()
    try:
        await t
    except asyncio.CancelledError:
        print("never began")
    # Whoever waits for a task hands the cancellation on to it.
    inner = asyncio.create_task(forever("inner"))

    async def wait():
        try:
            await inner
        finally:
            print("outer left")

    outer = asyncio.create_task(wait())
    await asyncio.sleep_ms(1)
    outer.cancel()
    await asyncio.sleep_ms(1)
    print(inner.done(), outer.done())
    t = asyncio.create_task(stubborn())
    await asyncio.sleep_ms(1)
    t.cancel()
    print(await t)
    try:
        asyncio.current_task().cancel()
    except RuntimeError as e:
        print(e)


async def gathering():
    print("-- gathering")
    print(await asyncio.gather())
    t = asyncio.create_task(count("t", 1, 0))
    await t
    print(await asyncio.gather(count("u", 1, 1), t))
    try:
        await asyncio.gather(count("v", 2, 5), fail(1, ValueError("v")))
    except ValueError as e:
        print(repr(e))
    await asyncio.sleep_ms(20)
    print(await asyncio.gather(count("w", 1, 5), fail(1, ValueError("w")), return_exceptions=True))
    t = asyncio.create_task(asyncio.gather(forever("g"), forever("h")))
    await asyncio.sleep_ms(1)
    t.cancel()
    try:
        await t
    except asyncio.CancelledError:
        print("gather cancelled")
    await asyncio.sleep_ms(1)


async def limited():
    print("-- limited")
    print(await asyncio.wait_for(count("a", 1, 1), 5))
    print(await asyncio.wait_for_ms(count("b", 1, 1), 5000))
    print(await asyncio.wait_for(count("c", 1, 1), None))
    try:
        await asyncio.wait_for(forever("slow"), 0.01)
    except asyncio.TimeoutError as e:
        print(repr(e))
    try:
        await asyncio.wait_for_ms(stubborn(), 10)
    except asyncio.TimeoutError as e:
        print(repr(e))
    try:
        await asyncio.wait_for_ms(fail(1, OSError(5)), 1000)
    except OSError as e:
        print(repr(e))
    t = asyncio.create_task(asyncio.wait_for(forever("held"), 10))
    await asyncio.sleep_ms(1)
    t.cancel()
    try:
        await t
    except asyncio.CancelledError:
        print("wait_for cancelled")
    await asyncio.sleep_ms(1)


async def main():
    for part in (turns, sleeping, failing, cancelling, gathering, limited):
        await part()
    return "end"


print(asyncio.run(main()))
try:
    asyncio.run(fail(0, ZeroDivisionError("out")))
except ZeroDivisionError as e:
    print(repr(e))
try:
    asyncio.current_task()
except RuntimeError as e:
    print(e)
try:
    asyncio.create_task(5)
except TypeError as e:
    print(e)
