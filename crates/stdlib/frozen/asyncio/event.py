# Events: what tasks wait for until it is set.

from _asyncio import Flag
from . import core


class Event:
    def __init__(self):
        self.state = False
        self.waiting = core.TaskQueue()

    def is_set(self):
        return self.state

    def set(self):
        self.state = True
        waiting = self.waiting
        while waiting.peek():
            core._task_queue.push(waiting.pop())

    def clear(self):
        self.state = False

    async def wait(self):
        if not self.state:
            me = core.current_task()
            self.waiting.push(me)
            me.data = self.waiting
            yield
        return True


# Unlike an event it may be set by other threads and by scheduled functions, and a wait clears it.
class ThreadSafeFlag(Flag):
    async def wait(self):
        if not self.is_set():
            yield core._io_queue.queue_read(self)
        self.clear()
