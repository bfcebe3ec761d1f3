# Waiting for several tasks, or not for ever.

from . import core


# Ends when the task has ended, however that was; then wakes who sleeps in `sleepers`.
async def _watch(task, sleepers):
    try:
        await task
    except BaseException:
        pass
    for sleeper in sleepers:
        # Not if it is being cancelled.
        if sleeper.data is None:
            core._task_queue.push(sleeper)


async def wait_for(aw, timeout, sleep=core.sleep):
    task = core._promote_to_task(aw)
    if timeout is None:
        return await task
    sleepers = [core.current_task()]
    watch = core.create_task(_watch(task, sleepers))
    try:
        # The time-out, or less.
        await sleep(timeout)
    except core.CancelledError:
        task.cancel()
        raise
    finally:
        sleepers.clear()
    if task.done():
        return await task
    task.cancel()
    await watch
    raise core.TimeoutError


def wait_for_ms(aw, timeout):
    return wait_for(aw, timeout, core.sleep_ms)


# What a gathering task waits for: nothing holds it that a cancellation had to take it out of.
class _Gathering:
    def remove(self, task):
        pass


async def gather(*aws, return_exceptions=False):
    tasks = [core._promote_to_task(aw) for aw in aws]
    me = core.current_task()
    waits_here = _Gathering()
    running = 0
    failure = None

    def ended(task, exc):
        nonlocal running, failure
        running -= 1
        if not return_exceptions and failure is None and not isinstance(exc, StopIteration):
            failure = exc
        elif running:
            return
        # Not if it was woken before, or is being cancelled.
        if me.data is waits_here:
            core._task_queue.push(me)

    for task in tasks:
        if task.done():
            # How it ended was seen now.
            task.state = False
            if failure is None and not return_exceptions and not isinstance(task.data, StopIteration):
                failure = task.data
        elif task.state is True:
            task.state = ended
            running += 1
        else:
            raise RuntimeError("can't gather")

    cancelled = False
    if running and failure is None:
        me.data = waits_here
        try:
            yield
        except core.CancelledError as exc:
            cancelled = True
            failure = exc
    for task in tasks:
        if task.state is ended:
            task.state = True
            if cancelled:
                task.cancel()
    if failure is not None:
        raise failure
    return [t.data.value if isinstance(t.data, StopIteration) else t.data for t in tasks]
