# Packages that are built in are found by way of `.frozen`, under their new and old names.
import sys

print(".frozen" in sys.path)
import asyncio

print(asyncio.__name__, asyncio.__file__, asyncio.__path__)
import asyncio.core

print(asyncio.core.__file__, sys.modules["asyncio.core"] is asyncio.core)
from asyncio.event import Event

print(asyncio.Event is Event)
from asyncio import Lock, gather as g

print(Lock.__name__, g is asyncio.gather)
try:
    asyncio.nothing_of_the_kind
except AttributeError as e:
    print("AttributeError")
try:
    from asyncio import nothing_of_the_kind
except ImportError as e:
    print(e)
try:
    import asyncio.nothing_of_the_kind
except ImportError as e:
    print(e)
import uasyncio

print(uasyncio.sleep_ms is asyncio.sleep_ms, uasyncio.StreamReader is asyncio.StreamReader)

# Without the entry there are none.
for name in list(sys.modules):
    if "asyncio" in name:
        del sys.modules[name]
sys.path.remove(".frozen")
try:
    import asyncio
except ImportError as e:
    print(e)
sys.path.append(".frozen")
import asyncio

print(asyncio.run(asyncio.wait_for(asyncio.Event().wait(), None)) if False else asyncio.Lock().locked())
