# needs: threads
# Threads take memory; too many of them are refused where they are started.
import _thread
import gc
import micropython

kept = []
while gc.mem_free() > 300000:
    kept.append(bytearray(50000))

started = finished = 0
lock = _thread.allocate_lock()
lock.acquire()


def wait():
    global finished
    with lock:
        pass
    finished += 1


try:
    while started < 10000:
        _thread.start_new_thread(wait, ())
        started += 1
    print("all of them")
except MemoryError:
    print("MemoryError")
print(started > 20)
kept = None
lock.release()
while finished < started:
    pass
print(finished == started)
gc.collect()
print(len(bytearray(50000)))

# Each thread has locks of its own.


def other():
    global made
    made = [micropython.heap_locked(), 2, 3]


made = None
_thread.start_new_thread(other, ())
micropython.heap_lock()
while made is None:
    pass
micropython.heap_unlock()
print(made)
