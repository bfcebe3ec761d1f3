# virtual time
# A TCP connection of the board to itself: every way to send and to receive.
import socket, _thread, array

PORT = 8123
lock = _thread.allocate_lock()
said = []


def serve(listener):
    client, address = listener.accept()
    said.append((len(address), type(address[0]), type(address[1])))
    with client:
        while True:
            data = client.recv(100)
            if not data:
                break
            client.sendall(data.upper())
    said.append("served")
    lock.release()


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("", PORT))
listener.listen(1)
lock.acquire()
_thread.start_new_thread(serve, (listener,))

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
print(s.connect(socket.getaddrinfo("127.0.0.1", PORT)[0][-1]))
print(s.send(b"bytes\n"), s.recv(100))
print(s.send("text\n"), s.recv(100))
print(s.send(bytearray(b"array\n")), s.recv(100))
print(s.send(memoryview(b"a view\n")[2:]), s.recv(100))
print(s.send(array.array("B", b"xyz")), s.recv(100))
print(s.sendall(b"all"), s.recv(100))

# Streams: write takes a stretch, read waits for all it was asked for.
print(s.write(b"abcdef"), s.read(6))
print(s.write(b"abcdef", 2), s.read(2))
print(s.write(b"abcdef", 1, 3), s.read(3))
print(s.write(b"abcdef", 4, 100), s.read(2))
print(s.write(b"first\nsecond\nrest"), s.readline(), s.readline(), s.readline(2), s.read(2))
buf = bytearray(8)
print(s.write(b"12345678"), s.readinto(buf), buf)
print(s.write(b"ab"), s.readinto(buf, 2), buf)
print(s.write(b"cd"), s.recv_into(buf), buf)
print(s.readinto(memoryview(buf)[:0]))
f = s.makefile("rwb", 0)
print(f.write(b"file\n"), f.readline())

# What cannot be sent or received into.
for wrong in (lambda: s.send(5), lambda: s.write(None), lambda: s.recv(-1), lambda: s.readinto(b"fixed"), lambda: s.recv("x")):
    try:
        wrong()
    except (TypeError, ValueError) as e:
        print(type(e).__name__)

s.close()
lock.acquire()
print(said)
print(s, s.fileno())
s.close()
for op in (lambda: s.send(b"x"), lambda: s.recv(1), lambda: s.connect(("127.0.0.1", PORT)), lambda: s.listen()):
    try:
        op()
    except OSError as e:
        print("OSError", e.errno)

# The end of a stream: data first, then nothing, as often as one asks.
lock2 = _thread.allocate_lock()
lock2.acquire()


def give_and_go():
    c, _ = listener.accept()
    c.write(b"one\ntwo")
    c.close()
    lock2.release()


_thread.start_new_thread(give_and_go, ())
s = socket.socket()
s.connect(("localhost", PORT))
lock2.acquire()
print(s.readline(), s.readline(), s.readline(), s.recv(10), s.read(), s.read(4), s.readinto(buf))
# Sending to a peer that is gone fails, at once or as soon as its reset has come.
try:
    while True:
        s.send(b"x" * 1000)
except OSError as e:
    print("gone", e.errno in (104, 32))

# More than any buffer holds, in both directions at the same time.
size = 100_000
done = _thread.allocate_lock()
done.acquire()


def mirror():
    c, _ = listener.accept()
    total = 0
    while total < size:
        part = c.recv(4096)
        total += len(part)
        c.sendall(part)
    c.close()
    done.release()


_thread.start_new_thread(mirror, ())
s = socket.socket()
s.connect(("127.0.0.1", PORT))


def feed(s):
    s.sendall(bytes(i & 255 for i in range(250)) * (size // 250))


_thread.start_new_thread(feed, (s,))
whole = s.read()
done.acquire()
print(len(whole), whole == bytes(i & 255 for i in range(250)) * (size // 250))
