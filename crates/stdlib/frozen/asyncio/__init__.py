# asyncio: tasks that take turns (docs: library/asyncio). What is not in `core` is loaded when it is first used.

from .core import *

__version__ = (3, 0, 0)

_PARTS = {
    "gather": "funcs",
    "wait_for": "funcs",
    "wait_for_ms": "funcs",
    "Event": "event",
    "ThreadSafeFlag": "event",
    "Lock": "lock",
    "Stream": "stream",
    "StreamReader": "stream",
    "StreamWriter": "stream",
    "Server": "stream",
    "open_connection": "stream",
    "start_server": "stream",
}

if core.compat_1_11:
    from .legacy import *


def __getattr__(name):
    if name not in _PARTS:
        raise AttributeError(name)
    part = __import__(_PARTS[name], globals(), None, (name,), 1)
    value = globals()[name] = getattr(part, name)
    return value
