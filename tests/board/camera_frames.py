# virtual time
# Frames are bytes outside the heap that stay what they are, and go back when nobody holds them.
import camera, gc, socket, _thread

camera.init()
camera.framesize(5)
frame = camera.capture()
print(isinstance(frame, bytes), len(frame) > 1000, frame.startswith(b"\xff\xd8\xff"))
print(frame[0], frame[1:3], frame.find(b"\xff\xd9") > 0, hash(frame) == hash(bytes(frame)), frame == bytes(frame))
copy = bytes(frame)
view = memoryview(frame)
try:
    frame[0] = 1
except TypeError:
    print("immutable")

# No frame takes room in the heap.
gc.collect()
before = gc.mem_alloc()
for _ in range(50):
    other = camera.capture()
other = None
gc.collect()
print(gc.mem_alloc() - before < 1000)
print(frame == copy, view[:10] == copy[:10])

# Holding more than there are buffers: the rest are copies, and all stay apart.
held = [camera.capture(fresh=True) for _ in range(8)]
print(all(held), len(set(held)) == 8, all(f[-2:] == b"\xff\xd9" for f in held))
gc.collect()
print(gc.mem_alloc() - before > 4 * 1000)
held = None
gc.collect()
print(gc.mem_alloc() - before < 1000)

# Frames in unreachable cycles come back by themselves.
gc.disable()
for _ in range(20):
    cycle = [camera.capture()]
    cycle.append(cycle)
cycle = None
print(camera.capture() is not False)
gc.enable()

# A frame outlives its camera.
camera.deinit()
print(frame == copy)
camera.init()
camera.framesize(8)

# Into a socket, whole and in pieces.
listener = socket.socket()
listener.bind(("", 8128))
listener.listen(1)
done = _thread.allocate_lock()
done.acquire()
sent = []


def stream():
    c, _ = listener.accept()
    for n in range(3):
        f = camera.capture()
        sent.append(f if n == 0 else bytes(f))
        c.write(b"%08d" % len(f))
        c.write(f)
    c.sendall(memoryview(sent[0])[100:200])
    c.close()
    done.release()


_thread.start_new_thread(stream, ())
s = socket.socket()
s.connect(("127.0.0.1", 8128))
for n in range(3):
    got = s.read(int(s.read(8)))
    print(len(got) == len(sent[n]), got == sent[n])
print(s.read() == sent[0][100:200])
done.acquire()

# Two threads that capture at the same time each get their own.
both = []


def grab():
    for _ in range(5):
        both.append(len(camera.capture()) > 1000)
    done.release()


_thread.start_new_thread(grab, ())
for _ in range(5):
    both.append(len(camera.capture()) > 1000)
done.acquire()
print(both.count(True))

# Switched off under a waiting thread: False, not a hang.
answers = []
_thread.start_new_thread(lambda: (answers.append(camera.capture(fresh=True)), done.release()), ())
import time

time.sleep_ms(1)
camera.deinit()
done.acquire()
print(answers)
