# The names inside asyncio that libraries build upon.
import asyncio
from asyncio import core

q = core.TaskQueue()
print(q.peek())


async def nothing():
    pass


tasks = [core.Task(nothing()) for _ in range(6)]
for t, key in zip(tasks, (30, 10, 20, 10, 50, 40)):
    q.push(t, key)
print(tasks.index(q.peek()), q.peek().ph_key)
q.remove(tasks[2])
print([tasks.index(q.pop()) for _ in range(3)])
q.push(tasks[2], (1 << 30) - 5)
print([tasks.index(q.pop()) for _ in range(3)], q.peek())
try:
    q.pop()
except IndexError:
    print("IndexError")
print(tasks[0].coro is not None, tasks[0].data, tasks[0].state, tasks[0].done())
try:
    q.push(5)
except TypeError:
    print("TypeError")


# A primitive with a queue of its own.
class Turnstile:
    def __init__(self):
        self.waiting = core.TaskQueue()

    def let_one_in(self):
        if self.waiting.peek():
            core._task_queue.push(self.waiting.pop())

    async def enter(self):
        self.waiting.push(core.cur_task)
        core.cur_task.data = self.waiting
        yield


# One that keeps its tasks elsewhere.
class Shelf:
    def __init__(self):
        self.tasks = []

    def remove(self, task):
        print("removed")
        self.tasks.remove(task)

    def __iter__(self):
        self.tasks.append(core.cur_task)
        core.cur_task.data = self
        yield


# An awaitable without a coroutine.
class Twice:
    def __init__(self):
        self.n = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 2:
            raise StopIteration("twice")
        self.n += 1
        core._task_queue.push(core.cur_task, core.ticks_add(core.ticks(), self.n))


async def visitor(name, gate):
    await gate.enter()
    print(name, "entered")


async def main():
    me = asyncio.current_task()
    print(me is core.cur_task, me.state, core._promote_to_task(me) is me)
    gate = Turnstile()
    for name in "abc":
        asyncio.create_task(visitor(name, gate))
    await asyncio.sleep_ms(1)
    for _ in range(4):
        gate.let_one_in()
        await asyncio.sleep_ms(0)
    shelf = Shelf()

    async def sit():
        await shelf

    t = asyncio.create_task(sit())
    await asyncio.sleep_ms(1)
    print(len(shelf.tasks))
    t.cancel()
    await asyncio.sleep_ms(1)
    print(len(shelf.tasks), t.done())
    print(await Twice())
    print(await core.sleep_ms(1, core.SingletonGenerator()))
    print(core.ticks_diff(core.ticks_add(5, 10), 5), core._io_queue.map)


asyncio.run(main())
print(core.cur_task)
print(issubclass(asyncio.CancelledError, Exception), issubclass(asyncio.TimeoutError, Exception))
