# micropython.heap_lock holds for the thread that called it; what an uncaught exception of a thread shows.
import _thread, micropython, time

ready = _thread.allocate_lock()
done = _thread.allocate_lock()
locked = left = x = None


def other():
    ready.acquire()
    print([n * n for n in range(4)], micropython.heap_locked())
    done.release()


ready.acquire()
done.acquire()
_thread.start_new_thread(other, ())
micropython.heap_lock()
ready.release()
done.acquire()
locked = micropython.heap_locked()
try:
    x = [1, 2, 3]
except MemoryError:
    x = None
left = micropython.heap_unlock()
print(locked, x, left)

# A sleeping main program still runs what is scheduled.
ran = []


def thread():
    time.sleep_ms(5)
    micropython.schedule(lambda arg: ran.append(time.ticks_ms()), None)


_thread.start_new_thread(thread, ())
time.sleep_ms(200)
print(len(ran), time.ticks_diff(time.ticks_ms(), ran[0]) > 100)
