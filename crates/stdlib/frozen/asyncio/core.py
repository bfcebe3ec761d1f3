# The loop. Tasks, their queues and the loop itself are native (`_asyncio`); they share this module's globals
# `cur_task`, `_task_queue` and `_io_queue`, which other libraries use, too.

import sys
from _asyncio import (
    CancelledError,
    IOQueue,
    SingletonGenerator,
    Task,
    TaskQueue,
    TimeoutError,
    attach,
    compat_1_11,
    run_tasks as run_until_complete_native,
    sleep,
    sleep_ms,
    ticks,
    ticks_add,
    ticks_diff,
)

cur_task = None
_stop_task = None


def create_task(coro):
    if not hasattr(coro, "send"):
        raise TypeError("coroutine expected")
    task = Task(coro)
    _task_queue.push(task)
    return task


def _promote_to_task(aw):
    return aw if isinstance(aw, Task) else create_task(aw)


def current_task():
    if cur_task is None:
        raise RuntimeError("no running event loop")
    return cur_task


def run_until_complete(main_task=None):
    return run_until_complete_native(main_task)


def run(coro):
    return run_until_complete(create_task(coro))


async def _stopped():
    pass


# There is one loop, and the class itself is it.
class Loop:
    _exc_handler = None

    @staticmethod
    def create_task(coro):
        return create_task(coro)

    @staticmethod
    def run_until_complete(aw):
        return run_until_complete(_promote_to_task(aw))

    @staticmethod
    def run_forever():
        # Runs until this task is queued, which `stop` does.
        global _stop_task
        _stop_task = Task(_stopped())
        run_until_complete(_stop_task)

    @staticmethod
    def stop():
        global _stop_task
        if _stop_task is not None:
            _task_queue.push(_stop_task)
            _stop_task = None

    @staticmethod
    def close():
        pass

    @staticmethod
    def set_exception_handler(handler):
        Loop._exc_handler = handler

    @staticmethod
    def get_exception_handler():
        return Loop._exc_handler

    @staticmethod
    def default_exception_handler(*args):
        # Called as the documentation has it, with the context, or with the loop before it as handlers are.
        context = args[-1]
        task = context["future"]
        print(context["message"], file=sys.stderr)
        print("future:", task, "coro=", task.coro, file=sys.stderr)
        sys.print_exception(context["exception"], sys.stderr)

    @staticmethod
    def call_exception_handler(context):
        handler = Loop._exc_handler or Loop.default_exception_handler
        handler(Loop, context)


# The lengths are those of queues that loops had in the past.
def get_event_loop(runq_len=0, waitq_len=0):
    return Loop


def new_event_loop():
    global _task_queue, _io_queue
    _task_queue = TaskQueue()
    _io_queue = IOQueue()
    return Loop


attach(globals())
new_event_loop()
