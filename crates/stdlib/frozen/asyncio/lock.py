# A lock that is handed from task to task in the order they asked for it.

from . import core


class Lock:
    def __init__(self):
        # False: free, True: held; a task: it has been chosen to hold the lock and is about to run.
        self.state = False
        self.waiting = core.TaskQueue()

    def locked(self):
        return self.state is True

    def release(self):
        if self.state is not True:
            raise RuntimeError("Lock not acquired")
        self._pass_on()

    def _pass_on(self):
        self.state = False
        if self.waiting.peek():
            self.state = self.waiting.pop()
            core._task_queue.push(self.state)

    async def acquire(self):
        if self.state is not False:
            me = core.current_task()
            self.waiting.push(me)
            me.data = self.waiting
            try:
                yield
            except core.CancelledError:
                if self.state is me:
                    self._pass_on()
                raise
        self.state = True
        return True

    async def __aenter__(self):
        return await self.acquire()

    async def __aexit__(self, exc_type, exc, tb):
        self.release()
