# virtual time
# Sockets nobody refers to are closed by themselves, at once or when others are needed.
import socket, _thread, time


def connection(listener, port):
    out = socket.socket()
    out.connect(("127.0.0.1", port))
    return out, listener.accept()[0]


listener = socket.socket()
listener.bind(("", 8127))
listener.listen(5)
# Far more than the board has.
for n in range(100):
    a, b = connection(listener, 8127)
    a.send(b"x")
    b.recv(1)
print("100 connections")

# Dropping one end is closing it.
a, b = connection(listener, 8127)
a = None
print(b.recv(1))

# So is losing the function that held it.
def leave():
    c, d = connection(listener, 8127)
    return d


print(leave().recv(1))

# A port is free again once its listener is gone.
listener = None
listener = socket.socket()
listener.bind(("", 8127))
listener.listen(5)

# Sockets in unreachable cycles go when there is no other left.
class Holder:
    pass


for n in range(100):
    h = Holder()
    h.me = h
    h.socket = socket.socket()
print("100 sockets in cycles")

# The limit itself is an error like any other, and passes.
kept = []
h = None
try:
    while True:
        kept.append(socket.socket())
except OSError as e:
    print("no more", e.errno, len(kept) > 3)
kept.clear()
print(socket.socket().fileno() > 0)
