# What scripts of 2019 used besides (`--compat 1.11`). A bare `yield`, `yield` of milliseconds and of coroutines are
# understood by the loop itself.

from . import core
from .stream import Stream


def coroutine(function):
    return function


def ensure_future(coro, loop=None):
    return core.create_task(coro)


def cancel(coro):
    coro.pend_throw(core.CancelledError())


async def _call(ms, callback, args):
    await core.sleep_ms(ms)
    result = callback(*args)
    if hasattr(result, "send"):
        await result


def _call_later_ms(ms, callback, *args):
    # A coroutine stands for itself.
    core.create_task(callback if hasattr(callback, "send") else _call(ms, callback, args))


def _call_later(delay, callback, *args):
    _call_later_ms(int(delay * 1000), callback, *args)


def _call_soon(callback, *args):
    _call_later_ms(0, callback, *args)


async def _awriteiter(self, pieces):
    for piece in pieces:
        await self.awrite(piece)


core.Loop.time = staticmethod(core.ticks)
core.Loop.call_soon = staticmethod(_call_soon)
core.Loop.call_later = staticmethod(_call_later)
core.Loop.call_later_ms = staticmethod(_call_later_ms)
Stream.awriteiter = _awriteiter
