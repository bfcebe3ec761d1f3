# async def, await, async for, async with, asynchronous comprehensions.
class Pause:
    def __init__(self, v):
        self.v = v

    def __await__(self):
        got = yield self.v
        return (self.v, got)


class Numbers:
    def __init__(self, n):
        self.i = 0
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.i == self.n:
            raise StopAsyncIteration
        self.i += 1
        await Pause("step")
        return self.i


class Lock:
    async def __aenter__(self):
        await Pause("enter")
        return "locked"

    async def __aexit__(self, typ, exc, tb):
        await Pause("exit")
        return typ is KeyError


async def child(v):
    return await Pause(v), v


async def main(log):
    log.append(await child(5))
    async for n in Numbers(4):
        if n == 2:
            continue
        if n == 4:
            break
        log.append(n)
    else:
        log.append("not here")
    async for a, b in Pairs():
        log.append(a + b)
    else:
        log.append("else")
    async with Lock() as name, Lock():
        log.append(name)
    async with Lock():
        raise KeyError
    log.append([i * 2 async for i in Numbers(2)])
    log.append({i: await child(i) for i in range(2)})
    log.append([i async for i in Numbers(3) if i != 2 for _ in range(2)])
    try:
        async for n in Numbers(2):
            raise ValueError(n)
    except ValueError as e:
        log.append(e.args)
    for i in range(2):
        async with Lock():
            if i:
                return "left"
            continue


class Pairs:
    def __init__(self):
        self.items = iter([(1, 2), (3, 4)])

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return next(self.items)
        except StopIteration:
            raise StopAsyncIteration


log = []
task = main(log)
sent = []
value = None
while True:
    try:
        sent.append(task.send(value))
        value = len(sent)
    except StopIteration as e:
        print(e.value)
        break
print(log)
print(len(sent), sent[:4])
