# virtual time
# Time-outs, sockets that do not wait, refusals, and closing what another thread waits on.
import socket, _thread, time, errno

PORT = 8124


def result(f):
    try:
        return f()
    except OSError as e:
        return errno.errorcode.get(e.errno, e.errno)


listener = socket.socket()
listener.bind(("0.0.0.0", PORT))
listener.listen()

# A time-out is kept, whatever the unit.
for seconds in (0.05, 1, 0.5):
    listener.settimeout(seconds)
    start = time.ticks_ms()
    print(result(listener.accept), abs(time.ticks_diff(time.ticks_ms(), start) - int(seconds * 1000)) < 40)
listener.settimeout(0)
print(result(listener.accept))
listener.setblocking(False)
print(result(listener.accept))
try:
    listener.settimeout(-1)
except ValueError:
    print("ValueError")

# A connection; its two ends.
a = socket.socket()
a.setblocking(False)
print(result(lambda: a.connect(("127.0.0.1", PORT))))
listener.setblocking(True)
b, _ = listener.accept()
# An accepted socket waits, whatever its listener does.
_thread.start_new_thread(lambda: (time.sleep_ms(20), a.send(b"late")), ())
print(b.recv(10))

# Without waiting: recv and send raise, streams answer None or what there was.
b.setblocking(False)
buf = bytearray(4)
print(result(lambda: b.recv(10)), b.read(3), b.readline(), b.readinto(buf), b.read())
a.send(b"abc")
print(b.read(10), b.read(10))
a.send(b"no end")
print(b.readline(), b.readline())
a.send(b"xy")
print(b.readinto(buf), buf)
a.send(b"12345")
print(b.recv(2, socket.MSG_DONTWAIT), b.recv(10), result(lambda: b.recv(2, socket.MSG_DONTWAIT)))

# A full connection.
a.setblocking(False)
total = 0
while True:
    n = a.write(b"z" * 5000)
    if n is None:
        break
    total += n
print(total > 0, result(lambda: a.send(b"z")), result(lambda: a.sendall(b"z")))
a.settimeout(0.1)
ends = []
for f in (a.send, a.write):
    while isinstance(n := result(lambda: f(b"z" * 5000)), int):
        total += n
    ends.append(n)
print(*ends)
b.setblocking(True)
got = 0
while got < total:
    got += len(b.recv(8192))
print(got == total)

# What of a time-out counts is the call, not each piece of it.
b.settimeout(0.2)


def drip():
    for _ in range(10):
        time.sleep_ms(50)
        a.send(b".")


start = time.ticks_ms()
_thread.start_new_thread(drip, ())
print(result(lambda: b.read(100)), time.ticks_diff(time.ticks_ms(), start) < 300)
time.sleep_ms(600)

# Closing a socket wakes the threads that wait on it.
answers = []


def wait_on(f):
    answers.append(result(f))


b.settimeout(None)
b.setblocking(True)
while True:
    b.settimeout(0)
    if b.read(100) is None:
        break
b.settimeout(None)
_thread.start_new_thread(wait_on, (lambda: b.recv(1),))
_thread.start_new_thread(wait_on, (listener.accept,))
time.sleep_ms(10)
b.close()
listener.close()
time.sleep_ms(10)
print(answers)

# Nobody listens.
c = socket.socket()
print(result(lambda: c.connect(("127.0.0.1", PORT))))
c.close()
c = socket.socket()
print(result(lambda: c.recv(1)), result(lambda: c.send(b"x")))
# Without a network nothing beyond the board is reached.
print(result(lambda: c.connect(("10.1.2.3", 80))))
print(result(lambda: c.connect(("example.com", 80))))
